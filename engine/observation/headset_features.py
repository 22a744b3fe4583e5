"""The 54 numbers of a headset with two controllers, as published models of whole bodies read them.

    0:18   6D of each tracker's global rotation
    18:36  6D of its rotation since the frame before, R(t-1)⁻¹ R(t)
    36:45  its place, metres
    45:54  its place minus that of the frame before, metres a frame

for head, left hand and right hand, in SMPL's own axes of each joint (Y up, facing +Z) and a world that is Z up:
AvatarPoser's layout (specification data_and_metrics.md, section 3.4). "A frame" is a period of the model, 1/60 s, and
not of the recording: over a longer or shorter gap, the turn and the step are divided by the periods that passed. At
60 Hz these are the published numbers, at any other rate the same velocities in the same unit. The published data leave
a recording's first frame out; here it has no velocity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.model import FROM_SMPL
from engine.motion.rotations import (
    axis_angle_to_quat,
    change_axes,
    conjugate,
    matrix_to_quat,
    multiply,
    quat_to_axis_angle,
    quat_to_six_d,
)
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]

FEATURES = 54
PLACES, STEPS = slice(36, 45), slice(45, 54)


def headset_features(positions: Float, rotations: Float, gaps: Float) -> Float:
    """Features (..., T, 54) of trackers at T + 1 frames, without those of the first one.

    positions (..., T + 1, 3, 3) metres, rotations (..., T + 1, 3, 4) global wxyz, gaps (T,) periods before each frame.
    """
    periods = gaps[:, None, None]
    own = multiply(rotations[..., 1:, :, :], matrix_to_quat(FROM_SMPL))
    turns = multiply(conjugate(rotations[..., :-1, :, :]), rotations[..., 1:, :, :])
    a_period = axis_angle_to_quat(quat_to_axis_angle(turns) / periods)
    parts = (
        quat_to_six_d(own),
        quat_to_six_d(change_axes(a_period, FROM_SMPL.T)),
        positions[..., 1:, :, :],
        np.diff(positions, axis=-3) / periods,
    )
    return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in parts], axis=-1)


class FeatureStream:
    """The features of frames as they come; remembers the last one. rate_hz: one over the model's period."""

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._last: TrackerSignals | None = None

    def step(self, signals: TrackerSignals) -> Float:
        """(n, 54) of one or more frames of the three trackers after those before."""
        before = self._last or signals.take(slice(0, 1))
        positions, rotations = (
            np.concatenate(pair)
            for pair in ((before.positions, signals.positions), (before.rotations, signals.rotations))
        )
        gaps = np.diff(signals.times, prepend=before.times) * self.rate_hz
        if self._last is None:
            gaps[0] = 1.0  # from the first frame to itself
        self._last = signals.take(slice(len(signals) - 1, len(signals)))
        return headset_features(positions, rotations, gaps)


def features_of(signals: TrackerSignals, rate_hz: float = 60.0) -> Float:
    """(T, 54) of a whole recording of the three trackers, nothing of which is lost."""
    return FeatureStream(rate_hz).step(signals)
