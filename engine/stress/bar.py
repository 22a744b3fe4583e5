"""A moving occluder: a bar that sweeps over the image, to and fro, and hides the joints beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from engine.stress.hiding import hide
from engine.stress.stress import (
    FRACTION,
    Choice,
    Flag,
    FrameByFrame,
    Option,
    Question,
    Setting,
    Slider,
    Stress,
    live_from_whole,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D

    Float = NDArray[np.float64]

Direction = Literal["upright", "level"]
"""An upright bar moves sideways, a level one up and down."""

SWEEP_S = 2.0
"""From one edge of the image to the other, seconds."""

_STREAM = 4

DIRECTION = Option(
    field="bar_direction",
    default="upright",
    choices={
        "upright": Choice("Sideways", "An upright bar that moves from left to right and back"),
        "level": Choice("Up and down", "A level bar that moves down and up"),
    },
    flag=Flag("bar-direction", "The bar moves sideways, or up and down."),
)


def hide_behind_bar(keypoints: Keypoints2D, width: float, setting: Setting) -> Keypoints2D:
    """Confidence 0 at the joints beneath the bar, whose width is a fraction (0 ... 1) of the image's side.

    With the same seed the bar starts at the same place at any width.
    """
    import numpy as np

    axis = 0 if DIRECTION.chosen(setting.options) == "upright" else 1
    place = keypoints.xy[..., axis] / keypoints.image_size[axis]
    return hide(keypoints, np.abs(place - bar_centre(keypoints.times, setting.seed)[:, None]) < width / 2)


def bar_centre(times: Float, seed: int) -> Float:
    """(T,) where the bar's middle is: 0 at the image's left or upper edge, 1 at the other one."""
    import numpy as np

    start = np.random.default_rng([seed, _STREAM]).uniform(0, 2)
    return np.asarray(np.abs((times / SWEEP_S + start) % 2 - 1))


def _stream(width: float, setting: Setting, schedule: Float) -> FrameByFrame:
    return FrameByFrame(schedule, lambda frame, _: hide_behind_bar(frame, width, setting))


BAR = Stress(
    field="bar",
    label="Moving bar",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.05, 0.1, 0.2, 0.3),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=hide_behind_bar,
    stream=_stream,
    slider=Slider(0.4, 100, "Width of a bar that sweeps over the picture and hides the joints beneath"),
    flag=Flag("bar", "Width of a bar that sweeps over the picture, share of it."),
    question=Question(
        "Hidden, noisy",
        "Moving bar",
        "A bar that sweeps over the picture and hides what is beneath",
        "bar, share of the picture",
    ),
    options=(DIRECTION,),
    rank=4,
    live=live_from_whole(hide_behind_bar),
)
