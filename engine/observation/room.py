"""A room around a camera that nobody calibrated: the vertical, the floor, and where the person stands.

The lens is the assumed one. People who stand upright tell the vertical, their lower foot the floor, and the keypoints
where they are. All of it looks back only, so that frames as they come give what the whole motion does: a camera may be
moved, and what was seen of it is forgotten.

Several people before one camera share its vertical and the origin (`Shared`), so that they stand beside each other as
they are seen. Each has a floor of their own: their heights are assumed, and a common floor would leave those who are
larger or smaller above it or below.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.assumed_camera import default_camera
from engine.observation.before_camera import filled, places_seen
from engine.observation.foot_lock import FootLock
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import ESTIMATED, Mount
from engine.observation.vertical import LEVEL_UP, pitch_and_roll, standing, turn_of, up_of

Float = NDArray[np.float64]

VERTICAL_S, FLOOR_S = 30.0, 2.0
"""Time constants: of the vertical, and of the floor, which also follows errors in depth."""
LEVEL_S = 0.2
"""Seconds of somebody upright that a level camera counts for, before anybody is seen."""
FIRST_S, LONGEST_S = 1 / 30, 0.2
"""What a frame counts for: the first one, and one after a gap."""

_ANKLES = [H36M_17.index(f"{side} ankle") for side in ("left", "right")]


class Shared:
    """What everybody before one camera tells of it, in its axes.

    up      sum of the verticals of people who stand, by the seconds that each counts for; it fades with everybody's
            time, so that two people tell it twice as soon
    origin  (3,) metres, the place of whoever was seen first; None before
    """

    def __init__(self) -> None:
        self.up: Float = LEVEL_S * LEVEL_UP
        self.origin: Float | None = None


class Room:
    """Poses of one person in camera axes, put into the world: Z up, the floor at 0, the camera looking along +Y.

    The first place of the person, or of whoever of several was seen first, is above the origin.
    shared  with the others before this camera
    camera  as it stands there now; None before the first frame. Its name is the mount's `source`
    """

    def __init__(self, mount: Mount = ESTIMATED, shared: Shared | None = None) -> None:
        self.mount, self.shared = mount, shared or Shared()
        self.camera: Camera | None = None
        self._time: float | None = None
        self._foot, self._seen = np.zeros(3), np.zeros(1)
        self._known = False
        self._last: Float = np.zeros(3)
        self._lock = FootLock() if mount.foot_lock else None

    def push(self, positions: Float, keypoints: Keypoints2D) -> tuple[Float, Float]:
        """Turns (T, 3, 3) and shifts (T, 3) metres to the world, of poses (T, 17, 3) that follow those before."""
        lens = default_camera(keypoints.image_size)
        gaps, counts = self._gaps(keypoints.times)
        turns = turn_of(self._verticals(positions, gaps, counts))
        places, known = self._places(places_seen(positions, lens.rays(keypoints.xy), keypoints.confidence))
        heights = self._heights(positions, places, known, turns, gaps, counts)
        first = np.zeros(3) if self.shared.origin is None else self.shared.origin
        shifts = _turned(turns, (places - first) * known[:, None])
        shifts[:, 2] = _turned(turns, places)[:, 2] + heights
        if len(turns):
            centre = _turned(turns[-1:], -first[None])[0] * [1.0, 1.0, 0.0] + [0.0, 0.0, heights[-1]]
            self.camera = replace(lens, name=self.mount.source, rotation=turns[-1].T, centre=centre)
        if self._lock is not None:
            ankles = positions[:, _ANKLES] @ np.swapaxes(turns, -1, -2) + shifts[:, None]
            shifts = shifts + self._lock.push(ankles, keypoints.times)
        return turns, shifts

    def _gaps(self, times: Float) -> tuple[Float, Float]:
        """(T,) seconds since the frame before, and those that a frame counts for."""
        first = times[:1] - FIRST_S if self._time is None else [self._time]
        gaps = np.diff(times, prepend=first)
        self._time = float(times[-1]) if len(times) else self._time
        return gaps, np.minimum(gaps, LONGEST_S)

    def _verticals(self, positions: Float, gaps: Float, counts: Float) -> Float:
        """(T, 3) in camera axes."""
        up, upright = standing(positions)
        sums = _fading(self.shared.up, up * (upright * counts)[:, None], np.exp(-gaps * (upright > 0) / VERTICAL_S))
        self.shared.up = sums[-1]
        if self.mount.pitch_deg is None and self.mount.roll_deg is None:
            return sums[1:]
        pitch, roll = pitch_and_roll(sums[1:])
        given = self.mount
        pitch = pitch if given.pitch_deg is None else np.full_like(pitch, np.radians(given.pitch_deg))
        roll = roll if given.roll_deg is None else np.full_like(roll, np.radians(given.roll_deg))
        return up_of(pitch, roll)

    def _places(self, found: Float) -> tuple[Float, NDArray[np.bool_]]:
        """Each place (T, 3) that is not known as the last one that is, 0 before the first; which are known by then."""
        seen = ~np.isnan(found[:, 0])
        known = np.maximum.accumulate(seen) | self._known
        self._known = self._known or bool(seen.any())
        if self.shared.origin is None and seen.any():
            self.shared.origin = found[np.argmax(seen)]
        places = filled(np.concatenate([self._last[None], found]))
        self._last = places[-1]
        return places[1:], known

    def _heights(
        self, positions: Float, places: Float, known: NDArray[np.bool_], turns: Float, gaps: Float, counts: Float
    ) -> Float:
        """(T,) metres of the camera above the floor."""
        feet = positions[:, _ANKLES] + places[:, None]
        lower = np.argmin(_turned(turns[:, None], feet)[..., 2], axis=1)
        foot = feet[np.arange(len(feet)), lower]
        weights = (counts * known)[:, None]
        keep = np.exp(-gaps / FLOOR_S)
        sums = _fading(np.append(self._foot, self._seen), np.append(foot * weights, weights, axis=1), keep)
        self._foot, self._seen = sums[-1, :3], sums[-1, 3:]
        if self.mount.height_m is not None:
            return np.full(len(positions), self.mount.height_m)
        mean = np.where(known[:, None], sums[1:, :3] / np.maximum(sums[1:, 3:], 1e-12), foot)
        return ANKLE_HEIGHT_M - _turned(turns, mean)[:, 2]


def _fading(start: Float, values: Float, keep: Float) -> Float:
    """(T + 1, C): sums that begin with `start` (C,), of which `keep` (T,) is left when values (T, C) are added."""
    sums = np.empty((len(values) + 1, len(start)))
    sums[0] = start
    for frame, (value, kept) in enumerate(zip(values, keep.tolist(), strict=True)):
        sums[frame + 1] = kept * sums[frame] + value
    return sums


def _turned(turns: Float, points: Float) -> Float:
    """Points (..., 3) turned by (..., 3, 3)."""
    return np.asarray((turns @ points[..., None])[..., 0])
