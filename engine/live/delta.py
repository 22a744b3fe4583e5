"""What a live model's Δ is multiplied by."""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np

from engine.errors import InputError

Mode = Literal["auto", "nominal", "trained", "factor"]
RECENT = 90
"""Frames whose median period is the nominal one: three seconds of a webcam."""


class LiveDelta:
    """`engine.experiment.rate.RatePolicy` on frames as they come; `mode` and `factor` may be changed at any time.

    "auto"     the time since the frame before
    "nominal"  the median of it over the latest frames
    "trained"  1
    "factor"   `factor`
    """

    def __init__(self, mode: Mode = "auto", factor: float = 1.0) -> None:
        self.mode, self.factor = mode, factor
        self._recent: deque[float] = deque(maxlen=RECENT)

    def push(self, periods: float) -> float:
        """periods: the time since the frame before in periods of the model."""
        self._recent.append(periods)
        if self.mode == "nominal":
            return float(np.median(self._recent))
        return {"trained": 1.0, "factor": self.factor}.get(self.mode, periods)


def live_delta(mode: str, factor: float = 1.0) -> LiveDelta:
    """Of a rate policy. Raises InputError for one that live frames cannot have."""
    modes: tuple[Mode, ...] = ("auto", "nominal", "trained", "factor")
    for known in modes:
        if mode == known:
            return LiveDelta(known, factor)
    raise InputError("Live frames are not resampled: that needs later ones; choose auto, nominal, trained or a factor.")
