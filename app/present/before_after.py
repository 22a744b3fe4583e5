"""Figures of a live run now, beside those that were pinned: so that a change is seen. No Qt."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from app.present.wording import number
from engine.live.tick import Tick
from engine.metrics.catalogue import METRICS

ERROR, JITTER = "mpjpe_mm", "jitter_m_s3"
Sample = tuple[float, Mapping[str, float]]
"""A tick's time and figures, without the picture that it was made of."""

SPAN_S, LEAST_S = 4.0, 0.5
"""Seconds that a figure is the mean of, and from how many on there is one."""


@dataclass(frozen=True)
class Figures:
    """What a run comes to, and under which settings.

    key       of the metric
    values    by model; NaN where there is none yet
    settings  by name, in words
    """

    key: str
    values: Mapping[str, float]
    settings: Mapping[str, str]

    def said(self, name: str, before: Figures | None) -> str:
        """A model's figure: "61 mm", or "24 → 61 mm" where it was pinned."""
        now, unit = _short(self.values.get(name, math.nan)), METRICS[self.key].unit
        was = before.values.get(name, math.nan) if before is not None and before.key == self.key else math.nan
        return f"{now} {unit}" if math.isnan(was) else f"{_short(was)} → {now} {unit}"


def changed(before: Figures, now: Figures) -> str:
    """What differs: "Step Δ auto → as trained, Frame rate all → 1 in 4"; "" where nothing does."""
    both = [(name, before.settings.get(name, ""), said) for name, said in now.settings.items()]
    return ", ".join(f"{name} {was} → {said}" for name, was, said in both if was != said)


class Recent:
    """Means over the latest seconds of each model, since the settings changed last.

    Frames that nobody looked at in time are left out.
    """

    def __init__(self) -> None:
        self._settings: Mapping[str, str] = {}
        self._samples: dict[str, deque[Sample]] = {}

    def begin(self) -> None:
        """Another run."""
        self._samples, self._settings = {}, {}

    def push(self, ticks: Mapping[str, Tick | None], settings: Mapping[str, str]) -> None:
        """The newest tick of each model, again or anew, and under which settings the next ones are made."""
        if settings != self._settings:
            self._settings, self._samples = dict(settings), {}
        for name, tick in ticks.items():
            if tick is not None:
                self._add(self._samples.setdefault(name, deque()), (tick.time, tick.figures))

    def figures(self, key: str) -> Figures:
        """The means of a metric."""
        return Figures(key, {name: _mean(samples, key) for name, samples in self._samples.items()}, self._settings)

    @staticmethod
    def _add(samples: deque[Sample], new: Sample) -> None:
        if samples and new[0] < samples[-1][0]:
            samples.clear()  # the feed's clock began again
        if not samples or new[0] > samples[-1][0]:
            samples.append(new)
        while new[0] - samples[0][0] > SPAN_S:
            samples.popleft()


def _mean(samples: deque[Sample], key: str) -> float:
    """NaN before there are enough. The first was made before the settings changed."""
    if not samples or samples[-1][0] - samples[0][0] < LEAST_S:
        return math.nan
    known = [value for _, figures in list(samples)[1:] if math.isfinite(value := figures.get(key, math.nan))]
    return math.fsum(known) / len(known) if known else math.nan


def _short(value: float) -> str:
    """In as few digits as are read from afar."""
    return number(value, 0 if value >= 10 else 1)
