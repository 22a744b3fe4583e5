"""Stresses on a feed: levels that may be changed while frames come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from engine.stress.catalogue import STRESSES, in_panel_order
from engine.stress.stress import LiveStress, Setting, Stress

if TYPE_CHECKING:
    from engine.observation.trial import Observation

T = TypeVar("T", bound="Observation")


@dataclass(frozen=True)
class LiveLevels:
    """levels by `Stress.field`, a missing one is 0; one frame in `subsample` is kept."""

    levels: Mapping[str, float] = field(default_factory=dict)
    subsample: int = 1


@dataclass
class _Suffering:
    """The stresses of one person's frames, each with what it remembers, and how many frames there were."""

    changes: list[tuple[Stress, LiveStress]]
    frames: int = 0


class LiveStresses:
    """`engine.stress.catalogue.apply` on frames as they come; stresses of other sensors leave them alone.

    Of several people, each suffers what they would suffer alone.
    chosen   may be replaced at any time, also from another thread
    options  by `Option.field`; a missing one is the option's default
    dropped  frames that sub-sampling and losses took
    """

    def __init__(
        self, chosen: LiveLevels | None = None, options: Mapping[str, str] | None = None, seed: int = 0
    ) -> None:
        self.chosen, self.dropped = chosen or LiveLevels(), 0
        self._setting = Setting(seed, 1, options or {})
        self._people: dict[int | None, _Suffering] = {}

    def push(self, frame: T, person: int | None = None) -> T | None:
        """Take an observation of one frame; give what is left of it, the frame itself where every level is 0."""
        chosen, kind = self.chosen, type(frame).__name__
        if person not in self._people:
            live = [(stress, stress.live(self._setting)) for stress in STRESSES.values() if stress.live is not None]
            self._people[person] = _Suffering(live)
        own = self._people[person]
        given: T | None = frame
        for late in (False, True):
            for stress, change in own.changes:
                if given is not None and kind in stress.applies_to and late == (stress.stage == "transport"):
                    given = change(given, chosen.levels.get(stress.field, 0.0))
            if not late:
                own.frames += 1
                given = given if (own.frames - 1) % chosen.subsample == 0 else None
        self.dropped += given is None
        return given

    def keep(self, people: Collection[int | None]) -> None:
        """Forget everybody else."""
        self._people = {person: own for person, own in self._people.items() if person in people}


def live_stresses(kind: str) -> list[Stress]:
    """Those that a feed of such observations (the class's name) can have, in the order of the panel."""
    return [stress for stress in in_panel_order() if stress.live is not None and kind in stress.applies_to]
