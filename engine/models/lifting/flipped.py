"""Flip averaging: the mean of a lifting network's answer and of its answer to the mirrored input, mirrored back.

Test-time augmentation by a horizontal flip: HumMUSS, MotionBERT, PoseMamba and SasMamba are evaluated with it. x counts
from the middle of the picture in every encoding (`engine.models.lifting.encodings`), so that the mirrored input is -x
with left and right joints exchanged. Both go through the network as one batch; a stream holds the states of both.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from engine.models.lifting.layout import LAYOUT
from engine.models.network import CausalNetwork, FrameStep, Network, Streams
from engine.ssm.diagonal import Rate

MIRROR = list(LAYOUT.mirror)


def flipped(x: Tensor) -> Tensor:
    """(..., 17, 3), x first, of a person whose left is on the other side."""
    return x[..., MIRROR, :] * x.new_tensor((-1.0, 1.0, 1.0))


def _both(u: Tensor) -> Tensor:
    return torch.cat([u, flipped(u)])


def _mean(y: Tensor) -> Tensor:
    as_seen, mirrored = y.chunk(2)
    return (as_seen + flipped(mirrored)) / 2


class FlipAveraged(CausalNetwork):
    """The network that answers so; weights are shared. It streams where `network` does."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.causal, self.max_frames = network.causal, network.max_frames
        self.reads, self.answers = network.reads, network.answers

    @property
    def streams(self) -> Streams:
        return self.network.streams

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        return _mean(self.network(_both(u), rate))

    def init_state(self, batch: int = 1) -> Any:
        return self._streaming.init_state(2 * batch)

    def chunk(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        y, state = self._streaming.chunk(_both(u), state, rate)
        return _mean(y), state

    def fast_step(self) -> FrameStep:
        return _FlippedStep(self._streaming.fast_step() or self._streaming)

    @property
    def _streaming(self) -> CausalNetwork:
        return cast(CausalNetwork, self.network)


class _FlippedStep:
    """`FlipAveraged.chunk` of one frame, by what runs single frames of the network."""

    def __init__(self, inner: CausalNetwork | FrameStep) -> None:
        self._inner = inner

    def step(self, u: Tensor, state: Any, rate: float = 1.0) -> tuple[Tensor, Any]:
        y, state = self._inner.step(_both(u), state, rate)
        return _mean(y), state
