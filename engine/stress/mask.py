"""Occlusion of single joints, spread evenly over frames and joints."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.stress.hiding import hide
from engine.stress.stress import FRACTION, Flag, FrameByFrame, LiveStress, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D

    Float = NDArray[np.float64]

_STREAM = 2


def mask_joints(keypoints: Keypoints2D, fraction: float, setting: Setting) -> Keypoints2D:
    """Confidence 0 at that fraction (0 ... 1) of the (frame, joint) entries.

    With the same seed a larger fraction contains the smaller one's entries.
    """
    frames, joints = keypoints.confidence.shape
    return hide(keypoints, _masked(frames, joints, fraction, setting.seed))


def _masked(frames: int, joints: int, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(T, J) which entries are hidden."""
    import numpy as np

    masked = np.zeros(frames * joints, bool)
    order = np.random.default_rng([seed, _STREAM]).permutation(masked.size)
    masked[order[: round(fraction * masked.size)]] = True
    return masked.reshape(frames, joints)


def _stream(fraction: float, setting: Setting, schedule: Float) -> FrameByFrame:
    @cache
    def masked(joints: int) -> NDArray[np.bool_]:
        return _masked(len(schedule), joints, fraction, setting.seed)

    return FrameByFrame(schedule, lambda frame, k: hide(frame, masked(frame.confidence.shape[1])[k]))


def _live(setting: Setting) -> LiveStress:
    """Each entry by itself: that fraction in the long run."""
    import numpy as np

    rng = np.random.default_rng([setting.seed, _STREAM])

    def masked(frame: Keypoints2D, fraction: float) -> Keypoints2D:
        gone = rng.random(frame.confidence.shape) < fraction
        return hide(frame, gone) if gone.any() else frame

    return masked


MASK = Stress(
    field="mask",
    label="Masked joints",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.15, 0.2, 0.3, 0.4, 0.5),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=mask_joints,
    stream=_stream,
    slider=Slider(0.6, 100, "Share of all joints, frame by frame, that the models do not get", folded=False),
    flag=Flag("mask", "Share of keypoints that are hidden."),
    question=Question("Hidden, noisy", "Joints masked", "Joints hidden at random, frame by frame", "joints masked"),
    rank=2,
    live=_live,
)
