"""Random observations of every kind: keypoints as a detector might see them, and a headset's trackers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from body_fakes import random_pose
from fake_lifters import swaying

from engine.kinds import as_joints
from engine.models.card import ModelCard
from engine.motion.pose import ClassScores, Prediction
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.detector_noise import Noise
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Observation
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_trackers import virtual_trackers
from engine.observation.virtual_views import seen_by_rig


def keypoints(frames: int = 24, *, hidden: float = 0.15, times: np.ndarray | None = None) -> Keypoints2D:
    """A person who drifts over a picture of 1000 x 1000 pixels at 60 Hz (or at `times`), some joints hidden."""
    rng = np.random.default_rng(0)
    confidence = (rng.random((frames, 17)) > hidden).astype(float)
    path = np.cumsum(rng.normal(0, 3, (frames, 17, 2)), 0)
    pose = rng.normal(500, 80, (1, 17, 2))
    times = np.arange(frames) / 60 if times is None else times
    return Keypoints2D("random", times, pose + path, confidence, H36M_17, (1000, 1000))


def trackers(frames: int = 24, *, lost: float = 0.1, times: np.ndarray | None = None) -> TrackerSignals:
    """A mannequin that turns every joint, at 60 Hz (or at `times`), some trackers lost."""
    signals = virtual_trackers(random_pose(frames, "kinestate"))
    valid = np.random.default_rng(0).random((frames, 3)) > lost
    signals = replace(signals, valid=valid)
    return signals if times is None else replace(signals, times=times)


def views(frames: int = 24, *, times: np.ndarray | None = None) -> MultiViewKeypoints:
    """A person who sways before four cameras, at 60 Hz (or at `times`), through a detector's errors."""
    clip = swaying(frames)
    rig = virtual_rig(clip.positions, 4)
    seen = seen_by_rig(clip, rig, height_m=1.7, noise=Noise(), rng=np.random.default_rng(0))
    return replace(seen, times=np.arange(frames) / 60 if times is None else times)


def observation(card: ModelCard, frames: int = 24, *, times: np.ndarray | None = None) -> Observation:
    """What a model of this card observes."""
    return {"keypoints": keypoints, "trackers": trackers, "views": views}[card.observes](frames, times=times)


def positions(pose: Prediction) -> np.ndarray:
    """Joints (T, J, 3) of what a model predicts, in the layout that it predicts; of scores the probabilities (T, C)."""
    if isinstance(pose, ClassScores):
        return pose.probabilities
    return as_joints(pose, getattr(pose, "skeleton", SMPL_24)).positions
