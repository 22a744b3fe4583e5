"""Blank observations of every kind that models are given: to warm up, and to count."""

from __future__ import annotations

import numpy as np

from engine.models.card import ModelCard
from engine.models.lifting.layout import LAYOUT
from engine.motion.rotations import IDENTITY
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Observation


def blank_observation(card: ModelCard, frames: int = 2) -> Observation:
    """What a model of this card is given where nothing is seen, one frame a period. ValueError for other kinds."""
    times = np.arange(frames) / card.rate_hz
    if card.observes == "keypoints":
        shape = (frames, len(LAYOUT))
        return Keypoints2D("blank", times, np.zeros((*shape, 2)), np.zeros(shape), LAYOUT, (1, 1))
    if card.observes == "trackers":
        shape = (frames, len(HEADSET))
        rotations = np.tile(IDENTITY, (*shape, 1))
        return TrackerSignals("blank", times, np.zeros((*shape, 3)), rotations, np.zeros(shape, bool))
    raise ValueError(f"{card.name} observes {card.observes}, of which there is no blank")
