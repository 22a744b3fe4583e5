"""Dropped cameras: a rig that has lost some of them for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.stress.one_camera import unlucky
from engine.stress.stress import Flag, FrameByFrame, Question, Range, Setting, Slider, Stress, live_from_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

LEAST = 2
"""Cameras that are left whatever is asked for."""


def drop_cameras(views: MultiViewKeypoints, count: float, setting: Setting) -> MultiViewKeypoints:
    """Without so many of the cameras, one after the other from the unlucky one on (`engine.stress.one_camera`)."""
    have = len(views.rig)
    gone = max(0, min(round(count), have - LEAST))
    first = unlucky(have, setting.seed)
    left = sorted((first + k) % have for k in range(gone, have))
    return views.of_views(left)


def _stream(count: float, setting: Setting, schedule: Float) -> FrameByFrame:
    return FrameByFrame(schedule, lambda frame, _: drop_cameras(frame, count, setting))


DROPPED_CAMERAS = Stress(
    field="dropped_cameras",
    label="Dropped cameras",
    unit="cameras",
    range=Range(0, 6),
    levels=(0.0, 1.0, 2.0, 3.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=drop_cameras,
    stream=_stream,
    slider=Slider(6.0, 1, "Cameras that are taken away, from the one on that the seed names; two always stay"),
    flag=Flag("dropped-cameras", "Cameras that are taken away; two always stay."),
    question=Question("Hidden, noisy", "Cameras dropped", "Cameras that are taken away", "cameras dropped"),
    rank=11,
    live=live_from_whole(drop_cameras),
)
