"""Exchanged sides: a camera in which the detector takes left for right, for a while on end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.one_camera import unlucky
from engine.stress.stress import FRACTION, Flag, FrameByFrame, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

_STREAM = 11


def swap_sides(views: MultiViewKeypoints, share: float, setting: Setting) -> MultiViewKeypoints:
    """Left and right of one camera (`engine.stress.one_camera`) exchanged in that share of the frames, in runs."""
    return _swapped(views, _when(views.times, share, setting.seed), setting.seed)


def _when(times: Float, share: float, seed: int) -> NDArray[np.bool_]:
    """(T,)"""
    import numpy as np

    from engine.observation.detector_noise import exchanges

    return exchanges(share, 1, times, np.random.default_rng([seed, _STREAM]))[0, 0]


def _swapped(views: MultiViewKeypoints, when: NDArray[np.bool_], seed: int) -> MultiViewKeypoints:
    view, mirror = unlucky(len(views.rig), seed), views.skeleton.mirror
    xy, confidence = views.xy.copy(), views.confidence.copy()
    xy[view, when] = views.xy[view][when][:, :, mirror]
    confidence[view, when] = views.confidence[view][when][:, :, mirror]
    return replace(views, xy=xy, confidence=confidence)


def _stream(share: float, setting: Setting, schedule: Float) -> FrameByFrame:
    when = _when(schedule, share, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: _swapped(frame, when[k : k + 1], setting.seed))


SWAPPED_SIDES = Stress(
    field="swapped_sides",
    label="Swapped sides",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.1, 0.2, 0.5, 1.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=swap_sides,
    stream=_stream,
    slider=Slider(1.0, 100, "Share of the frames in which one camera takes left for right; the seed says which"),
    flag=Flag("swapped-sides", "Share of frames in which one camera takes left for right."),
    question=Question(
        "Hidden, noisy", "Sides swapped", "One camera takes left for right, in runs of frames", "sides swapped"
    ),
    rank=14,
)
