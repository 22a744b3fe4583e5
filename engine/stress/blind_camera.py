"""A blind camera: one that sees nothing for a while, or at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.one_camera import unlucky
from engine.stress.stress import FRACTION, Flag, FrameByFrame, LiveStress, Question, Setting, Slider, Stress
from engine.stress.stretches import LiveStretches, in_stretches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

STRETCH_S = 1.0
"""How long it stays blind, seconds; stretches can follow each other."""

_STREAM = 13


def blind_camera(views: MultiViewKeypoints, share: float, setting: Setting) -> MultiViewKeypoints:
    """One camera (`engine.stress.one_camera`) without detections during that share (0 ... 1) of the time."""
    return _blind(views, _when(views.times, share, setting.seed), setting.seed)


def _when(times: Float, share: float, seed: int) -> NDArray[np.bool_]:
    """(T,)"""
    import numpy as np

    return in_stretches(times, 1, share, np.random.default_rng([seed, _STREAM]), stretch_s=STRETCH_S)[:, 0]


def _blind(views: MultiViewKeypoints, when: NDArray[np.bool_], seed: int) -> MultiViewKeypoints:
    confidence = views.confidence.copy()
    confidence[unlucky(len(views.rig), seed), when] = 0.0
    return replace(views, confidence=confidence)


def _stream(share: float, setting: Setting, schedule: Float) -> FrameByFrame:
    when = _when(schedule, share, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: _blind(frame, when[k : k + 1], setting.seed))


def _live(setting: Setting) -> LiveStress:
    stretches = LiveStretches(1, [setting.seed, _STREAM], stretch_s=STRETCH_S)

    def blinded(frame: MultiViewKeypoints, share: float) -> MultiViewKeypoints:
        when = stretches.lost(float(frame.times[0]), share)
        return _blind(frame, when, setting.seed) if when.any() else frame

    return blinded


BLIND_CAMERA = Stress(
    field="blind_camera",
    label="Blind camera",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.25, 0.5, 1.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=blind_camera,
    stream=_stream,
    slider=Slider(
        1.0, 100, "Share of the time during which one camera sees nothing, a second on end; the seed says which"
    ),
    flag=Flag("blind-camera", "Share of the time during which one camera sees nothing."),
    question=Question("Hidden, noisy", "Camera blind", "One camera that sees nothing for a while", "camera blind"),
    rank=15,
    live=_live,
)
