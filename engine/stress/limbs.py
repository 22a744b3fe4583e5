"""Occlusion of whole limbs for a while: a person behind a chair, or turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.stress.hiding import hide
from engine.stress.stress import FRACTION, Flag, Question, Setting, Slider, Stress
from engine.stress.stretches import Stretched

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D

LIMB_JOINTS = ((2, 3), (5, 6), (12, 13), (15, 16))
"""H36M-17: knee and ankle of each leg, elbow and wrist of each arm."""

JOINTS = 17

STRETCH_S = 1.0
"""How long a limb stays hidden, seconds; stretches can follow each other."""


def hide_limbs(keypoints: Keypoints2D, limbs: NDArray[np.bool_], setting: Setting) -> Keypoints2D:
    """Confidence 0 at the joints of whole limbs, in the frames in which each of `LIMB_JOINTS` is hidden (T, 4)."""
    import numpy as np

    hidden = np.zeros((len(limbs), JOINTS), bool)
    for limb, joints in enumerate(LIMB_JOINTS):
        hidden[:, list(joints)] = limbs[:, [limb]]
    return hide(keypoints, hidden)


_STRETCHED = Stretched(hide_limbs, len(LIMB_JOINTS), number=3, stretch_s=STRETCH_S)

LIMBS = Stress(
    field="limbs",
    label="Hidden limbs",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.15, 0.2, 0.3, 0.4, 0.5),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=_STRETCHED.whole,
    stream=_STRETCHED.stream,
    slider=Slider(0.6, 100, "Share of the time during which each arm and leg is hidden, a second on end"),
    flag=Flag("limbs", "Share of the time that each arm and leg is hidden."),
    question=Question(
        "Hidden, noisy", "Limbs hidden", "Whole arms and legs hidden for a second or more", "limbs hidden"
    ),
    rank=3,
    live=_STRETCHED.live,
)
