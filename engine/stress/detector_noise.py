"""A 2D detector's errors in one view or several, as they were measured (`engine.observation.detector_noise`)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from engine.stress.stress import POSITIVE, Flag, FrameByFrame, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.detector_noise import Errors
    from engine.observation.keypoints import Keypoints2D
    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

Seen = TypeVar("Seen", "Keypoints2D", "MultiViewKeypoints")

_STREAM = 10


def add_detector_errors(seen: Seen, factor: float, setting: Setting) -> Seen:
    """The errors of the detector "full" times a factor: biases, slow and white parts, gross errors, missing joints.

    Cameras that are off and exchanged sides are stresses of their own. The same seed gives the same errors at any
    factor, only larger or smaller; other people in the pictures have others. Raises InputError for what no virtual
    camera saw.
    """
    from engine.observation.virtual_views import with_errors

    return with_errors(seen, _errors(_views(seen), seen.times, factor, setting))


def _views(seen: Keypoints2D | MultiViewKeypoints) -> int:
    from engine.observation.keypoints import Keypoints2D

    return 1 if isinstance(seen, Keypoints2D) else len(seen.rig)


def _errors(views: int, times: Float, factor: float, setting: Setting) -> Errors:
    import numpy as np

    from engine.observation.detector_noise import Noise, detector_errors

    noise = Noise(shifted=0.0, swapping=0.0).times(factor)
    return detector_errors(noise, 1, views, times, np.random.default_rng([setting.seed, _STREAM, setting.person]))


def _stream(factor: float, setting: Setting, schedule: Float) -> FrameByFrame:
    @cache
    def errors(views: int) -> Errors:
        return _errors(views, schedule, factor, setting)

    def changed(frame: Seen, k: int) -> Seen:
        from engine.observation.virtual_views import with_errors

        return with_errors(frame, errors(_views(frame)).take(slice(k, k + 1)))

    return FrameByFrame(schedule, changed)


DETECTOR_NOISE = Stress(
    field="view_noise",
    label="Detector noise",
    unit="×",
    range=POSITIVE,
    levels=(0.0, 0.5, 1.0, 1.5, 2.0),
    applies_to=("Keypoints2D", "MultiViewKeypoints"),
    stage="detector",
    whole=add_detector_errors,
    stream=_stream,
    slider=Slider(
        3.0, 10, "A 2D detector's errors in every camera; 1 is as they were measured on people", folded=False
    ),
    flag=Flag("detector-noise", "A 2D detector's errors in every view, 1 = as measured."),
    question=Question(
        "Hidden, noisy", "Detector noise", "The measured errors of a 2D detector in every camera", "detector noise, ×"
    ),
    rank=10,
)
