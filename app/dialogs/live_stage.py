"""The people of a live run in 3D: each model's newest pose of each, the truth as a ghost, and the trackers."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.look.theme import model_colour
from app.view3d.body_item import BodyItem, Style
from app.view3d.camera_rig import Orbit
from app.view3d.items import Item, SkeletonItem
from app.view3d.name_tags import NARROWEST
from app.view3d.newest_body import NewestBody
from app.view3d.tracker_item import TrackerItem
from app.view3d.viewport import Viewport
from engine.kinds import as_body, as_joints
from engine.live.tick import Tick
from engine.motion.pose import BodyPose, ClassScores, Joints, Prediction
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]
Shown = BodyPose | Joints
Whose = tuple[str, int | None]
"""The name of a model, or `TRUTH`, and the id of a person where several are followed."""

CATCH_UP_S, STILL_M = 0.4, 2e-3
"""How late the camera is behind the person, seconds, and the least move that shows."""
AROUND_M = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 2.0)])
"""Corners of what somebody takes, from the floor below to the number above."""
READABLE = 160.0
"""Pixels that a model's name needs: the predictions of one person stand at nearly one place."""
TRUTH = "truth"
BODY_HEAD, HEAD_TOP = SMPL_24.index("head"), H36M_17.index("head top")
ABOVE_HEAD_M, ABOVE_TOP_M = 0.24, 0.06
"""From these joints up to where the name begins."""


class LiveStage(Viewport):
    """Shows ticks; the camera goes along with the person who is followed, a little late.

    Where several are followed, they wear their numbers. The camera then goes where it sees everybody, until somebody
    turns it, and from then on along with their middle.
    """

    def __init__(self, empty: str) -> None:
        super().__init__()
        self.set_empty_text(empty)
        self.set_follow(False)
        self._people: dict[Whose, _Body | _Skeleton] = {}
        self._wanted = self._several = False
        self._trackers: TrackerItem | None = None
        self._followed: Float = np.zeros(3)
        self._looked_at = self._followed
        self._own: Orbit | None = None  # as it was put here last where several are followed
        self._names: tuple[str, ...] = ()
        self._drawn: tuple[Tick, ...] = ()
        self._looked = time.monotonic()
        self._around: tuple[Item, ...] = ()

    def set_tagged(self, tagged: bool) -> None:
        """As of every view; several people wear their numbers anyway."""
        self._wanted = tagged
        self._named.tags.nearest = NARROWEST if self._several else READABLE
        super().set_tagged(tagged or self._several)

    def begin(self, names: Sequence[str]) -> None:
        """Models of a new run; the last poses of the one before stay until a newer one is there."""
        self._names, self._people, self._trackers, self._drawn = tuple(names), {}, None, ()
        self._own = None

    def set_around(self, items: Sequence[Item]) -> None:
        """What stands still around people: the view is fitted to it, and stays there."""
        self._around = tuple(items)
        self.set_items(self._around)
        self.fit_again()

    def show_ticks(self, everybody: Sequence[Sequence[Tick]]) -> Tick | None:
        """Draw the newest of each model, of everybody; the newest of all, None where nothing was new."""
        given = tuple(tick for ticks in everybody for tick in ticks)
        if not given or given == self._drawn:
            return None
        self._drawn = given
        newest = max(given, key=lambda tick: tick.time)
        of_models = [(name, tick) for name, ticks in zip(self._names, everybody, strict=True) for tick in ticks]
        people = {(name, tick.person): _pose(tick.prediction) for name, tick in of_models}
        truth = next((tick.truth for tick in given if tick.time == newest.time and tick.truth is not None), None)
        if truth is not None:
            people[TRUTH, None] = truth.joints if truth.body is None else truth.body
        poses = {whose: pose for whose, pose in people.items() if pose is not None}
        seen = newest.observation if isinstance(newest.observation, TrackerSignals) else None
        if not self._fit(poses, seen):
            self._make(poses, seen)
        for whose, pose in poses.items():
            self._people[whose].show(pose)
        if seen is not None:
            self._put_trackers(seen)
        if not self._around:
            self._go_along(poses)
        self.set_time(newest.time)
        return newest

    def _fit(self, poses: Mapping[Whose, Shown], seen: TrackerSignals | None) -> bool:
        """Whether what stands there can show these poses."""
        same = poses.keys() == self._people.keys() and (seen is None) == (self._trackers is None)
        return same and all(self._people[whose].fits(pose) for whose, pose in poses.items())

    def _make(self, poses: Mapping[Whose, Shown], seen: TrackerSignals | None) -> None:
        first = not self._people
        self._people = {whose: self._person(*whose, pose) for whose, pose in poses.items()}
        self._several = any(person is not None for _, person in poses)
        self.set_tagged(self._wanted)
        items: list[Item] = [person.item for person in self._people.values()]
        self._trackers = None
        if seen is not None:
            self._trackers = TrackerItem(
                self._names[0], self._names[0], seen.trackers, np.zeros(1), seen.positions.copy(),
                seen.rotations.copy(), seen.valid.copy(), colour=model_colour(0),
            )  # fmt: skip
            items.append(self._trackers)
        self.set_items([*items, *self._around])
        if first and poses:
            self._followed = self._looked_at = self._middle(poses)

    def _person(self, name: str, person: int | None, pose: Shown) -> _Body | _Skeleton:
        ghost = name == TRUTH
        label, colour = ("Ground truth", None) if ghost else (name, model_colour(self._names.index(name)))
        key = name
        if person is not None:  # one tag for all models
            key = label = f"{person}"
        if isinstance(pose, Joints):
            return _Skeleton(key, label, colour, pose)
        return _Body(key, label, colour, "ghost" if ghost else "solid" if name == self._names[0] else "translucent",
                     pose)  # fmt: skip

    def _put_trackers(self, seen: TrackerSignals) -> None:
        """Where they were reported; a lost one stays where it was."""
        assert self._trackers is not None
        valid = seen.valid[0]
        self._trackers.positions[0][valid] = seen.positions[0][valid]
        self._trackers.rotations[0][valid] = seen.rotations[0][valid]
        self._trackers.seen[0] = valid

    def _go_along(self, poses: Mapping[Whose, Shown]) -> None:
        now = time.monotonic()
        share, self._looked = 1 - math.exp((self._looked - now) / CATCH_UP_S), now
        step = share * (self._middle(poses) - self._followed) if poses else np.zeros(3)
        self._followed = self._followed + step
        if self._several and self._own in (None, self.orbit):
            self._see_everybody(poses, share)
        elif np.abs(self._followed - self._looked_at).max() > STILL_M:
            self.set_orbit(self.orbit.moved(self._followed - self._looked_at))
            self._looked_at = self._followed

    def _middle(self, poses: Mapping[Whose, Shown]) -> Float:
        """(3,) metres on the floor: below the first person, or between several."""
        places = [_place(pose) for pose in poses.values()]
        return np.asarray(np.mean(places, axis=0)) if self._several else places[0]

    def _see_everybody(self, poses: Mapping[Whose, Shown], share: float) -> None:
        """Go some of the way to where everybody is in the picture."""
        orbit = self.orbit
        places = np.array([_place(pose) for pose in poses.values()])
        wanted = orbit.fit(places[:, None] + AROUND_M, self.view_size)
        step = share * (np.subtract(wanted.target, orbit.target))
        farther = share * (wanted.distance - orbit.distance)
        if max(np.abs(step).max(), abs(farther)) > STILL_M:
            self.set_orbit(replace(orbit, distance=orbit.distance + farther).moved(step))
        self._own, self._looked_at = self.orbit, self._followed


