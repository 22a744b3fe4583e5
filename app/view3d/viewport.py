"""The 3D view as a Qt widget: people on a floor, turntable cameras, legends; one view, or several in a grid."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.view3d.actor import Actor, everywhere, nearest_joint
from app.view3d.camera_rig import Orbit, follow_path
from app.view3d.grid import arrange
from app.view3d.legend import HEADROOM, INSET, Legend, inset_of, legend_scale, named, qcolor
from app.view3d.navigation import Navigation
from app.view3d.pane import Pane
from app.view3d.scenes import Scenes
from app.view3d.surface import make_surface
from app.view3d.theme import THEMES
from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]

FARTHER = 1.25
"""How much farther from the people the camera goes at most to see them beside their legend."""


class Viewport(QWidget):
    """Shows actors at a frame.

    Several views (`set_views`) share the frame and the path that their cameras follow. Linked, they share the camera
    too; unlinked, each is turned by itself, and what is asked of the camera is asked of the view that was touched last.
    """

    camera_changed = Signal(object)  # Orbit
    joint_picked = Signal(str, int)  # actor key, joint index
    drawn = Signal(float)  # milliseconds
    arranged = Signal()  # the views have new places

    def __init__(self, parent: QWidget | None = None, *, surface: str = "auto") -> None:
        """surface: "picture", "window" or "auto" (see app.view3d.surface)."""
        super().__init__(parent)
        self._all_panes, self._legends = [Pane()], [Legend(self)]  # those that are not shown now keep their cameras
        self._panes, self._active = self._all_panes[:1], self._all_panes[0]
        self._linked = True
        self._frame, self._theme = 0, "dark"
        self._path: Float = np.zeros((1, 3))
        self._follow = True
        self._moved, self._turned = True, True  # what the scenes have not been told yet
        self.last_draw_ms = 0.0
        self._draws: deque[float] = deque(maxlen=240)

        self._surface = make_surface(self, self._prepare, surface)
        self._surface.drawn.connect(self._count)
        self._scenes = Scenes(self._surface.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._surface.widget)
        for legend in self._legends:
            legend.raise_()
        self._empty = QLabel("Drop a motion file here", self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._navigation = Navigation(self._surface.widget, self)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(160, 120)
        self.set_theme(self._theme)

    # What is shown

    def set_actors(self, actors: Sequence[Actor], rate_hz: float = 60.0) -> None:
        """Show these people in one view."""
        self.set_views([actors], rate_hz)

    def set_views(self, views: Sequence[Sequence[Actor]], rate_hz: float = 60.0) -> None:
        """Show these people, each group in a view of its own.

        The cameras follow the ground truth's root, or else the first one's, smoothed at the clip's `rate_hz`.
        """
        before = [bool(pane.actors) for pane in self._panes]
        self._make_panes(len(views))
        self._panes = self._all_panes[: len(views)]
        if self._active not in self._panes:
            self._active = self._panes[0]
        for pane, actors in zip(self._panes, views, strict=True):
            pane.actors = tuple(actors)
        self._scenes.set_views([pane.actors for pane in self._panes])
        people = [actor for actors in views for actor in actors if len(actor.positions)]
        if people:
            leader = next((actor for actor in people if actor.colour is None), people[0])
            self._path = follow_path(leader.positions[:, leader.skeleton.root], rate_hz)
        if self._linked:
            self._link()
        self._arrange()
        if people and before != [True] * len(views):  # somebody comes, or the views have changed their size
            self.fit_again()
        self._refresh()

    @property
    def views(self) -> tuple[tuple[Actor, ...], ...]:
        """Who is in each view."""
        return tuple(pane.actors for pane in self._panes)

    def set_frame(self, frame: int) -> None:
        if frame != self._frame:
            self._frame = frame
            self._refresh()

    def set_theme(self, name: str) -> None:
        """ "dark" or "light"."""
        self._theme = name
        self._scenes.set_theme(name)
        self._empty.setStyleSheet(f"color: {qcolor(THEMES[name].muted).name()}; font-size: 17px;")
        self._arrange()
        self._refresh()

    def set_empty_text(self, text: str) -> None:
        """What stands in the middle while nobody is shown."""
        self._empty.setText(text)

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """What stands beside the labels, by the actors' keys: their errors at this frame, for instance."""
        for legend in self._legends:
            legend.set_notes(notes)

    # Where it is seen from

    @property
    def orbit(self) -> Orbit:
        """Plain values of the camera; while it follows the person, the target is relative to the followed path."""
        return self._active.orbit

    @property
    def orbits(self) -> tuple[Orbit, ...]:
        """Of every view."""
        return tuple(pane.orbit for pane in self._panes)

    def set_orbit(self, orbit: Orbit) -> None:
        """Of the view that was touched last and all that are linked to it."""
        self._turn(self._active, orbit)

    def set_orbits(self, orbits: Sequence[Orbit]) -> None:
        """One for each view, also for those that are not shown yet."""
        self._make_panes(len(orbits))
        for pane, orbit in zip(self._all_panes, orbits, strict=False):
            self._turn(pane, orbit)

    def set_preset(self, name: str) -> None:
        """One of camera_rig.PRESETS, with everybody in the view."""
        self.set_orbit(self.orbit.preset(name))
        self.frame_all()

    def frame_all(self) -> None:
        """As near as everybody stays in the view during the whole clip (and again when the view changes its size)."""
        self._fit([self._active])

    def fit_again(self) -> None:
        """As `frame_all`, the views whose camera has not been moved since."""
        fitted = [pane for pane in self._panes if pane.fitted]
        if fitted:
            self._fit(fitted)

    @property
    def linked(self) -> bool:
        return self._linked

    def set_linked(self, linked: bool) -> None:
        """Whether all views share one camera: that of the view that was touched last."""
        if linked != self._linked:
            self._linked = linked
            if linked:
                self._link()
            self._show_active()
            self._refresh(camera=True)

    @property
    def following(self) -> bool:
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Move along with the person, or stand still where the camera is now."""
        if follow != self._follow:
            before = self._anchor()
            self._follow = follow
            self.set_orbits([orbit.moved(before - self._anchor()) for orbit in self.orbits])

    def camera(self) -> Camera:
        """The view that was touched last at this frame as a pinhole camera, for a picture of its size."""
        return self._active.camera(self._anchor())

    def cameras(self) -> tuple[Camera, ...]:
        """Of every view at this frame."""
        return tuple(pane.camera(self._anchor()) for pane in self._panes)

    def set_camera(self, camera: Camera) -> None:
        """See the scene from (nearly, see `Orbit.from_camera`) where a camera stands."""
        points = everywhere(actor.at(self._frame)[None] for actor in self._active.actors if actor.shown)
        look_at = points.mean(0) if len(points) else np.zeros(3)
        self.set_orbit(Orbit.from_camera(camera, look_at).moved(-self._anchor()))

    # The mouse

    @property
    def view_size(self) -> tuple[int, int]:
        return self._active.picture.size

    def take(self, place: tuple[float, float]) -> None:
        """Steer the view at a place (x, y) pixels from now on."""
        taken = next((pane for pane in self._panes if pane.box.holds(place)), self._active)
        if taken is not self._active:
            self._active = taken
            self._show_active()
            self._refresh(camera=True)

    def click(self, place: tuple[float, float]) -> None:
        """Pick the joint that is seen there."""
        picture = self._active.picture
        inside = (place[0] - picture.x, place[1] - picture.y)
        found = nearest_joint(self._active.actors, self._frame, self.camera(), inside)
        if found is not None:
            self.joint_picked.emit(*found)

    # What it costs

    @property
    def display_fps(self) -> float:
        """Pictures in the last second."""
        now = time.monotonic()
        return float(sum(now - drawn < 1.0 for drawn in self._draws))

    @property
    def renderer(self) -> str:
        """The OpenGL driver's name for what draws."""
        return self._surface.renderer

    # Inside

    def _refresh(self, *, camera: bool = False) -> None:
        self._moved = self._moved or not camera
        self._turned = True
        self._surface.refresh()

    def _prepare(self) -> None:
        """Tell the scenes what has changed since the last picture."""
        if self._moved:
            self._scenes.set_frame(self._frame)
        if self._moved or self._turned:
            anchor = self._anchor()
            ratio = self._surface.canvas.size[0] / max(self._surface.widget.width(), 1)
            self._scenes.place(((pane.box, pane.picture) for pane in self._panes), ratio)
            self._scenes.set_cameras((p.camera(anchor), p.orbit.moved(anchor).target) for p in self._panes)
        self._moved = self._turned = False

    def _anchor(self) -> Float:
        return np.asarray(self._path[min(self._frame, len(self._path) - 1)]) if self._follow else np.zeros(3)

    def _make_panes(self, count: int) -> None:
        while len(self._all_panes) < count:
            self._all_panes.append(Pane(orbit=self._active.orbit, fitted=self._active.fitted))
            self._legends.append(Legend(self))

    def _turn(self, pane: Pane, orbit: Orbit) -> None:
        """Give a view, and all that are linked to it, another camera."""
        changed = [other for other in (self._panes if self._linked else [pane]) if other.orbit != orbit]
        for other in changed:
            other.orbit, other.fitted = orbit, False
        if changed:
            self._refresh(camera=True)
        if self._active in changed:
            self.camera_changed.emit(orbit)

    def _link(self) -> None:
        for pane in self._panes:
            pane.orbit, pane.fitted = self._active.orbit, self._active.fitted

    def _fit(self, panes: Sequence[Pane]) -> None:
        """Turn these views, and those that are linked to them, so that everybody of all views would be in them."""
        path = self._path if self._follow else None
        points = everywhere(points for pane in self._panes for points in pane.extent(path))
        for pane in [self._active] if self._linked else panes:
            self._turn(pane, self._fitted(pane, points))
            for other in self._panes if self._linked else [pane]:
                other.fitted = True

    def _fitted(self, pane: Pane, points: Float) -> Orbit:
        """With all points in the view and, if that costs little of their size, none of them behind the legend."""
        near = pane.orbit.fit(points, pane.picture.size)
        if len(self._panes) > 1:  # the pictures begin below the legends
            return near
        right, bottom = self._legends[0].geometry().bottomRight().toTuple()
        pixels, _ = near.camera(pane.picture.size).project(points)
        if not (pixels < (right + INSET, bottom + INSET)).all(-1).any():
            return near
        clear = pane.orbit.fit(points, pane.picture.size, head=bottom)
        return clear if clear.distance < FARTHER * near.distance else near

    def _arrange(self) -> None:
        """Give every view its place, and its legend."""
        size = (max(self.width(), 1), max(self.height(), 1))
        for pane, box in zip(self._panes, arrange(len(self._panes), size), strict=True):
            pane.box = box
            pane.picture = box.below(round(HEADROOM * legend_scale(box.height))) if len(self._panes) > 1 else box
        theme, (across, down) = THEMES[self._theme], map(round, inset_of(len(self._panes)))
        lines = named([pane.actors for pane in self._panes])
        for k, legend in enumerate(self._legends):
            legend.show_actors(lines[k] if k < len(lines) else (), theme)
        for pane, legend in zip(self._panes, self._legends, strict=False):
            legend.move(pane.box.x + across, pane.box.y + down)
            legend.fit(pane.box.width - 2 * across, legend_scale(pane.box.height))
        self._empty.setGeometry(self.rect())
        self._empty.setVisible(not any(actor.shown for pane in self._panes for actor in pane.actors))
        self._show_active()
        self.arranged.emit()

    def _show_active(self) -> None:
        alone = self._linked or len(self._panes) == 1
        self._scenes.set_chosen(None if alone else self._panes.index(self._active))

    def _count(self, milliseconds: float) -> None:
        self.last_draw_ms = milliseconds
        self._draws.append(time.monotonic())
        self.drawn.emit(milliseconds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if any(pane.actors for pane in self._panes):
            self.fit_again()
        self._refresh(camera=True)
