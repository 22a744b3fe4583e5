"""Time offsets of cameras that are calibrated, though perhaps not well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.bundle import Prior
from engine.cameras.pinhole import Camera
from engine.cameras.refine import refine_cameras
from engine.cameras.swaps import Pairs
from engine.cameras.synchrony import sharpened_offsets, shifted, time_offsets
from engine.errors import InputError

Float = NDArray[np.float64]


def calibrated_offsets(
    cameras: Sequence[Camera],
    points: Float,
    confidences: Float,
    rate_hz: float,
    quick: Sequence[int],
    groups: Sequence[Pairs] = (),
    *,
    prior: Prior = Prior(),  # noqa: B008  a constant
) -> Float:
    """(V,) Seconds by which each camera's frames are late, the mean 0: points (T, V, J, 2) px, confidences (T, V, J).

    quick   points such as wrists, by whose speed the start is found

    Steady walking repeats itself, so that speeds can agree a step too late. With three cameras or more, no offset is
    tried as well; what the refined cameras agree with better is taken. Raises InputError where two cameras' speeds say
    nothing.
    """
    index = list(quick)
    try:
        starts = [np.asarray(time_offsets(points[:, :, index], confidences[:, :, index], rate_hz).seconds)]
    except InputError:
        if len(cameras) < 3:
            raise
        starts = []
    if len(cameras) < 3:
        return starts[0]
    found = []
    for start in (np.zeros(len(cameras)), *starts):
        rough = refine_cameras(cameras, *shifted(points, confidences, start, rate_hz), groups, prior=prior)
        sharp = sharpened_offsets(rough.cameras, points, confidences, rate_hz, start).seconds
        after = refine_cameras(cameras, *shifted(points, confidences, sharp, rate_hz), groups, prior=prior).after
        found.append((float(after.view_errors().mean()), sharp))
    return min(found, key=lambda pair: pair[0])[1]
