"""Calibration of a headset and two controllers on one person: stand straight, press a button.

It finds the person's height or the floor, where the person stands and faces, and how the devices sit on head and hands.
All of it comes from the mannequin's proportions at a height.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.stature import shape_of_stature
from engine.errors import InputError
from engine.motion.rotations import IDENTITY, conjugate, multiply, quat_to_matrix, rotate
from engine.motion.skeleton import SMPL_24
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]
Worn = Literal["joint", "eyes"]
"""Where the headset's own point is: at SMPL's head joint, as of virtual trackers, or between the eyes."""

STILL_M, UPRIGHT_DEG = 0.05, 30.0
HEIGHTS_M = (0.8, 2.5)
EYES = slice(1, 3)
"""Of COCO-23."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """From the devices' world to one in which the person stands on the floor at the origin and faces -Y.

    height_m  standing height
    floor_m   height of the floor in the devices' world
    origin    (2,) where the person stood there
    heading   where the person faced there, radians counter-clockwise from -Y
    turns     (3, 4) from each device's axes to its joint's: joint = device turns
    places    (3, 3) of each joint from its device, in the joint's axes, metres
    """

    height_m: float
    floor_m: float
    origin: Float
    heading: float
    turns: Float
    places: Float

    def apply(self, signals: TrackerSignals) -> TrackerSignals:
        """The joints of head and wrists in the person's world."""
        turned = multiply(signals.rotations, np.broadcast_to(self.turns, signals.rotations.shape))
        places = signals.positions + rotate(turned, self.places) - [*self.origin, self.floor_m]
        back = about_vertical(-self.heading)
        rotations = multiply(np.broadcast_to(back, turned.shape), turned)
        return replace(signals, positions=rotate(back, places), rotations=rotations)

    @property
    def to_person(self) -> tuple[Float, Float]:
        """From the devices' world to the person's: a turn (3, 3), on column vectors, then a shift (3,) metres."""
        turn = quat_to_matrix(about_vertical(-self.heading))
        return turn, -turn @ np.array([*self.origin, self.floor_m])


def calibrate(
    signals: TrackerSignals,
    *,
    height_m: float | None = None,
    floor_m: float = 0.0,
    worn: Worn = "joint",
    t_pose: bool = False,
) -> Calibration:
    """From some frames of a person who stands straight and looks ahead.

    height_m  where it is known: then the floor is found; else the height, above a floor at floor_m
    t_pose    whether the arms are stretched out to the sides, palms down: then each controller's turn on its hand is
              found, else they are taken to be the wrists themselves
    Raises InputError where the person does not stand still and straight, is not seen, or has no person's height.
    """
    signals = signals.take(np.flatnonzero(signals.valid.all(1) if t_pose else signals.valid[:, 0]))
    if not len(signals):
        raise InputError("The calibration saw no headset, or no controllers; switch them on and calibrate again.")
    head, turn = signals.positions[:, 0], signals.rotations[:, 0]
    if np.ptp(head, axis=0).max() > STILL_M or rotate(turn, np.array([0.0, 0.0, 1.0]))[:, 2].min() < _LEAST_UP:
        raise InputError(
            "The head moved or was bent during the calibration; stand straight and still, calibrate again."
        )
    place = np.median(head, axis=0)
    if height_m is None:
        height_m = height_of(float(place[2]) - floor_m, worn)
    else:
        floor_m = float(place[2]) - head_height(height_m, worn)
    heading = _mean_heading(turn)
    ahead, turns, places = about_vertical(heading), np.tile(IDENTITY, (3, 1)), np.zeros((3, 3))
    if t_pose:
        turns[1:] = multiply(conjugate(signals.rotations[-1, 1:]), ahead)
    if worn == "eyes":
        places[0] = -standing(height_m).eyes_from_head
    origin = place[:2] + rotate(ahead, places[0])[:2]
    return Calibration(height_m, floor_m, origin, heading, turns, places)


def height_of(measured_m: float, worn: Worn = "joint") -> float:
    """The standing height of a person whose headset is so high above the floor, metres. Raises InputError."""
    height = ASSUMED_HEIGHT_M
    for _ in range(4):  # proportions change little with the height
        height = float(np.clip(height * measured_m / head_height(height, worn), *HEIGHTS_M))
    if not HEIGHTS_M[0] < height < HEIGHTS_M[1]:
        raise InputError(
            f"The headset is {measured_m:.2f} m above the floor, which no standing person's is; give your height, or "
            "where the floor is."
        )
    return height


def head_height(height_m: float, worn: Worn = "joint") -> float:
    """How high above the floor the headset of a person of that height is, metres."""
    found = standing(height_m)
    return found.head_m + (float(found.eyes_from_head[2]) if worn == "eyes" else 0.0)


@dataclass(frozen=True, eq=False)
class Standing:
    """The mannequin at rest: its head joint above the floor, metres, and the point between its eyes from there (3,)."""

    head_m: float
    eyes_from_head: Float


@lru_cache(maxsize=64)
def standing(height_m: float) -> Standing:
    mannequin = body()
    shape = shape_of_stature(mannequin, height_m)
    vertices, head = mannequin.shaped(shape), mannequin.joints(shape)[SMPL_24.index("head")]
    eyes = (mannequin.regressors["COCO-23"][EYES] @ vertices).mean(0)
    return Standing(float(head[2] - vertices[:, 2].min()), eyes - head)


def about_vertical(angle: float) -> Float:
    """The quaternion (4,) of a turn about the vertical, radians."""
    return np.array([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])


def _mean_heading(rotations: Float) -> float:
    """Of rotations (T, 4): the mean turn about the vertical, radians."""
    angles = 2 * np.arctan2(rotations[:, 3], rotations[:, 0])
    return float(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean()))


_LEAST_UP = np.cos(np.radians(UPRIGHT_DEG))
