"""Pixel noise: a 2D detector's uncertainty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.drawn import Drawn
from engine.stress.stress import POSITIVE, Flag, Question, Slider, Stress

if TYPE_CHECKING:
    import numpy as np

    from engine.observation.keypoints import Keypoints2D


def add_noise(keypoints: Keypoints2D, sigma_px: float, draws: np.random.Generator) -> Keypoints2D:
    """Independent Gaussian noise of `sigma_px` on x and y.

    The same seed gives the same noise at any level, only larger or smaller.
    """
    return replace(keypoints, xy=keypoints.xy + sigma_px * draws.standard_normal(keypoints.xy.shape))


_DRAWN = Drawn(add_noise, number=1)

NOISE = Stress(
    field="noise_px",
    label="2D noise",
    unit="px",
    range=POSITIVE,
    levels=(0.0, 1.0, 2.0, 5.0, 10.0, 20.0),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=_DRAWN.whole,
    stream=_DRAWN.stream,
    slider=Slider(
        20.0,
        2,
        "Gaussian noise on every 2D joint, standard deviation in pixels of the camera's picture",
        folded=False,
    ),
    flag=Flag("noise", "Noise on the 2D keypoints, pixels."),
    question=Question("Hidden, noisy", "2D noise", "Gaussian noise on the 2D joints", "noise, px"),
    rank=1,
    live=_DRAWN.live,
)
