"""Pixel noise: a 2D detector's uncertainty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.stress import POSITIVE, Flag, FrameByFrame, LiveStress, Question, Setting, Slider, Stress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D

    Float = NDArray[np.float64]

_STREAM = 1  # its own random stream: switching the mask on does not change the noise


def add_noise(keypoints: Keypoints2D, sigma_px: float, setting: Setting) -> Keypoints2D:
    """Independent Gaussian noise of `sigma_px` on x and y.

    The same seed gives the same noise at any level, only larger or smaller.
    """
    return _noisy(keypoints, sigma_px, _draws(setting.seed))


def _draws(seed: int) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng([seed, _STREAM])


def _noisy(keypoints: Keypoints2D, sigma_px: float, draws: np.random.Generator) -> Keypoints2D:
    return replace(keypoints, xy=keypoints.xy + sigma_px * draws.standard_normal(keypoints.xy.shape))


def _stream(sigma_px: float, setting: Setting, schedule: Float) -> FrameByFrame:
    draws = _draws(setting.seed)  # one number after the other, in frames as in the whole
    return FrameByFrame(schedule, lambda frame, _: _noisy(frame, sigma_px, draws))


def _live(setting: Setting) -> LiveStress:
    draws = _draws(setting.seed)

    def noisy(frame: Keypoints2D, sigma_px: float) -> Keypoints2D:
        changed = _noisy(frame, sigma_px, draws)
        return changed if sigma_px else frame

    return noisy


NOISE = Stress(
    field="noise_px",
    label="2D noise",
    unit="px",
    range=POSITIVE,
    levels=(0.0, 1.0, 2.0, 5.0, 10.0, 20.0),
    applies_to=("Keypoints2D",),
    stage="detector",
    whole=add_noise,
    stream=_stream,
    slider=Slider(
        20.0,
        2,
        "Gaussian noise on every 2D joint, standard deviation in pixels of the camera's picture",
        folded=False,
    ),
    flag=Flag("noise", "Noise on the 2D keypoints, pixels."),
    question=Question("Hidden, noisy", "2D noise", "Gaussian noise on the 2D joints", "noise, px"),
    rank=1,
    live=_live,
)
