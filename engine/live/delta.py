"""What a live model's Δ is multiplied by."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Literal

import numpy as np

from engine.errors import InputError

Mode = Literal["auto", "nominal", "trained", "factor"]
RECENT = 90
"""Frames whose median period is the nominal one: three seconds of a webcam."""


class LiveDelta:
    """`engine.experiment.rate.RatePolicy` on frames as they come; `mode` and `factor` may be changed at any time.

    "auto"     the time since the frame before
    "nominal"  the median of it over the latest frames of the same person
    "trained"  1
    "factor"   `factor`
    """

    def __init__(self, mode: Mode = "auto", factor: float = 1.0) -> None:
        self.mode, self.factor = mode, factor
        self._recent: dict[int | None, deque[float]] = {}

    def push(self, periods: float, person: int | None = None) -> float:
        """periods: the time since the frame before of the person, in periods of the model."""
        recent = self._recent.setdefault(person, deque(maxlen=RECENT))
        recent.append(periods)
        if self.mode == "nominal":
            return float(np.median(recent))
        return {"trained": 1.0, "factor": self.factor}.get(self.mode, periods)

    def keep(self, people: Collection[int | None]) -> None:
        """Forget everybody else."""
        self._recent = {person: recent for person, recent in self._recent.items() if person in people}


def live_delta(mode: str, factor: float = 1.0) -> LiveDelta:
    """Of a rate policy. Raises InputError for one that live frames cannot have."""
    modes: tuple[Mode, ...] = ("auto", "nominal", "trained", "factor")
    for known in modes:
        if mode == known:
            return LiveDelta(known, factor)
    raise InputError("Live frames are not resampled: that needs later ones; choose auto, nominal, trained or a factor.")
