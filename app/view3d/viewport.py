"""One 3D view as a Qt widget: people on a floor, a turntable camera, a legend."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.view3d.actor import Actor, everywhere, nearest_joint
from app.view3d.camera_rig import Orbit, follow_path
from app.view3d.legend import Legend, qcolor
from app.view3d.navigation import Navigation
from app.view3d.scene import MotionScene
from app.view3d.surface import make_surface
from app.view3d.theme import THEMES
from engine.motion.camera import Camera

Float = NDArray[np.float64]
FITTED_FRAMES = 200  # of a clip that are looked at to fit it into the view


class Viewport(QWidget):
    """Shows actors at a frame. Views are linked by connecting one's `camera_changed` to another's `set_orbit`."""

    camera_changed = Signal(object)  # Orbit
    joint_picked = Signal(str, int)  # actor key, joint index
    drawn = Signal(float)  # milliseconds

    def __init__(self, parent: QWidget | None = None, *, surface: str = "auto") -> None:
        """surface: "picture", "window" or "auto" (see app.view3d.surface)."""
        super().__init__(parent)
        self._actors: tuple[Actor, ...] = ()
        self._frame, self._orbit, self._theme = 0, Orbit(), "dark"
        self._path: Float = np.zeros((1, 3))
        self._follow, self._fitted = True, True
        self._moved, self._turned = True, True  # what the scene has not been told yet
        self.last_draw_ms = 0.0
        self._draws: deque[float] = deque(maxlen=240)

        self._surface = make_surface(self, self._prepare, surface)
        self._surface.drawn.connect(self._count)
        self._scene = MotionScene(self._surface.canvas)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._surface.widget)
        self._legend = Legend(self)
        self._empty = QLabel("Drop a motion file here", self, alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._navigation = Navigation(
            self._surface.widget, lambda: self._orbit, self._navigate, self._pick, self.frame_all
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(160, 120)
        self.set_theme(self._theme)

    # What is shown

    def set_actors(self, actors: Sequence[Actor], rate_hz: float = 60.0) -> None:
        """Show these people. The camera follows the first one's root, smoothed at the clip's `rate_hz`."""
        first = not self._actors
        self._actors = tuple(actors)
        self._scene.set_actors(self._actors)
        leader = next((actor for actor in actors if len(actor.positions)), None)
        if leader is not None:
            self._path = follow_path(leader.positions[:, leader.skeleton.root], rate_hz)
        self._show_overlays()
        if first and leader is not None:
            self.frame_all()
        self._refresh()

    def set_frame(self, frame: int) -> None:
        if frame != self._frame:
            self._frame = frame
            self._refresh()

    def set_theme(self, name: str) -> None:
        """ "dark" or "light"."""
        self._theme = name
        self._scene.set_theme(name)
        self._empty.setStyleSheet(f"color: {qcolor(THEMES[name].muted).name()}; font-size: 17px;")
        self._show_overlays()
        self._refresh()

    def set_empty_text(self, text: str) -> None:
        """What stands in the middle while nobody is shown."""
        self._empty.setText(text)

    # Where it is seen from

    @property
    def orbit(self) -> Orbit:
        """Plain values of the camera; while it follows the person, the target is relative to the followed path."""
        return self._orbit

    def set_orbit(self, orbit: Orbit) -> None:
        if orbit != self._orbit:
            self._orbit, self._fitted = orbit, False
            self._refresh(camera=True)
            self.camera_changed.emit(orbit)

    def set_preset(self, name: str) -> None:
        """One of camera_rig.PRESETS, with everybody in the view."""
        self.set_orbit(self._orbit.preset(name))
        self.frame_all()

    def frame_all(self) -> None:
        """As near as everybody stays in the view during the whole clip (and again when the view changes its size)."""
        self.set_orbit(self._orbit.fit(self._extent(), self._size()))
        self._fitted = True

    @property
    def following(self) -> bool:
        return self._follow

    def set_follow(self, follow: bool) -> None:
        """Move along with the person, or stand still where the camera is now."""
        if follow != self._follow:
            before = self._anchor()
            self._follow = follow
            self.set_orbit(self._orbit.moved(before - self._anchor()))

    def camera(self) -> Camera:
        """This view at this frame as a pinhole camera, for a picture of the widget's size."""
        return self._orbit.moved(self._anchor()).camera(self._size())

    def set_camera(self, camera: Camera) -> None:
        """See the scene from (nearly, see `Orbit.from_camera`) where a camera stands."""
        points = everywhere(actor.at(self._frame)[None] for actor in self._actors if actor.shown)
        look_at = points.mean(0) if len(points) else np.zeros(3)
        self.set_orbit(Orbit.from_camera(camera, look_at).moved(-self._anchor()))

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
        """Tell the scene what has changed since the last picture."""
        if self._moved:
            self._scene.set_frame(self._frame)
        if self._moved or self._turned:
            orbit = self._orbit.moved(self._anchor())
            self._scene.set_camera(orbit.camera(self._size()), orbit.target)
        self._moved = self._turned = False

    def _anchor(self) -> Float:
        return np.asarray(self._path[min(self._frame, len(self._path) - 1)]) if self._follow else np.zeros(3)

    def _extent(self) -> Float:
        """(N, 3) metres, everybody in the clip, seen from the camera's path where it follows."""
        points = []
        for actor in self._actors:
            if actor.shown:
                frames = np.arange(len(actor.positions))[:: max(1, len(actor.positions) // FITTED_FRAMES)]
                path = self._path[np.minimum(frames, len(self._path) - 1)]
                points.append(actor.positions[frames] - (path[:, None] if self._follow else 0.0))
        return everywhere(points)

    def _size(self) -> tuple[int, int]:
        return max(self.width(), 1), max(self.height(), 1)

    def _navigate(self, orbit: Orbit) -> None:
        self.set_orbit(orbit)

    def _pick(self, place: tuple[float, float]) -> None:
        found = nearest_joint(self._actors, self._frame, self.camera(), place)
        if found is not None:
            self.joint_picked.emit(*found)

    def _show_overlays(self) -> None:
        self._legend.show_actors(self._actors, THEMES[self._theme])
        self._empty.setVisible(not any(actor.shown for actor in self._actors))

    def _count(self, milliseconds: float) -> None:
        self.last_draw_ms = milliseconds
        self._draws.append(time.monotonic())
        self.drawn.emit(milliseconds)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._empty.setGeometry(self.rect())
        if self._fitted and self._actors:
            self.frame_all()
        self._refresh(camera=True)