class _NewestBodyItem(BodyItem):
    """Its name goes along with the head."""

    def tag_at(self, seconds: float) -> Float:
        joints = self.at(seconds).joints
        return np.array([*joints[0, :2], joints[BODY_HEAD, 2] + ABOVE_HEAD_M])


class _NewestSkeletonItem(SkeletonItem):
    """As `_NewestBodyItem`."""

    def tag_at(self, seconds: float) -> Float:
        joints = self.at(seconds)
        return np.array([*joints[self.skeleton.root, :2], joints[HEAD_TOP, 2] + ABOVE_TOP_M])


class _Body:
    def __init__(self, name: str, label: str, colour: str | None, style: Style, pose: BodyPose) -> None:
        self._body = NewestBody(pose)
        self.item: Item = _NewestBodyItem(name, label, self._body, colour=colour, style=style)

    def fits(self, pose: Shown) -> bool:
        return isinstance(pose, BodyPose) and self._body.fits(pose)

    def show(self, pose: Shown) -> None:
        assert isinstance(pose, BodyPose)
        self._body.show(pose)


class _Skeleton:
    def __init__(self, name: str, label: str, colour: str | None, pose: Joints) -> None:
        self._skeleton, self._positions = pose.skeleton, pose.positions[:1].copy()
        self.item: Item = _NewestSkeletonItem(name, label, pose.skeleton, np.zeros(1), self._positions, colour=colour)

    def fits(self, pose: Shown) -> bool:
        return isinstance(pose, Joints) and pose.skeleton.names == self._skeleton.names

    def show(self, pose: Shown) -> None:
        assert isinstance(pose, Joints)
        self._positions[0] = pose.positions[0]


def _pose(prediction: Prediction) -> Shown | None:
    """What of a prediction can be drawn; labels cannot."""
    return None if isinstance(prediction, ClassScores) else as_body(prediction) or as_joints(prediction, H36M_17)


def _place(pose: Shown) -> Float:
    """(3,) metres on the floor below the first frame's root."""
    root = pose.positions[0, pose.skeleton.root] if isinstance(pose, Joints) else pose.root
    return np.zeros(3) if root is None else np.reshape(root, (-1, 3))[0] * [1.0, 1.0, 0.0]
