"""Networks: what every one of them offers to inference, training and the tools."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor, nn

from engine.models.counting import macs_of_layers, norm_elements
from engine.ssm.diagonal import Rate

Axis = Literal["time", "joints", "grid"]
Kind = Literal["ssm", "plain", "decayed"]


@dataclass(frozen=True)
class SSMLayer:
    """One SSM of a network.

    module  the path of the block that holds it, a `Watched`; "" for the network itself
    ssm     its name there, or its number (one of a cross-scan)
    axis    what it runs along: time, the joints of a frame, or the grid of frames and joints one place at a time
    """

    title: str
    module: str
    ssm: str | int
    axis: Axis

    @property
    def path(self) -> str:
        """Of a diagonal SSM's own module."""
        return f"{self.module}.{self.ssm}".lstrip(".")


class Watched(Protocol):
    """A block whose SSMs can be watched while it runs."""

    def watch(self, ssm: str | int, *given: Any) -> Tensor:
        """What goes on in one of its SSMs over the inputs that its `forward` is given, F frames of one clip.

        (1, F, J) norms of the state at every joint for an SSM along time; (1, F, 4) the chosen Δ of one along the grid
        (mean and `engine.ssm.inspect.QUANTILES`).
        """


class Network(nn.Module, ABC):
    """A network that reads (B, F, J, C) and answers (B, F, J, 3), F frames of B sequences.

    causal      whether its answer at a frame leaves the later frames out
    max_frames  the longest sequence that it knows places for; None for any length
    """

    causal: bool = False
    max_frames: int | None = None

    @abstractmethod
    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate: a float, or (F,) the elapsed time before each frame in periods of the trained rate."""

    def ssm_layers(self) -> list[SSMLayer]:
        """Every SSM, in the order of the blocks."""
        return []

    def ssm_parameters(self) -> Iterator[nn.Parameter]:
        """Those that set an SSM's pace and are trained slowly, without weight decay."""
        yield from ()

    def parameter_groups(self) -> dict[Kind, list[nn.Parameter]]:
        """All parameters by the way they are trained; their order is that of every checkpoint's optimiser.

        ssm: `ssm_parameters`; plain: vectors, without weight decay; decayed: the rest.
        """
        slow = {id(parameter) for parameter in self.ssm_parameters()}
        groups: dict[Kind, list[nn.Parameter]] = {"ssm": [], "plain": [], "decayed": []}
        for parameter in self.parameters():
            kind: Kind = "ssm" if id(parameter) in slow else "plain" if parameter.ndim < 2 else "decayed"
            groups[kind].append(parameter)
        return groups

    def macs_per_frame(self, frames: int) -> int:
        """Multiply-accumulates for one frame of 17 joints, in a clip of `frames` frames."""
        return macs_of_layers(self)

    def published_macs(self, frames: int) -> int:
        """Those of a whole clip as papers print them: linear layers and convolutions once, norms at 4 per element."""
        return frames * (macs_of_layers(self) + 4 * norm_elements(self))


class CausalNetwork(Network):
    """A network that also runs frame by frame, where it is causal."""

    @abstractmethod
    def init_state(self, batch: int = 1) -> Any:
        """The state before the first frame. ValueError for a network that is not causal."""

    @abstractmethod
    def chunk(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        """Some frames (B, F, J, C) after those that led to `state` -> (B, F, J, 3) and the new state."""

    def step(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        """One frame (B, J, C) -> (B, J, 3) and the new state."""
        y, state = self.chunk(u[:, None], state, rate)
        return y[:, 0], state

    def fast_step(self) -> FrameStep | None:
        """A faster `step` of a network whose weights change no more, where there is one."""
        return None


class FrameStep(Protocol):
    """What runs single frames, with states that are the network's own."""

    def step(self, u: Tensor, state: Any, rate: float = 1.0) -> tuple[Tensor, Any]: ...
