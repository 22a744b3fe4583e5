"""Stresses on a feed: levels that may be changed while frames come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from engine.stress.catalogue import STRESSES, in_panel_order
from engine.stress.stress import Setting, Stress

if TYPE_CHECKING:
    from engine.observation.trial import Observation

T = TypeVar("T", bound="Observation")


@dataclass(frozen=True)
class LiveLevels:
    """levels by `Stress.field`, a missing one is 0; one frame in `subsample` is kept."""

    levels: Mapping[str, float] = field(default_factory=dict)
    subsample: int = 1


class LiveStresses:
    """`engine.stress.catalogue.apply` on frames as they come; stresses of other sensors leave them alone.

    chosen   may be replaced at any time, also from another thread
    options  by `Option.field`; a missing one is the option's default
    dropped  frames that sub-sampling and losses took
    """

    def __init__(
        self, chosen: LiveLevels | None = None, options: Mapping[str, str] | None = None, seed: int = 0
    ) -> None:
        self.chosen, self.dropped = chosen or LiveLevels(), 0
        setting = Setting(seed, 1, options or {})
        self._live = [(stress, stress.live(setting)) for stress in STRESSES.values() if stress.live is not None]
        self._pushed = 0

    def push(self, frame: T) -> T | None:
        """Take an observation of one frame; give what is left of it, the frame itself where every level is 0."""
        chosen, kind = self.chosen, type(frame).__name__
        given: T | None = frame
        for late in (False, True):
            for stress, change in self._live:
                if given is not None and kind in stress.applies_to and late == (stress.stage == "transport"):
                    given = change(given, chosen.levels.get(stress.field, 0.0))
            if not late:
                self._pushed += 1
                given = given if (self._pushed - 1) % chosen.subsample == 0 else None
        self.dropped += given is None
        return given


def live_stresses(kind: str) -> list[Stress]:
    """Those that a feed of such observations (the class's name) can have, in the order of the panel."""
    return [stress for stress in in_panel_order() if stress.live is not None and kind in stress.applies_to]
