"""Several people side by side in a virtual rig, each camera's detections in no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.motion.clip import MotionClip
from engine.motion.heading import heading
from engine.motion.rotations import rotate
from engine.motion.stature import stature
from engine.observation.detector_noise import Noise
from engine.observation.observe import steady_positions
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_views import seen_by_rig

Float = NDArray[np.float64]

APART_M = 1.4
"""Between the middles of neighbours' paths: they can reach each other's hands, and pass each other."""
TURNS = np.arange(8) * np.pi / 4
"""About the vertical, of which each of the others takes one."""


def side_by_side(positions: Sequence[Float], rng: np.random.Generator, apart_m: float = APART_M) -> Float:
    """(T, P, J, 3) of people (T, J, 3), metres: each turned about the vertical at random, in a row around the origin.

    The first joint is the root; the middle of its path is put onto the row. Heights stay.
    """
    placed = []
    for number, points in enumerate(positions):
        along = (number - (len(positions) - 1) / 2) * apart_m
        placed.append(_stood(points, rng.uniform(-np.pi, np.pi), np.array([along, 0, 0])))
    return np.stack(placed, 1)


def with_others(clip: MotionClip, people: int) -> list[Float]:
    """Where so many people (T, 17, 3) are, metres: an H36M-17 clip's own person, and others in a row beside them.

    The others do what the clip's person does, without stray frames, forth and back, each a quarter of that later than
    the one before. The second is at the left of the first, the third at the right, the fourth at the left of the
    second; each is turned about the vertical so as to keep clear of those before.
    """
    everybody = [clip.positions]
    if people == 1:
        return everybody
    steady = steady_positions(clip)
    facing = heading(steady)
    left = np.array([np.cos(facing), np.sin(facing), 0.0])
    for number in range(1, people):
        motion = steady[_forth_and_back(len(clip), len(steady), number / 4)]
        along = APART_M * ((number + 1) // 2) * (1 if number % 2 else -1)
        place = _middle(steady) + along * left
        paths = [_stood(motion[:, :1], turn, place) for turn in TURNS]
        clear = [min(_nearest(path, other) for other in everybody) for path in paths]
        everybody.append(_stood(motion, TURNS[int(np.argmax(clear))], place))
    return everybody


def _forth_and_back(frames: int, length: int, begin: float) -> NDArray[np.intp]:
    """(T,) which frame of a motion of that length each is; begin: as a share of once forth and back."""
    period = max(2 * (length - 1), 1)
    at = (np.arange(frames) + round(begin * period)) % period
    return np.minimum(at, period - at)


def _middle(points: Float) -> Float:
    """(3,) of the path of a person (T, J, 3), on the floor."""
    path = points[:, 0, :2]
    return np.append((path.min(0) + path.max(0)) / 2, 0.0)


def _stood(points: Float, turn: float, place: Float) -> Float:
    """Points (T, J, 3) turned by radians about the vertical, the middle of their path at a place (3,)."""
    about = np.array([np.cos(turn / 2), 0, 0, np.sin(turn / 2)])
    return rotate(about, points - _middle(points)) + place


def _nearest(one: Float, other: Float) -> float:
    """Metres along the floor between two people (T, J, 3) where they are nearest, root to root."""
    return float(np.linalg.norm(one[:, 0, :2] - other[:, 0, :2], axis=-1).min())


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
    return in_one_picture(each, rng)


def in_one_picture(each: Sequence[MultiViewKeypoints], rng: np.random.Generator) -> MultiViewKeypoints:
    """What the same cameras saw of people one by one, as P detections a view, shuffled in every frame."""
    xy, confidence = (np.concatenate([getattr(one, name) for one in each], 2) for name in ("xy", "confidence"))
    order = rng.permuted(np.broadcast_to(np.arange(len(each)), confidence.shape[:3]), axis=2)[..., None]
    return replace(
        each[0],
        xy=np.take_along_axis(xy, order[..., None], 2),
        confidence=np.take_along_axis(confidence, order, 2),
        tall=None,
    )
