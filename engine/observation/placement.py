"""Placement of root-relative poses in the world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.observation.before_camera import filled, places_seen
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import ESTIMATED, Mount
from engine.observation.room import Room, Shared
from engine.observation.vertical import LEVEL
from engine.pieces import pieces

Float = NDArray[np.float64]


class Placement(NamedTuple):
    """From camera axes to the world.

    turn    (3, 3), or (T, 3, 3) where it changes, on column vectors
    shift   (T, 3) metres
    camera  as it stands in the room, estimated or by hand; None where it is calibrated, or nobody needs it
    """

    turn: Float
    shift: Float
    camera: Camera | None = None


def place_in_world(
    positions: Float, keypoints: Keypoints2D, truth: Float | None, mount: Mount = ESTIMATED
) -> Placement:
    """Where poses (T, 17, 3) in camera axes stand.

    With truth they stand at its pelvis. Without, a calibrated camera tells where the person stands (the place from
    which the joints project onto the keypoints best); of an unknown one, a `Room` with this mount does.
    """
    camera = keypoints.camera
    if truth is not None:
        turn = (LEVEL if camera is None else camera.rotation).T
        return Placement(turn, truth[:, 0] - positions[:, 0] @ turn.T)
    if camera is not None:
        return Placement(camera.rotation.T, camera.to_world(_before_camera(positions, keypoints, camera)))
    room = Room(mount)
    turns, shifts = zip(
        *(room.push(positions[part], keypoints.take(part)) for part in pieces(len(positions))), strict=True
    )
    return Placement(np.concatenate(turns), np.concatenate(shifts), room.camera)


class PlacedFrames:
    """`place_in_world` without truth, on frames as they come.

    Before the place is known for the first time it is at the camera, of a calibrated one: the whole motion's first
    place is still to come. shared: with the others before a camera that is not known.
    """

    def __init__(self, mount: Mount = ESTIMATED, shared: Shared | None = None) -> None:
        self._last = np.zeros(3)
        self._room = Room(mount, shared)

    def push(self, positions: Float, keypoints: Keypoints2D) -> Placement:
        """Of one frame, as of the whole motion."""
        camera = keypoints.camera
        if camera is None:
            return Placement(*self._room.push(positions, keypoints), self._room.camera)
        place = places_seen(positions, camera.rays(keypoints.xy), keypoints.confidence)[0]
        self._last = self._last if np.isnan(place).any() else place
        return Placement(camera.rotation.T, camera.to_world(self._last[None]))


def _before_camera(positions: Float, keypoints: Keypoints2D, camera: Camera) -> Float:
    """`place_before_camera` of the keypoints, a piece of frames after the other."""
    places = np.full((len(positions), 3), np.nan)
    for part in pieces(len(positions)):
        rays = camera.rays(keypoints.xy[part])
        places[part] = places_seen(positions[part], rays, keypoints.confidence[part])
    return filled(places)
