"""Networks: what every one of them offers to inference, training and the tools."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from torch import Tensor, nn

from engine.models.counting import macs_of_layers, norm_elements
from engine.models.lifting.windows import in_windows
from engine.models.long_clips import in_long_windows, is_long
from engine.ssm.diagonal import Rate

Axis = Literal["time", "joints", "grid"]
Kind = Literal["ssm", "plain", "decayed"]
Streams = Literal["step", "sliding window", "no"]

Run = Callable[[Tensor, Rate], Tensor]
Begin = Callable[[int, int], None]
"""Told each window's number and how many there are, before it; may raise."""


def nobody(number: int, windows: int) -> None:
    """The `Begin` of work that nobody follows."""


@dataclass(frozen=True)
class SSMLayer:
    """One SSM of a network.

    module  the path of the block that holds it, a `Watched`; "" for the network itself
    ssm     its name there, or its number (one of a cross-scan)
    axis    what it runs along: time, the joints of a frame, or the grid of frames and joints one place at a time
    selective  whether its input chooses Δ, so that what it remembers depends on what it sees
    """

    title: str
    module: str
    ssm: str | int
    axis: Axis
    selective: bool = False

    @property
    def remembers(self) -> bool:
        """Whether it has a memory over time that its weights alone set."""
        return self.axis == "time" and not self.selective

    @property
    def path(self) -> str:
        """Of a diagonal SSM's own module."""
        return f"{self.module}.{self.ssm}".lstrip(".")


class Watched(Protocol):
    """A block whose SSMs can be watched while it runs."""

    def watch(self, ssm: str | int, *given: Any) -> Tensor:
        """What goes on in one of its SSMs over the inputs that its `forward` is given, F frames of one clip.

        (1, F, 4) the Δ that a selective SSM chooses (mean and `engine.ssm.inspect.QUANTILES`); (1, F, J) norms of the
        state at every joint for another one along time.
        """


class Network(nn.Module, ABC):
    """A network that reads (B, F, *reads) and answers (B, F, *answers), F frames of B sequences.

    causal      whether its answer at a frame leaves the later frames out
    max_frames  the longest sequence that it takes at once; None for any length
    reads, answers  the shapes of a frame; a lifting network's are (J, C) and (J, 3)
    """

    causal: bool = False
    max_frames: int | None = None
    reads: tuple[int, ...] = (17, 3)
    answers: tuple[int, ...] = (17, 3)

    @property
    def streams(self) -> Streams:
        """How it runs live."""
        return "step" if self.causal else "no"

    @abstractmethod
    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate: a float, or (F,) the elapsed time before each frame in periods of the trained rate."""

    def over_windows(self, run: Run, u: Tensor, rate: Rate = 1.0, *, begin: Begin = nobody) -> Tensor:
        """run (the network, or what watches it) over a recording u (B, F, ...) of any length.

        Beyond `max_frames`: in windows that overlap by half and fade into each other. Where it looks both ways over any
        number of frames, a long clip is cut as well (`engine.models.long_clips`).
        """
        if self.max_frames is None:
            if not self.causal and is_long(u.shape[1]):
                return in_long_windows(run, u, rate, begin=begin)
            return run(u, rate)
        return in_windows(run, u, self.max_frames, causal=self.causal, rate=rate, begin=begin)

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
        """Multiply-accumulates for one frame, in a clip of `frames` frames."""
        return macs_of_layers(self)

    def published_macs(self, frames: int) -> int:
        """Those of a whole clip as papers print them: linear layers and convolutions once, norms at 4 per element."""
        return frames * (macs_of_layers(self) + 4 * norm_elements(self))


class CausalNetwork(Network):
    """A network that also runs frame by frame, where `streams` is not "no"."""

    @abstractmethod
    def init_state(self, batch: int = 1) -> Any:
        """The state before the first frame. ValueError for a network that does not stream."""

    @abstractmethod
    def chunk(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        """Some frames (B, F, *reads) after those that led to `state` -> (B, F, *answers) and the new state."""

    def step(self, u: Tensor, state: Any, rate: Rate = 1.0) -> tuple[Tensor, Any]:
        """One frame (B, *reads) -> (B, *answers) and the new state."""
        y, state = self.chunk(u[:, None], state, rate)
        return y[:, 0], state

    def fast_step(self) -> FrameStep | None:
        """A faster `step` of a network whose weights change no more, where there is one."""
        return None


class FrameStep(Protocol):
    """What runs single frames, with states that are the network's own."""

    def step(self, u: Tensor, state: Any, rate: float = 1.0) -> tuple[Tensor, Any]: ...
