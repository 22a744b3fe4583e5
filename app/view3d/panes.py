"""The views of a viewport: their items, places and cameras. No Qt and no vispy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from app.view3d.camera_rig import STANDING, Orbit, follow_path
from app.view3d.grid import Box, arrange
from app.view3d.items import Item, followed, known_points, pick
from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]

FARTHER = 1.25
"""How much farther from the people the camera goes at most to see them beside their legend."""
NEAR_M = 3.0
"""Those that step aside are fitted into the view where they are so near to the followed path."""


@dataclass(eq=False)
class Pane:
    """One of the views.

    box      pixels of the viewport
    picture  the part of the box that the camera's picture fills; what lies beside it is seen, too
    fitted   the camera stands where everybody just fits, and again after resizing
    """

    items: tuple[Item, ...] = ()
    box: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    picture: Box = field(default_factory=lambda: Box(0, 0, 1, 1))
    orbit: Orbit = field(default_factory=Orbit)
    fitted: bool = True

    def camera(self, anchor: Float) -> Camera:
        """Return a pinhole camera with pictures of the pane's size; the orbit's target is relative to `anchor` (3,)."""
        return self.orbit.moved(anchor).camera(self.picture.size)


class Panes:
    """All views and their cameras. The active view was touched last; questions about the camera are about it.

    Linked, they share its camera; unlinked, each is turned by itself. All move along the same followed path. Those that
    are not shown now keep their cameras.

    covered()  (x, y) pixels from the upper left corner of the first view that are hidden by its legend
    spare      pixels that people stay away from it
    """

    seen_anew = Signal()  # from elsewhere: some camera has changed
    turned = Signal(Orbit)  # the active one's camera

    def __init__(self, covered: Callable[[], tuple[int, int]], spare: float) -> None:
        self._covered, self._spare = covered, spare
        self._all = [Pane()]
        self.shown, self.active = self._all[:1], self._all[0]
        self.linked, self.following = True, True
        self._path, self._seconds = STANDING, 0.0

    # What is in them

    def fill(self, views: Sequence[Sequence[Item]]) -> None:
        """Show a view for each group of items; give them their boxes next."""
        self._make(len(views))
        self.shown = self._all[: len(views)]
        if self.active not in self.shown:
            self.active = self.shown[0]
        for pane, items in zip(self.shown, views, strict=True):
            pane.items = tuple(items)
        self._follow([item for items in views for item in items])
        if self.linked:
            self._link()

    def _follow(self, items: Sequence[Item]) -> None:
        """Follow the ground truth, or else the first item that has a path; where none has, stay on the old one."""
        track = followed(items)
        if track is not None and len(track.times):
            self._path = follow_path(track.times, track.points)

    def arrange(self, size: tuple[int, int], head: Callable[[int], int]) -> None:
        """Give every view its place in so many pixels; head(height): those that its legend takes beside others."""
        for pane, box in zip(self.shown, arrange(len(self.shown), size), strict=True):
            pane.box = box
            pane.picture = box.below(head(box.height)) if len(self.shown) > 1 else box

    # The moment

    def set_time(self, seconds: float) -> None:
        self._seconds = seconds

    @property
    def anchor(self) -> Float:
        """(3,) metres: the origin of all orbits' targets at this moment."""
        return self._path.at(self._seconds) if self.following else np.zeros(3)

    def set_following(self, follow: bool) -> None:
        """Move along with the person, or stand still where the cameras are now."""
        if follow != self.following:
            before = self.anchor
            self.following = follow
            self.set_orbits([pane.orbit.moved(before - self.anchor) for pane in self.shown])

    # Cameras

    def camera(self) -> Camera:
        return self.active.camera(self.anchor)

    def cameras(self) -> tuple[Camera, ...]:
        return tuple(pane.camera(self.anchor) for pane in self.shown)

    def centres(self) -> tuple[tuple[float, float, float], ...]:
        """Return each camera's target, (x, y, z) metres in the world."""
        return tuple(pane.orbit.moved(self.anchor).target for pane in self.shown)

    def set_orbit(self, orbit: Orbit) -> None:
        """Turn the active view and all that are linked to it."""
        self._turn(self.active, orbit)

    def set_orbits(self, orbits: Sequence[Orbit]) -> None:
        """One for each view, also for those that are not shown yet."""
        self._make(len(orbits))
        for pane, orbit in zip(self._all, orbits, strict=False):
            self._turn(pane, orbit)

    def set_camera(self, camera: Camera) -> None:
        """See the active view's scene from where a camera stands."""
        points = known_points(item.pickable(self._seconds) for item in self.active.items if item.shown)
        look_at = points.mean(0) if len(points) else np.zeros(3)
        self.set_orbit(Orbit.from_camera(camera, look_at).moved(-self.anchor))

    def set_linked(self, linked: bool) -> None:
        self.linked = linked
        if linked:
            self._link()

    def activate(self, place: tuple[float, float]) -> bool:
        """Make the view at a place (x, y) pixels the active one; returns whether that changed anything."""
        before = self.active
        self.active = self._at(place) or before
        return self.active is not before

    def joint_at(self, place: tuple[float, float]) -> tuple[str, int] | None:
        """Find the joint that is seen at a place (x, y) pixels: key and index, as `items.pick`."""
        pane = self._at(place)
        if pane is None:
            return None
        inside = (place[0] - pane.picture.x, place[1] - pane.picture.y)
        return pick(pane.items, self._seconds, pane.camera(self.anchor), inside)

    @property
    def chosen(self) -> int | None:
        """Which view is marked as the active one; None where all show the same side."""
        return None if self.linked or len(self.shown) == 1 else self.shown.index(self.active)

    # Fitting

    def fit(self) -> None:
        """Fit the active view, and those that are linked to it."""
        self._fit([self.active])

    def fit_again(self) -> None:
        """Fit the views whose camera has not been moved since."""
        fitted = [pane for pane in self.shown if pane.fitted]
        if fitted:
            self._fit(fitted)

    def fit_all(self) -> None:
        """Fit every view, also those that have been moved and those that are not shown now."""
        for pane in self._all:
            pane.fitted = True
        self.fit_again()

    def _fit(self, panes: Sequence[Pane]) -> None:
        """Turn these views, and those that are linked to them, so that everybody of all views would be in them."""
        points = known_points(self._extents())
        for pane in [self.active] if self.linked else panes:
            self._turn(pane, self._fitted(pane, points))
            for other in self.shown if self.linked else [pane]:
                other.fitted = True

    def _extents(self) -> list[Float]:
        """Collect the extents of all shown items, relative to the path while it is followed."""
        items = [item for pane in self.shown for item in pane.items if item.shown]
        return [self._extent(item) if self.following else item.extent().points for item in items]

    def _extent(self, item: Item) -> Float:
        """Return an item's extent (K, N, 3) relative to the path."""
        times, points = item.extent()
        beside = points - self._path.at(times)[:, None]
        return beside[np.linalg.norm(beside, axis=-1).min(1) < NEAR_M] if item.aside else beside

    def _fitted(self, pane: Pane, points: Float) -> Orbit:
        """Fit all points into the view and, if that costs little of their size, none of them behind the legend."""
        near = pane.orbit.fit(points, pane.picture.size)
        if len(self.shown) > 1:  # the pictures begin below the legends
            return near
        right, bottom = self._covered()
        pixels, _ = near.camera(pane.picture.size).project(points)
        if not (pixels < (right + self._spare, bottom + self._spare)).all(-1).any():
            return near
        clear = pane.orbit.fit(points, pane.picture.size, head=bottom)
        return clear if clear.distance < FARTHER * near.distance else near

    # Inside

    def _at(self, place: tuple[float, float]) -> Pane | None:
        return next((pane for pane in self.shown if pane.box.holds(place)), None)

    def _make(self, count: int) -> None:
        while len(self._all) < count:
            self._all.append(Pane(orbit=self.active.orbit, fitted=self.active.fitted))

    def _turn(self, pane: Pane, orbit: Orbit) -> None:
        """Give a view, and all that are linked to it, another camera."""
        changed = [other for other in (self.shown if self.linked else [pane]) if other.orbit != orbit]
        for other in changed:
            other.orbit, other.fitted = orbit, False
        if changed:
            self.seen_anew.emit()
        if self.active in changed:
            self.turned.emit(orbit)

    def _link(self) -> None:
        for pane in self.shown:
            pane.orbit, pane.fitted = self.active.orbit, self.active.fitted
