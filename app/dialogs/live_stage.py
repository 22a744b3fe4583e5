"""The people of a live run in 3D: the newest body of each model, the truth as a ghost, and the trackers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.look.theme import model_colour
from app.view3d.body_item import BodyItem, Style
from app.view3d.items import Item
from app.view3d.newest_body import NewestBody
from app.view3d.tracker_item import TrackerItem
from app.view3d.viewport import Viewport
from engine.kinds import as_body
from engine.live.tick import Tick
from engine.motion.pose import BodyPose
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]

CATCH_UP_S, STILL_M = 0.4, 1e-4
"""How late the camera is behind the person, seconds, and the least move that shows."""
TRUTH = "truth"


class LiveStage(Viewport):
    """Shows ticks; the camera goes along with the first body, a little late."""

    def __init__(self) -> None:
        super().__init__()
        self.set_empty_text("Press Start, then let a headset or `kinestate send-trackers` send")
        self.set_follow(False)
        self._bodies: dict[str, NewestBody] = {}
        self._trackers: TrackerItem | None = None
        self._followed: Float = np.zeros(3)
        self._names: tuple[str, ...] = ()
        self._drawn: tuple[Tick | None, ...] = ()
        self._looked = time.monotonic()

    def begin(self, names: Sequence[str]) -> None:
        """Models of a new run; the last poses of the one before stay until a newer one is there."""
        self._names, self._bodies, self._trackers, self._drawn = tuple(names), {}, None, ()

    def show_ticks(self, ticks: Sequence[Tick | None]) -> Tick | None:
        """Draw the newest of each model; the newest of all, None where nothing was new."""
        given = [tick for tick in ticks if tick is not None]
        if not given or tuple(ticks) == self._drawn:
            return None
        self._drawn = tuple(ticks)
        newest = max(given, key=lambda tick: tick.time)
        assert isinstance(newest.observation, TrackerSignals)
        people = {name: as_body(tick.prediction) for name, tick in zip(self._names, ticks, strict=True) if tick}
        people[TRUTH] = None if newest.truth is None else newest.truth.body
        poses = {name: pose for name, pose in people.items() if pose is not None}
        if self._trackers is None or poses.keys() != self._bodies.keys() or not self._fit(poses):
            self._make(poses, newest.observation)
        for name, pose in poses.items():
            self._bodies[name].show(pose)
        self._put_trackers(newest.observation)
        self._go_along(poses)
        self.set_time(newest.time)
        return newest

    def _fit(self, poses: dict[str, BodyPose]) -> bool:
        return all(self._bodies[name].fits(pose) for name, pose in poses.items())

    def _make(self, poses: dict[str, BodyPose], seen: TrackerSignals) -> None:
        first = not self._bodies
        self._bodies = {name: NewestBody(pose) for name, pose in poses.items()}
        items: list[Item] = []
        for name, body in self._bodies.items():
            ghost = name == TRUTH
            colour = None if ghost else model_colour(self._names.index(name))
            style: Style = "ghost" if ghost else "solid" if name == self._names[0] else "translucent"
            items.append(BodyItem(name, "Ground truth" if ghost else name, body, colour=colour, style=style))
        self._trackers = TrackerItem(
            self._names[0], self._names[0], seen.trackers, np.zeros(1), seen.positions.copy(), seen.rotations.copy(),
            seen.valid.copy(), colour=model_colour(0),
        )  # fmt: skip
        self.set_items([*items, self._trackers])
        if first and poses:
            self._followed = _place(next(iter(poses.values())))

    def _put_trackers(self, seen: TrackerSignals) -> None:
        """Where they were reported; a lost one stays where it was."""
        assert self._trackers is not None
        valid = seen.valid[0]
        self._trackers.positions[0][valid] = seen.positions[0][valid]
        self._trackers.rotations[0][valid] = seen.rotations[0][valid]
        self._trackers.seen[0] = valid

    def _go_along(self, poses: dict[str, BodyPose]) -> None:
        now = time.monotonic()
        share, self._looked = 1 - math.exp((self._looked - now) / CATCH_UP_S), now
        step = share * (_place(next(iter(poses.values()))) - self._followed) if poses else np.zeros(3)
        self._followed = self._followed + step
        if np.abs(step).max() > STILL_M:
            self.set_orbit(self.orbit.moved(step))


def _place(pose: BodyPose) -> Float:
    """(3,) metres on the floor below the first frame's root."""
    return np.zeros(3) if pose.root is None else pose.root[0] * [1.0, 1.0, 0.0]
