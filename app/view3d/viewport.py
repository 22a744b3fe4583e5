"""The 3D view as a Qt widget: items on a floor, turntable cameras, legends; one view, or several in a grid."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.view3d.camera_rig import Orbit
from app.view3d.items import Item
from app.view3d.legend import HEADROOM, INSET, qcolor
from app.view3d.names import Names
from app.view3d.navigation import Navigation
from app.view3d.panes import Panes
from app.view3d.scenes import Scenes
from app.view3d.surface import make_surface
from app.view3d.theme import THEMES
from engine.cameras.pinhole import Camera


class Viewport(QWidget):
    """Shows items at a moment.

    Several views (`set_views`) share the moment and the path that their cameras follow. What is asked of the camera is
    asked of the view that was touched last, and of those that are linked to it (see `panes.Panes`).
    """

    camera_changed = Signal(object)  # Orbit
    joint_picked = Signal(str, int)  # item key, index of its point
    emptiness_clicked = Signal()
    joint_hovered = Signal(str, int)  # as joint_picked; -1 where the mouse has left it
    drawn = Signal(float)  # milliseconds
    arranged = Signal()  # the views have new places

    def __init__(self, parent: QWidget | None = None, *, surface: str = "auto") -> None:
        """surface: "picture", "window" or "auto" (see app.view3d.surface)."""
        super().__init__(parent)
        self._named = Names(self)
        self._panes = Panes(self._named.covered, INSET)
        self._hovered: tuple[str, int] | None = None
        self._seconds, self._theme = 0.0, "dark"
        self._moved, self._turned = True, True  # what the scenes have not been told yet
        self.last_draw_ms = 0.0
        self._draws: deque[float] = deque(maxlen=240)

        self._surface = make_surface(self, self._prepare, surface)
        self._surface.drawn.connect(self._count)
        self._scenes = Scenes(self._surface.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._surface.widget)
        for legend in self._named.legends:
            legend.raise_()
        self._empty = QLabel("", self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._navigation = Navigation(self._surface.widget, self)
        self._panes.seen_anew.connect(lambda: self._refresh(camera=True))
        self._panes.turned.connect(self.camera_changed.emit)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(160, 120)
        self.set_theme(self._theme)

    # What is shown

    def set_items(self, items: Sequence[Item]) -> None:
        """Show these in one view."""
        self.set_views([items])

    def set_views(self, views: Sequence[Sequence[Item]]) -> None:
        """Show these, each group in a view of its own.

        The cameras follow the ground truth or, without one, the first item that can be followed.
        """
        before = [bool(pane.items) for pane in self._panes.shown]
        self._panes.fill(views)
        self._scenes.set_views(self.views)
        self._arrange()
        if any(map(len, views)) and before != [True] * len(views):  # somebody comes, or the views changed their size
            self.fit_again()
        self._refresh()

    @property
    def views(self) -> tuple[tuple[Item, ...], ...]:
        """The items of each view."""
        return tuple(pane.items for pane in self._panes.shown)

    def set_time(self, seconds: float) -> None:
        """Show another moment: every item answers for it by itself."""
        if seconds != self._seconds:
            self._seconds = seconds
            self._panes.set_time(seconds)
            self._refresh()

    def set_theme(self, name: str) -> None:
        """Change to "dark" or "light"."""
        self._theme = name
        self._scenes.set_theme(name)
        self._empty.setStyleSheet(f"color: {qcolor(THEMES[name].muted).name()}; font-size: 17px;")
        self._arrange()
        self._refresh()

    def set_empty_text(self, text: str) -> None:
        """Say this in the middle while nothing is shown."""
        self._empty.setText(text)

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these beside the labels, by the items' keys: their errors at this moment, for instance."""
        self._named.set_notes(notes)

    def set_letters(self, scale: float) -> None:
        """Write legends and name tags larger, for people who sit far away."""
        self._named.letters = scale
        self._arrange()
        self._refresh()

    def set_tagged(self, tagged: bool) -> None:
        """Name people over their heads instead of in the legend, where they stand beside each other in one view."""
        if tagged != self._named.tagged:
            self._named.tagged = tagged
            self._arrange()

    # Where it is seen from

    @property
    def orbit(self) -> Orbit:
        """Plain values of the camera; while it follows the person, the target is relative to the followed path."""
        return self._panes.active.orbit

    @property
    def orbits(self) -> tuple[Orbit, ...]:
        """Of every view."""
        return tuple(pane.orbit for pane in self._panes.shown)

    def set_orbit(self, orbit: Orbit) -> None:
        self._panes.set_orbit(orbit)

    def set_orbits(self, orbits: Sequence[Orbit]) -> None:
        """Turn every view, also those that are not shown yet."""
        self._panes.set_orbits(orbits)

    def set_preset(self, name: str) -> None:
        """Look from one of camera_rig.PRESETS, with everybody in the view."""
        self.set_orbit(self.orbit.preset(name))
        self.frame_all()

    def frame_all(self) -> None:
        """Go as near as everybody stays in view during the whole clip, and again when the view changes its size."""
        self._panes.fit()

    def fit_again(self) -> None:
        """Frame again the views whose camera has not been moved since."""
        self._panes.fit_again()

    def frame_anew(self) -> None:
        """Frame every view, as at the first time: somebody else is shown."""
        self._panes.fit_all()

    @property
    def linked(self) -> bool:
        return self._panes.linked

    def set_linked(self, linked: bool) -> None:
        """Let all views share the camera of the view that was touched last, or turn each by itself."""
        if linked != self.linked:
            self._panes.set_linked(linked)
            self._scenes.set_chosen(self._panes.chosen)
            self._refresh(camera=True)

    @property
    def following(self) -> bool:
        return self._panes.following

    def set_follow(self, follow: bool) -> None:
        """Move along with the person, or stand still where the camera is now."""
        self._panes.set_following(follow)

    def camera(self) -> Camera:
        """Return the view that was touched last as a pinhole camera at this moment, for a picture of its size."""
        return self._panes.camera()

    def cameras(self) -> tuple[Camera, ...]:
        """Return the camera of every view at this moment."""
        return self._panes.cameras()

    def set_camera(self, camera: Camera) -> None:
        """See the scene from (nearly, see `Orbit.from_camera`) where a camera stands."""
        self._panes.set_camera(camera)

    # The mouse (see `navigation.Steered`)

    @property
    def view_size(self) -> tuple[int, int]:
        return self._panes.active.picture.size

    def take(self, place: tuple[float, float]) -> None:
        """Steer the view at a place (x, y) pixels from now on."""
        if self._panes.activate(place):
            self._scenes.set_chosen(self._panes.chosen)
            self._refresh(camera=True)

    def click(self, place: tuple[float, float]) -> None:
        """Pick the joint that is seen there; beside all of them, tell that, too."""
        found = self._panes.joint_at(place)
        if found is None:
            self.emptiness_clicked.emit()
        else:
            self.joint_picked.emit(*found)

    def hover(self, place: tuple[float, float]) -> None:
        """Tell which joint the mouse is over, when that changes."""
        found = self._panes.joint_at(place)
        if found != self._hovered:
            self._hovered = found
            self.joint_hovered.emit(*(found or ("", -1)))

    # What it costs

    def draw(self) -> None:
        """Draw what has changed now, not together with everything else that is painted."""
        self._surface.draw()

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
        self._named.tags.place(self._panes.camera(), self._seconds)
        self._surface.refresh()

    def _prepare(self) -> None:
        """Tell the scenes what has changed since the last picture."""
        if self._moved:
            self._scenes.set_time(self._seconds)
        if self._moved or self._turned:
            ratio = self._surface.canvas.size[0] / max(self._surface.widget.width(), 1)
            self._scenes.place(((pane.box, pane.picture) for pane in self._panes.shown), ratio)
            self._scenes.set_cameras(zip(self._panes.cameras(), self._panes.centres(), strict=True))
        self._moved = self._turned = False

    def _arrange(self) -> None:
        """Give every view its place, and its legend."""
        size = (max(self.width(), 1), max(self.height(), 1))
        self._panes.arrange(size, lambda height: round(HEADROOM * self._named.scale(height)))
        self._named.show(self._panes.shown, THEMES[self._theme])
        self._empty.setGeometry(self.rect())
        self._empty.setVisible(not any(item.shown for items in self.views for item in items))
        self._scenes.set_chosen(self._panes.chosen)
        self.arranged.emit()

    def _count(self, milliseconds: float) -> None:
        self.last_draw_ms = milliseconds
        self._draws.append(time.monotonic())
        self.drawn.emit(milliseconds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if any(self.views):
            self.fit_again()
        self._refresh(camera=True)
