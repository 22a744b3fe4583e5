"""Exchanged sides: a camera in which the detector takes left for right, for a while on end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from engine.stress.one_camera import unlucky
from engine.stress.stress import FRACTION, Flag, FrameByFrame, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D
    from engine.observation.views import MultiViewKeypoints

    Float = NDArray[np.float64]

Seen = TypeVar("Seen", "Keypoints2D", "MultiViewKeypoints")

_STREAM = 11


def swap_sides(seen: Seen, share: float, setting: Setting) -> Seen:
    """Left and right exchanged in that share of the frames, in runs; of several cameras in one of them.

    Which one it is `engine.stress.one_camera` says.
    """
    return _swapped(seen, _when(seen.times, share, setting.seed), setting.seed)


def _when(times: Float, share: float, seed: int) -> NDArray[np.bool_]:
    """(T,)"""
    import numpy as np

    from engine.observation.detector_noise import exchanges

    return exchanges(share, 1, times, np.random.default_rng([seed, _STREAM]))[0, 0]


def _swapped(seen: Seen, when: NDArray[np.bool_], seed: int) -> Seen:
    from engine.observation.views import MultiViewKeypoints

    mirror = seen.skeleton.mirror
    xy, confidence = seen.xy.copy(), seen.confidence.copy()
    one = (unlucky(len(seen.rig), seed), when) if isinstance(seen, MultiViewKeypoints) else when
    xy[one], confidence[one] = xy[one][..., mirror, :], confidence[one][..., mirror]
    return replace(seen, xy=xy, confidence=confidence)


def _stream(share: float, setting: Setting, schedule: Float) -> FrameByFrame:
    when = _when(schedule, share, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: _swapped(frame, when[k : k + 1], setting.seed))


SWAPPED_SIDES = Stress(
    field="swapped_sides",
    label="Swapped sides",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.1, 0.2, 0.5, 1.0),
    applies_to=("Keypoints2D", "MultiViewKeypoints"),
    stage="detector",
    whole=swap_sides,
    stream=_stream,
    slider=Slider(
        1.0,
        100,
        "Share of the frames in which the detector takes left for right: of one camera, which the seed says",
    ),
    flag=Flag("swapped-sides", "Share of frames in which left is taken for right, in one camera."),
    question=Question(
        "Hidden, noisy",
        "Sides swapped",
        "The detector takes left for right, in runs of frames",
        "sides swapped",
    ),
    rank=14,
)
