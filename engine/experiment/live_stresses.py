"""The stresses of an experiment on live frames."""

from __future__ import annotations

from engine.experiment.settings import InputSettings
from engine.stress.live import LiveLevels, LiveStresses


def levels_of(given: InputSettings) -> LiveLevels:
    """What may be changed while frames come."""
    return LiveLevels(given.levels, given.subsample)


def stresses_of(given: InputSettings) -> LiveStresses:
    """What the frames suffer."""
    return LiveStresses(levels_of(given), given.options, seed=given.seed)
