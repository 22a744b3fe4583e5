"""Stresses as records: the names, levels and reach of a degradation, and how it is applied.

Command line flags, sweep levels, the window's sliders and the rate bench's questions are made from these records.
The command line reads them as it starts, so those that come with the program import numpy where they use it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trial import Observation

    Float = NDArray[np.float64]

Stage = Literal["camera", "detector", "transport"]
"""When the camera takes its frames; what is found in them; which of those that are kept arrive."""


@dataclass(frozen=True)
class Setting:
    """What a stress is told besides its level.

    seed       of all that is random
    subsample  one frame in so many is kept afterwards
    options    choices by `Option.field`; a missing one is the option's default
    person     of several in the same pictures: whose detections these are, from 0; each has errors of their own
    """

    seed: int
    subsample: int
    options: Mapping[str, str]
    person: int = 0


class StressStream(Protocol):
    """The one-frame twin of a stress: the frames that it gives are those of the whole, bit for bit.

    schedule  times (N,) of the frames that it will give
    """

    schedule: Float

    def push(self, frame: Any) -> Sequence[Any]:
        """Take the next frame, an observation of one; give none, one or several."""
        ...

    def end(self) -> Sequence[Any]:
        """Give the frames that were held back."""
        ...


LiveStress = Callable[[Any, float], Any]
"""The twin for a feed: (frame, level) -> the frame, or None where it gets lost.

It is asked for every frame, also at level 0, which changes nothing, bit for bit. Its draws depend on nothing that comes
later, nor on the levels, which may change from frame to frame: a larger one contains a smaller one.
"""


@dataclass(frozen=True)
class Range:
    """Levels from min to max; `below` leaves out the max itself."""

    min: float
    max: float
    below: bool = False

    def __contains__(self, level: float) -> bool:
        return self.min <= level < self.max if self.below else self.min <= level <= self.max

    def __str__(self) -> str:
        if self.max == math.inf:
            return f"a number from {self.min:g} on"
        return f"a number from {self.min:g} to {'below ' if self.below else ''}{self.max:g}"


@dataclass(frozen=True)
class Slider:
    """The stress in the window's panel.

    max     the slider's right end, within the range
    steps   of the slider for a unit of the level
    tip     in a sentence
    text    what stands around the level
    folded  whether it is shown under "More stress" only
    """

    max: float
    steps: int
    tip: str
    text: str = "{}"
    folded: bool = True


@dataclass(frozen=True)
class Flag:
    """The stress on the command line: its flag without dashes, and what its help says."""

    name: str
    help: str

    @property
    def parameter(self) -> str:
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Question:
    """The stress in the rate bench: the group that it belongs to, its name and tip, and the title of its axis."""

    group: str
    text: str
    tip: str
    axis: str


class Choice(NamedTuple):
    label: str
    tip: str


@dataclass(frozen=True)
class Option:
    """One of several kinds that a stress comes in, by its key in the settings."""

    field: str
    default: str
    choices: Mapping[str, Choice]
    flag: Flag

    def chosen(self, options: Mapping[str, str]) -> str:
        return options.get(self.field, self.default)


@dataclass(frozen=True)
class Stress:
    """One degradation of an observation, of a level from 0 (nothing) up.

    field       its key in the settings, sessions and tables
    label       its name for a person
    unit        of a level as it is shown; "%" for fractions
    range       the levels that are allowed
    levels      those of a sweep, from 0 up
    applies_to  the kinds of observation that it degrades, by the names of their classes
    stage       decides the order of application, and whether sampling becomes irregular
    whole       (observation, level, setting) -> observation; level > 0
    stream      (level, setting, schedule) -> its one-frame twin; schedule: times (T,) of the frames to be pushed
    rank        place among the sliders and flags, lowest first
    live        its twin for a feed; None where it needs later frames
    """

    field: str
    label: str
    unit: str
    range: Range
    levels: tuple[float, ...]
    applies_to: tuple[str, ...]
    stage: Stage
    whole: Callable[[Any, float, Setting], Any]
    stream: Callable[[float, Setting, Float], StressStream]
    slider: Slider
    flag: Flag
    question: Question
    options: tuple[Option, ...] = ()
    rank: int = 100
    live: Callable[[Setting], LiveStress] | None = None

    @property
    def irregular(self) -> bool:
        """Whether frames no longer come at equal intervals."""
        return self.stage != "detector"

    @property
    def scale(self) -> float:
        """What a level is multiplied by to be shown in its unit."""
        return 100.0 if self.unit == "%" else 1.0

    def text(self, level: float) -> str:
        """A level with its unit: "30 %", "1.5 px"."""
        return f"{self.scale * level:.0f} %" if self.unit == "%" else f"{level:g} {self.unit}"


FRACTION = Range(0, 1)
POSITIVE = Range(0, math.inf, below=True)


class FrameByFrame:
    """A stream that gives every frame as soon as it comes: change(frame, its number)."""

    def __init__(self, schedule: Float, change: Callable[[Any, int], Any]) -> None:
        self.schedule, self._change, self._pushed = schedule, change, 0

    def push(self, frame: Observation) -> Sequence[Observation]:
        self._pushed += 1
        return (self._change(frame, self._pushed - 1),)

    def end(self) -> Sequence[Observation]:
        return ()


def live_from_whole(whole: Callable[[Any, float, Setting], Any]) -> Callable[[Setting], LiveStress]:
    """The twin for a feed of a stress whose frames know of no other: what it does to one follows from its time."""
    return lambda setting: lambda frame, level: whole(frame, level, setting) if level else frame


class Selection:
    """A stream that lets some frames pass, by their numbers; schedule: the times (N,) of those."""

    def __init__(self, schedule: Float, kept: Container[int]) -> None:
        self.schedule, self._kept, self._pushed = schedule, kept, 0

    def push(self, frame: Observation) -> Sequence[Observation]:
        self._pushed += 1
        return (frame,) if self._pushed - 1 in self._kept else ()

    def end(self) -> Sequence[Observation]:
        return ()
