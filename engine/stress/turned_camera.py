"""A turned camera: one that was moved since it was calibrated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.one_camera import unlucky
from engine.stress.stress import Flag, FrameByFrame, Question, Range, Setting, Slider, Stress, live_from_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

_STREAM = 12


def turn_camera(views: MultiViewKeypoints, degrees: float, setting: Setting) -> MultiViewKeypoints:
    """One camera (`engine.stress.one_camera`) seen as calibrated at another angle, about an axis of the seed's.

    What it sees stays; what the calibration says of it is off.
    """
    import numpy as np

    from engine.observation.virtual_views import misplaced

    view, rng = unlucky(len(views.rig), setting.seed), np.random.default_rng([setting.seed, _STREAM])
    return replace(views, rig=misplaced(views.rig, view, degrees, rng))


def _stream(degrees: float, setting: Setting, schedule: Float) -> FrameByFrame:
    return FrameByFrame(schedule, lambda frame, _: turn_camera(frame, degrees, setting))


TURNED_CAMERA = Stress(
    field="turned_camera_deg",
    label="Turned camera",
    unit="°",
    range=Range(0, 180),
    levels=(0.0, 1.0, 2.0, 3.0, 5.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=turn_camera,
    stream=_stream,
    slider=Slider(10.0, 10, "One camera was turned by so much since it was calibrated; the seed says which"),
    flag=Flag("turned-camera", "One camera was turned since it was calibrated, degrees."),
    question=Question(
        "Hidden, noisy", "Camera turned", "One camera that was turned since it was calibrated", "camera turned, °"
    ),
    rank=13,
    live=live_from_whole(turn_camera),
)
