"""Live camera: the people in its pictures, and what models make of one of them."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QWidget

from app.dialogs.camera_form import CameraForm
from app.dialogs.live_delta import DeltaPanel
from app.dialogs.live_window import LiveWindow
from app.docks.panel import Panel
from app.look.theme import THEMES, model_colour
from app.present.live import camera_figures, labels_of
from app.present.reprojection import reprojected
from app.widgets.picture_view import Overlay, PictureView
from app.workers.live import StartLive
from engine.experiment.settings import Experiment
from engine.live.camera_feed import CameraFeed
from engine.live.feeds.cameras.opening import SYNTHETIC
from engine.live.frame import Found
from engine.live.joints import JointsOf
from engine.live.tick import Tick
from engine.motion.pose import ClassScores
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

LIVE_MODEL = "hummuss_small_anyrate_causal"
PICTURE_MS = 8
SURE = 0.3
"""Least confidence of a keypoint that is drawn."""


class LiveCameraWindow(LiveWindow):
    """Watches from Start until Stop. A click on somebody in the picture follows that one."""

    TITLE, REMEMBERED, OBSERVES = "Live camera", "live camera", "keypoints"
    EMPTY = "Press Start"
    SIZE = QSize(1320, 760)

    @property
    def feed(self) -> CameraFeed | None:
        """Of the run that goes on, or of the last one."""
        return None if self._started is None else self._started.camera

    def experiment(self) -> Experiment:
        return super().experiment().model_copy(update={"rate": self.delta.policy()})

    def show_experiment(self, experiment: Experiment, said: str = "") -> None:
        self.delta.show_policy(experiment.rate)
        super().show_experiment(experiment, said)

    def fill_panel(self, panel: Panel) -> None:
        self.models.choose([LIVE_MODEL])
        self.form = self.camera = CameraForm()
        self.delta = DeltaPanel()
        self.delta.changed.connect(self._set_delta)
        panel.column.addWidget(self.camera)
        panel.column.addWidget(self.stresses.rate)
        panel.column.addWidget(self.delta)

    def views(self) -> tuple[QWidget, ...]:
        self.picture = PictureView(
            "The camera's picture, with what is found in it.\nTwo people? Set People to 2, and click on whom to follow."
        )
        self.picture.picked.connect(self._follow)
        self._pictured = -1
        self._joints: defaultdict[int, JointsOf] = defaultdict(JointsOf)
        self._picturing = QTimer(self, interval=PICTURE_MS)
        self._picturing.timeout.connect(self._show_picture)
        return self.picture, self.stage

    def in_reach(self) -> tuple[QWidget, ...]:
        return self.stresses.rate, self.delta

    def settings(self) -> dict[str, str]:
        return self.delta.said() | super().settings()

    def opened(self) -> None:
        if not self.bar.running:
            self.camera.find_cameras()

    def knows_truth(self, job: StartLive) -> bool:
        return job.experiment.camera.where.startswith(SYNTHETIC)

    def _dress(self, name: str) -> None:
        super()._dress(name)
        self.picture.set_theme(THEMES[name])
        self.delta.set_theme(THEMES[name])

    def _set_delta(self) -> None:
        """Δ acts on the next frame."""
        if self.run is not None:
            policy = self.delta.policy()
            for track in self.run.tracks:
                track.delta.factor = policy.factor
                track.delta.mode = "auto" if policy.mode == "resample" else policy.mode

    def _follow(self, x: float, y: float) -> None:
        if self.feed is not None:
            self.feed.observer.follow.choose(x, y)

    def _set_running(self, running: bool) -> None:
        super()._set_running(running)
        self._picturing.start() if running else self._picturing.stop()

    def _show_picture(self) -> None:
        """Draw the newest picture that was answered; it comes sooner than the 3D view, which takes longer."""
        feed, run = self.feed, self.run
        if feed is None or run is None or feed.latest is None:
            return
        ticks = [track.latest for track in run.tracks]
        answered = max((tick.found for tick in ticks if tick and tick.found), key=_number, default=feed.latest)
        # of pictures in which nobody is found, there are no ticks
        shown = feed.latest if feed.latest.followed is None else answered
        if shown.frame.number != self._pictured:
            self._pictured = shown.frame.number
            overlays = [*self._people(shown), *self._predictions(shown, ticks)]
            size = "{} × {}".format(*shown.frame.size)
            self.picture.show_picture(shown.frame.picture, overlays, labels_of(ticks) or feed.source.name, size)

    def _people(self, found: Found) -> list[Overlay]:
        assert self.feed is not None
        skeleton = self.feed.detector.skeleton
        if skeleton is None:
            return []
        return [
            Overlay(
                person.xy, person.confidence >= SURE, skeleton.bones, None if k == found.followed else "#9aa0aa",
                "" if len(found.people) == 1 or k != found.followed else "followed",
            )
            for k, person in enumerate(found.people)
        ]  # fmt: skip

    def _predictions(self, found: Found, ticks: list[Tick | None]) -> list[Overlay]:
        """Of the models that have answered this picture."""
        overlays = []
        for number, tick in enumerate(ticks):
            if tick is None or tick.found is not found or not isinstance(tick.observation, Keypoints2D):
                continue
            given = tick.prediction
            pose = given if isinstance(given, ClassScores) else self._joints[number].push(given)
            xy = reprojected(pose, tick.observation, tick.camera)
            if xy is not None:
                overlays.append(Overlay.of_model(xy, H36M_17.bones, model_colour(number)))
        return overlays

    def _say(self) -> None:
        super()._say()
        if self.feed is not None and self.run is not None:
            self.counts.setText(camera_figures(self.run, self.feed))


def _number(found: Found) -> int:
    return found.frame.number
