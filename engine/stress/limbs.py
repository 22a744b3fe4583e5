"""Occlusion of whole limbs for a while: a person behind a chair, or turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.stress.hiding import hide
from engine.stress.stress import FRACTION, Flag, FrameByFrame, LiveStress, Question, Setting, Slider, Stress
from engine.stress.stretches import LiveStretches, in_stretches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D

    Float = NDArray[np.float64]

STRETCH_S = 1.0
"""How long a limb stays hidden, seconds; stretches can follow each other."""

LIMB_JOINTS = ((2, 3), (5, 6), (12, 13), (15, 16))
"""H36M-17: knee and ankle of each leg, elbow and wrist of each arm."""

JOINTS = 17

_STREAM = 3


def hide_limbs(keypoints: Keypoints2D, fraction: float, setting: Setting) -> Keypoints2D:
    """Confidence 0 at whole limbs during that fraction (0 ... 1) of their time.

    H36M-17, in stretches (`engine.stress.stretches`).
    """
    return hide(keypoints, _hidden(keypoints.times, fraction, setting.seed))


def _hidden(times: Float, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(T, 17) which joints are hidden in the frames at these times (T,)."""
    import numpy as np

    rng = np.random.default_rng([seed, _STREAM])
    return _joints_of(in_stretches(times, len(LIMB_JOINTS), fraction, rng, stretch_s=STRETCH_S))


def _joints_of(limbs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(T, 4) which limbs -> (T, 17) which joints."""
    import numpy as np

    hidden = np.zeros((len(limbs), JOINTS), bool)
    for limb, joints in enumerate(LIMB_JOINTS):
        hidden[:, list(joints)] = limbs[:, [limb]]
    return hidden


def _stream(fraction: float, setting: Setting, schedule: Float) -> FrameByFrame:
    hidden = _hidden(schedule, fraction, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: hide(frame, hidden[k]))


def _live(setting: Setting) -> LiveStress:
    stretches = LiveStretches(len(LIMB_JOINTS), [setting.seed, _STREAM], stretch_s=STRETCH_S)

    def without(frame: Keypoints2D, fraction: float) -> Keypoints2D:
        lost = stretches.lost(float(frame.times[0]), fraction)
        return hide(frame, _joints_of(lost[None])) if lost.any() else frame

    return without


LIMBS = Stress(
    field="limbs",
    label="Hidden limbs",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.15, 0.2, 0.3, 0.4, 0.5),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=hide_limbs,
    stream=_stream,
    slider=Slider(0.6, 100, "Share of the time during which each arm and leg is hidden, a second on end"),
    flag=Flag("limbs", "Share of the time that each arm and leg is hidden."),
    question=Question(
        "Hidden, noisy", "Limbs hidden", "Whole arms and legs hidden for a second or more", "limbs hidden"
    ),
    rank=3,
    live=_live,
)
