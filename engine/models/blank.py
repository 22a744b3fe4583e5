"""Blank observations of every kind that models are given: to warm up, and to count."""

from __future__ import annotations

import numpy as np

from engine.cameras.pinhole import look_at
from engine.cameras.rig import CameraRig
from engine.models.card import ModelCard
from engine.models.lifting.layout import LAYOUT
from engine.motion.rotations import IDENTITY
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Observation
from engine.observation.views import MultiViewKeypoints


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
    if card.observes == "views":
        rig = CameraRig(tuple(look_at(f"{x:g}", np.array([x, 0.0, 1.0]), np.zeros(3)) for x in (-4.0, 4.0)))
        views = (len(rig), frames, 1, len(LAYOUT))
        return MultiViewKeypoints("blank", times, np.zeros((*views, 2)), np.zeros(views), LAYOUT, rig)
    raise ValueError(f"{card.name} observes {card.observes}, of which there is no blank")
