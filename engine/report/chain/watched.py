"""Somebody whom one camera sees and of whom the truth is known, and what a detector makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.detector.confidence import Mapping
from engine.detector.filmed import Filmed
from engine.detector.filmed_people import people_of
from engine.detector.keypoints import keypoints_of
from engine.detector.swaps import limbs_exchanged, put_right, size_of
from engine.errors import InputError
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D


@dataclass(frozen=True, eq=False)
class Watched:
    """One person before one camera.

    group  of the people whose figures are taken together
    truth  joints in H36M-17, world, on the pictures' clock, whose first is at 0 s
    film   what the detector of that name finds in the pictures
    """

    group: str
    name: str
    truth: Joints
    camera: Camera
    height_m: float
    film: Callable[[str], Filmed]


@dataclass(frozen=True, eq=False)
class Seen:
    """What models get of somebody.

    found    share of the pictures in which the person was found
    swapped  share of those in which the detector exchanged left and right of arms or legs; left: after they were put
             back
    """

    keypoints: Keypoints2D
    found: float = 1.0
    swapped: float = 0.0
    left: float = 0.0


def truly_seen(watched: Watched) -> Seen:
    """As a perfect detector sees them."""
    truth = watched.truth
    xy = watched.camera.project(truth.positions)[0]
    sure, size = np.ones(xy.shape[:2]), watched.camera.image_size
    return Seen(Keypoints2D(watched.name, truth.times, xy, sure, H36M_17, size, watched.camera))


def detected(watched: Watched, detector: str, mapping: Mapping | None = None) -> Seen:
    """As a detector sees them, sides put right; mapping: of its confidences, None for the usual one.

    Whoever is large for longest is taken. Raises InputError where nobody is found.
    """
    film = watched.film(detector)
    people = people_of(film)
    if not people:
        raise InputError(f"{watched.name}: detector {detector} finds nobody; choose another camera or detector.")
    at, times = (people[0].pictures, people[0].places), film.times - film.times[0]
    given = keypoints_of(
        watched.name, times[people[0].pictures], film.xy[at], film.confidence[at], film.skeleton, film.image_size,
        watched.camera, mapping,
    )  # fmt: skip
    true = watched.camera.project(watched.truth.at(given.times).positions)[0]
    right, _ = put_right(given)
    swapped, left = (float(swapped_frames(each, true).mean()) for each in (given, right))
    return Seen(right, len(given) / len(times), swapped, left)


def swapped_frames(keypoints: Keypoints2D, true: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(T,) frames in which the other side of the arms, or of the legs, is clearly nearer to the true (T, 17, 2)."""
    everything = np.ones(len(H36M_17), bool)
    seen = keypoints.confidence > 0
    seen &= seen[:, H36M_17.mirror]
    frames = zip(keypoints.xy, seen, true, strict=True)
    return np.array(
        [bool(limbs_exchanged(xy, known, there, size_of(there, everything))) for xy, known, there in frames]
    )
