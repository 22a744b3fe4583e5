"""Several people side by side in a virtual rig, each camera's detections in no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.motion.clip import MotionClip
from engine.motion.rotations import rotate
from engine.motion.stature import stature
from engine.observation.detector_noise import Noise
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_views import seen_by_rig

Float = NDArray[np.float64]

APART_M = 1.4
"""Between the middles of neighbours' paths: they can reach each other's hands, and pass each other."""


def side_by_side(positions: Sequence[Float], rng: np.random.Generator, apart_m: float = APART_M) -> Float:
    """(T, P, J, 3) of people (T, J, 3), metres: each turned about the vertical at random, in a row around the origin.

    The first joint is the root; the middle of its path is put onto the row. Heights stay.
    """
    placed = []
    for number, points in enumerate(positions):
        path = points[:, 0, :2]
        middle = np.append((path.min(0) + path.max(0)) / 2, 0.0)
        half = rng.uniform(-np.pi, np.pi) / 2
        turn = np.array([np.cos(half), 0, 0, np.sin(half)])
        along = (number - (len(positions) - 1) / 2) * apart_m
        placed.append(rotate(turn, points - middle) + [along, 0, 0])
    return np.stack(placed, 1)


def people_seen_by_rig(
    clip: MotionClip, people: Float, rig: CameraRig, *, noise: Noise | None, rng: np.random.Generator
) -> MultiViewKeypoints:
    """What a rig sees of people (T, P, 17, 3) on the clip's clock: P detections a view, shuffled in every frame.

    Nobody hides another. Each person's errors are drawn apart. noise: as of `seen_by_rig`.
    """
    each = []
    for number in range(people.shape[1]):
        points = people[:, number]
        one = replace(clip, positions=points)
        each.append(seen_by_rig(one, rig, height_m=stature(points), noise=noise, rng=rng))
    xy, confidence = (np.concatenate([getattr(one, name) for one in each], 2) for name in ("xy", "confidence"))
    order = rng.permuted(np.broadcast_to(np.arange(len(each)), confidence.shape[:3]), axis=2)[..., None]
    return replace(
        each[0],
        xy=np.take_along_axis(xy, order[..., None], 2),
        confidence=np.take_along_axis(confidence, order, 2),
        tall=None,
    )
