"""A 2D detector's errors in several views, as they were measured (`engine.observation.detector_noise`)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.stress.stress import POSITIVE, Flag, FrameByFrame, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.detector_noise import Errors
    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

_STREAM = 10


def add_detector_errors(views: MultiViewKeypoints, factor: float, setting: Setting) -> MultiViewKeypoints:
    """The errors of the detector "full" times a factor: biases, slow and white parts, gross errors, missing joints.

    Cameras that are off and exchanged sides are stresses of their own. The same seed gives the same errors at any
    factor, only larger or smaller; other people in the pictures have others. Raises InputError for views that are no
    virtual rig's.
    """
    from engine.observation.virtual_views import with_errors

    return with_errors(views, _errors(len(views.rig), views.times, factor, setting))


def _errors(views: int, times: Float, factor: float, setting: Setting) -> Errors:
    import numpy as np

    from engine.observation.detector_noise import Noise, detector_errors

    noise = Noise(shifted=0.0, swapping=0.0).times(factor)
    return detector_errors(noise, 1, views, times, np.random.default_rng([setting.seed, _STREAM, setting.person]))


def _stream(factor: float, setting: Setting, schedule: Float) -> FrameByFrame:
    @cache
    def errors(views: int) -> Errors:
        return _errors(views, schedule, factor, setting)

    def changed(frame: MultiViewKeypoints, k: int) -> MultiViewKeypoints:
        from engine.observation.virtual_views import with_errors

        return with_errors(frame, errors(len(frame.rig)).take(slice(k, k + 1)))

    return FrameByFrame(schedule, changed)


VIEW_NOISE = Stress(
    field="view_noise",
    label="Detector noise",
    unit="×",
    range=POSITIVE,
    levels=(0.0, 0.5, 1.0, 1.5, 2.0),
    applies_to=("MultiViewKeypoints",),
    stage="detector",
    whole=add_detector_errors,
    stream=_stream,
    slider=Slider(
        3.0, 10, "A 2D detector's errors in every camera; 1 is as they were measured on people", folded=False
    ),
    flag=Flag("detector-noise", "A 2D detector's errors in several views, 1 = as measured."),
    question=Question(
        "Hidden, noisy", "Detector noise", "The measured errors of a 2D detector in every camera", "detector noise, ×"
    ),
    rank=10,
)
