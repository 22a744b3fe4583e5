"""A "lifter" whose answer is known: linear low-passes of the 2D input, with fixed poles and nothing learned.

    X  first order in x,   time constant `TIME_CONSTANT_S`
    Y  first order in y,   the same
    Z  second order in x,  natural frequency `NATURAL_HZ`, damping ratio `DAMPING`: depth swings after a step

all with the gain `GAIN`. Held input (zero-order hold) is what the diagonal SSM solves exactly, so that a step, whatever
the frame rate and however irregular, must give the textbook's curve at the frames' times: the proof that the rate that
a model is given is the time that passed. As a picture it is a flat person who follows late.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from engine.models.network import CausalNetwork, SSMLayer
from engine.ssm.diagonal import DiagonalSSM, Rate
from engine.ssm.inspect import state_norms

TRAINED_HZ = 60.0
"""A rate of 1 is one period of this, as in every lifting model here."""
TIME_CONSTANT_S = 0.2
NATURAL_HZ, DAMPING = 1.0, 0.25
GAIN = 0.3
"""The size of a standing person in the model's unit of length over that in its unit of 2D, about."""


class LinearToy(CausalNetwork):
    """(B, F, J, 3) = (x, y, confidence) -> (B, F, J, 3); linear in x and y, blind to confidence."""

    causal = True

    def __init__(self, joints: int = 17) -> None:
        super().__init__()
        self.joints = joints
        self.ssm = DiagonalSSM(3, 2)
        damped = 2 * math.pi * NATURAL_HZ * math.sqrt(1 - DAMPING**2)
        decay = [1 / TIME_CONSTANT_S, 1 / TIME_CONSTANT_S, 2 * math.pi * NATURAL_HZ * DAMPING]
        pole = torch.complex(-torch.tensor(decay), torch.tensor([0.0, 0.0, damped]))
        # unit gain: 2 Re(C / -λ) = 1; a second order without a jump in speed at the step asks for 2 Re C = 0
        readout = torch.stack([-pole[0] / 2, -pole[1] / 2, (pole[2].abs().square() / damped / 2) * -1j])
        with torch.no_grad():
            self.ssm.log_decay.copy_(torch.log(-pole.real)[:, None])
            self.ssm.frequency.copy_(pole.imag[:, None])
            self.ssm.output.copy_(torch.view_as_real(GAIN * readout)[:, None])
            self.ssm.log_step.fill_(-math.log(TRAINED_HZ))
            self.ssm.skip.zero_()

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate: a float, or (F,) elapsed time before each frame in units of the trained frame period."""
        return self._joined(self.ssm(self._channels(u), rate), u)

    def init_state(self, batch: int = 1) -> list[Tensor]:
        """The zero state, (B * J, 3, 1) complex."""
        return [self.ssm.initial_state(batch * self.joints)]

    def chunk(self, u: Tensor, state: list[Tensor], rate: Rate = 1.0) -> tuple[Tensor, list[Tensor]]:
        """A piece of a sequence (B, F, J, 3) with the state carried."""
        y, after = self.ssm.chunk(self._channels(u), state[0], rate)
        return self._joined(y, u), [after]

    def ssm_layers(self) -> list[SSMLayer]:
        return [SSMLayer("Low-passes", "", "ssm", "time")]

    def watch(self, ssm: str | int, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """(1, F, J) norms of the state over u (1, F, J, 3)."""
        return torch.from_numpy(state_norms(self.ssm, self._channels(u), rate)).T[None]

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.ssm.parameters()

    def macs_per_frame(self, frames: int) -> int:
        return super().macs_per_frame(frames) + self.joints * self.ssm.macs_per_place

    def _channels(self, u: Tensor) -> Tensor:
        """What drives the three low-passes: (B, F, J, 3) -> (B * J, F, 3) = (x, y, x)."""
        return u[..., [0, 1, 0]].transpose(1, 2).flatten(0, 1)

    def _joined(self, y: Tensor, u: Tensor) -> Tensor:
        return y.reshape(u.shape[0], u.shape[2], u.shape[1], 3).transpose(1, 2)
