"""A blind camera: one that sees nothing for a while, or at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.one_camera import unlucky
from engine.stress.stress import FRACTION, Flag, Question, Setting, Slider, Stress
from engine.stress.stretches import Stretched

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

STRETCH_S = 1.0
"""How long it stays blind, seconds; stretches can follow each other."""


def blind_camera(views: MultiViewKeypoints, blind: NDArray[np.bool_], setting: Setting) -> MultiViewKeypoints:
    """One camera (`engine.stress.one_camera`) without detections in the frames in which it is blind (T, 1)."""
    confidence = views.confidence.copy()
    confidence[unlucky(len(views.rig), setting.seed), blind[:, 0]] = 0.0
    return replace(views, confidence=confidence)


_STRETCHED = Stretched(blind_camera, parts=1, number=13, stretch_s=STRETCH_S)

BLIND_CAMERA = Stress(
    field="blind_camera",
    label="Blind camera",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.25, 0.5, 1.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=_STRETCHED.whole,
    stream=_STRETCHED.stream,
    slider=Slider(
        1.0, 100, "Share of the time during which one camera sees nothing, a second on end; the seed says which"
    ),
    flag=Flag("blind-camera", "Share of the time during which one camera sees nothing."),
    question=Question("Hidden, noisy", "Camera blind", "One camera that sees nothing for a while", "camera blind"),
    rank=15,
    live=_STRETCHED.live,
)
