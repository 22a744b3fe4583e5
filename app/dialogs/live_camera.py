"""Live camera: the people in its pictures, and what models make of one of them, or of each."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QWidget

from app.dialogs.camera_form import CameraForm
from app.dialogs.live_pace import PacedWindow
from app.docks.panel import Panel
from app.look.theme import THEMES, model_colour
from app.present.live import camera_figures, labels_of
from app.present.reprojection import reprojected
from app.widgets.picture_view import Overlay, PictureView
from app.workers.live import StartLive
from engine.live.camera_feed import CameraFeed
from engine.live.feeds.cameras.opening import SYNTHETIC
from engine.live.frame import Found
from engine.live.joints import JointsOf
from engine.live.tick import Tick
from engine.models.defaults import LIVE
from engine.motion.pose import ClassScores
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

PICTURE_MS, SILENT_S = 3, 0.1
"""How often it is asked for a newer picture; after so long without one, people are drawn in 3D without waiting."""
SURE = 0.3
"""Least confidence of a keypoint that is drawn."""


class LiveCameraWindow(PacedWindow):
    """Watches from Start until Stop. A click on somebody in the picture follows that one.

    Where everybody is followed, it chooses whose curves are drawn.
    """

    TITLE, REMEMBERED, OBSERVES = "Live camera", "live camera", "keypoints"
    EMPTY = "Press Start"
    SIZE = QSize(1320, 760)

    @property
    def feed(self) -> CameraFeed | None:
        """Of the run that goes on, or of the last one."""
        return None if self._started is None else self._started.camera

    def fill_panel(self, panel: Panel) -> None:
        self.models.choose([LIVE])
        self.form = self.camera = CameraForm()
        panel.column.addWidget(self.camera)
        self.add_pace(panel)

    def views(self) -> tuple[QWidget, ...]:
        self.picture = PictureView(
            "The camera's picture, with what is found in it.\nTwo people? Set People to 2, and click on whom to follow."
        )
        self.picture.picked.connect(self._follow)
        self._pictured, self._pictured_at = -1, 0.0
        self._newest: tuple[object, ...] = ()
        self._chosen: int | None = None
        self._joints: dict[tuple[int, int | None], JointsOf] = {}
        self._picturing, self._behind = QTimer(self, interval=PICTURE_MS), QTimer(self, singleShot=True)
        self._behind.timeout.connect(self._draw_people)
        self._picturing.timeout.connect(self._show_picture)
        return self.picture, self.stage

    def opened(self) -> None:
        if not self.bar.running:
            self.camera.find_cameras()

    def knows_truth(self, job: StartLive) -> bool:
        return job.experiment.camera.where.startswith(SYNTHETIC)

    def _dress(self, name: str) -> None:
        super()._dress(name)
        self.picture.set_theme(THEMES[name])

    def _follow(self, x: float, y: float) -> None:
        if self.feed is not None:
            self.feed.observer.follow.choose(x, y)

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        self._picturing.start() if running else self._picturing.stop()

    def _show_picture(self) -> None:
        """Show the newest picture that was answered. People in 3D take longer; they follow, before the next one."""
        feed, run = self.feed, self.run
        if feed is None or run is None or feed.latest is None:
            return
        ticks = [track.everybody for track in run.tracks]
        newest = (feed.latest, *(tick for of in ticks for tick in of))
        if newest == self._newest:
            return
        self._newest = newest
        answered = max((tick.found for of in ticks for tick in of if tick.found), key=_number, default=feed.latest)
        # of pictures in which nobody is found, there are no ticks
        shown = answered if feed.in_view else feed.latest
        if shown.frame.number != self._pictured:
            self._pictured, self._pictured_at = shown.frame.number, time.perf_counter()
            overlays = [*self._people(shown, ticks), *self._predictions(shown, ticks)]
            size = "{} × {}".format(*shown.frame.size)
            labels = "" if feed.observer.each else labels_of([tick for of in ticks for tick in of])
            self.picture.show_picture(shown.frame.picture, overlays, labels or feed.source.name, size)
            self.picture.repaint()
            self._behind.start(0)
            self._begin_curves_of(shown.chosen if feed.observer.each else None)

    def _show_people(self) -> None:
        """After a picture; by themselves where none comes."""
        if time.perf_counter() > self._pictured_at + SILENT_S:
            self._draw_people()

    def _begin_curves_of(self, person: int | None) -> None:
        """Of another person than those before."""
        if person not in (None, self._chosen) and self.run is not None:
            self._chosen = person
            self.curves.set_names([track.name for track in self.run.tracks])
            self.figures.forget()

    def _people(self, found: Found, ticks: list[tuple[Tick, ...]]) -> list[Overlay]:
        assert self.feed is not None
        skeleton = self.feed.detector.skeleton
        if skeleton is None:
            return []
        each = self.feed.observer.each
        return [
            Overlay(
                person.xy,
                person.confidence >= SURE,
                skeleton.bones,
                None if each or k == found.followed else "#9aa0aa",
                self._name(found, k, ticks) if each else followed_of(found, k),
            )
            for k, person in enumerate(found.people)
        ]

    def _name(self, found: Found, which: int, ticks: list[tuple[Tick, ...]]) -> str:
        """The number of one of everybody, as it stands in the 3D view, and labels."""
        id_ = found.ids[which]
        labels = labels_of([tick for of in ticks for tick in of if tick.person == id_])
        return " · ".join(filter(None, (f"{id_}", "chosen" if id_ == found.chosen else "", labels)))

    def _predictions(self, found: Found, ticks: list[tuple[Tick, ...]]) -> list[Overlay]:
        """Of the models that have answered this picture."""
        overlays, of_each = [], {}
        for number, tick in ((number, tick) for number, of in enumerate(ticks) for tick in of):
            whose = number, tick.person  # somebody else's body would be shaped anew
            of_each[whose] = self._joints.get(whose) or JointsOf()
            if tick.found is not found or not isinstance(tick.observation, Keypoints2D):
                continue
            given = tick.prediction
            pose = given if isinstance(given, ClassScores) else of_each[whose].push(given)
            xy = reprojected(pose, tick.observation, tick.camera)
            if xy is not None:
                overlays.append(Overlay.of_model(xy, H36M_17.bones, model_colour(number)))
        self._joints = of_each
        return overlays

    def _say(self) -> None:
        super()._say()
        if self.feed is not None and self.run is not None:
            self.counts.setText(camera_figures(self.run, self.feed))


def followed_of(found: Found, which: int) -> str:
    """What is written at one of the people where one is followed."""
    return "" if len(found.people) == 1 or which != found.followed else "followed"


def _number(found: Found) -> int:
    return found.frame.number
