"""Action recognition: a head on HumMUSS's motion representation that scores the classes of a window in time.

MotionBERT's action head (hummuss.md, 5.3): dropout, the mean over frames and persons of the representation, the joints
side by side, then an MLP with one hidden layer and BatchNorm. The published networks take the mean over a whole clip.
Here it may be one over a window around each frame or, in a causal network, over what came before, fading: a long clip
then has scores for every frame. The first linear layer stands before the mean, which comes to the same.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.models.hummuss.config import ActionConfig
from engine.models.hummuss.fast_step import StepRunner
from engine.models.hummuss.network import HumMUSS
from engine.models.hummuss.pooling import fading_mean, window_mean
from engine.models.network import FrameStep
from engine.models.packed_linear import PackedLinear
from engine.ssm.diagonal import Rate

State = list[Tensor]


class ActionHead(nn.Module):
    """The representation (..., J, R) -> (..., hidden) of every frame by itself; `scores` does the rest."""

    def __init__(self, config: ActionConfig) -> None:
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.enter = nn.Linear(config.trunk.joints * config.trunk.representation, config.hidden)
        self.norm = nn.BatchNorm1d(config.hidden)
        self.leave = nn.Linear(config.hidden, config.classes)

    def forward(self, representation: Tensor) -> Tensor:
        found: Tensor = self.enter(self.dropout(representation.flatten(-2)))
        return found

    def scores(self, mean: Tensor) -> Tensor:
        """Means over time (..., hidden) of what `forward` found -> (..., classes), before the softmax."""
        normed = self.norm(mean.flatten(0, -2)).view(mean.shape)
        found: Tensor = self.leave(F.relu(normed))
        return found


class HumMUSSAction(HumMUSS):
    """The network of actions: (B, F, J, 3) = (x, y, confidence) -> (B, F, classes), before the softmax.

    Its trunk is `HumMUSS`, whose trained weights fit in; only the head is another.
    """

    def __init__(self, config: ActionConfig) -> None:
        super().__init__(config.trunk)
        self.head: ActionHead = ActionHead(config)
        self.window = config.window
        self.answers = (config.classes,)

    def forward(self, u: Tensor, rate: Rate = 1.0, *, return_representation: bool = False) -> Tensor:
        """u (B, F, J, 3), or (B, M, F, J, 3) of M people who are seen together.

        The representation (B, F, J, R) may be given instead: a trunk that is not trained need run once only.
        """
        people = u.shape[1] if u.ndim == 5 else 1
        u = u.flatten(0, 1) if u.ndim == 5 else u
        if u.shape[-1] == self.config.representation:
            found = self.head(u)
        else:
            found = super().forward(u, rate, return_representation=return_representation)
        if return_representation:
            return found
        if people > 1:
            found = torch.unflatten(found, 0, (-1, people)).mean(1)
        return self.head.scores(self.pooled(found, rate))

    def pooled(self, x: Tensor, rate: Rate = 1.0) -> Tensor:
        """The mean over time of any numbers of every frame, (B, F, H) -> the same."""
        if self.causal:
            return fading_mean(x, rate, self.memory, self._nothing(x))[0]
        return window_mean(x, rate, self.window)

    def init_state(self, batch: int = 1) -> State:
        """That of the trunk, then the sum and the weight of the mean so far."""
        parameter = self.head.enter.weight
        return [*super().init_state(batch), *self._nothing(parameter.new_zeros(batch, 1, len(parameter)))]

    def chunk(self, u: Tensor, state: State, rate: Rate = 1.0) -> tuple[Tensor, State]:
        found, carried = super().chunk(u, state[:-2], rate)
        mean, after = fading_mean(found, rate, self.memory, (state[-2], state[-1]))
        return self.head.scores(mean), [*carried, *after]

    def fast_step(self) -> FrameStep | None:
        return ActionStep(self) if self.causal and self.represent.weight.device.type == "cpu" else None

    def packed_head(self, dtype: torch.dtype | None) -> Callable[[Tensor], Tensor]:
        enter = PackedLinear.of(self.head.enter, dtype=dtype)
        return lambda representation: enter(representation.flatten(-2))

    @property
    def memory(self) -> float:
        """Of a causal network: half of its window, which lies behind."""
        assert self.window is not None  # `ActionConfig` sees to it
        return self.window / 2

    def _nothing(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0, :1])


class ActionStep:
    """`HumMUSSAction.step` on a CPU: the trunk's fast step, then one frame of the fading mean."""

    def __init__(self, network: HumMUSSAction, dtype: torch.dtype | None = None) -> None:
        self.network, self.trunk = network, StepRunner(network, dtype)

    @torch.inference_mode()
    def step(self, u: Tensor, state: State, rate: float = 1.0) -> tuple[Tensor, State]:
        """u (B, J, 3), state as `HumMUSSAction.init_state` gives it -> (B, classes) and the new state."""
        found, carried = self.trunk.step(u, state[:-2], rate)
        mean, after = fading_mean(found[:, None], rate, self.network.memory, (state[-2], state[-1]))
        return self.network.head.scores(mean[:, 0]), [*carried, *after]
