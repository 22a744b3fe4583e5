"""Several live cameras: what each sees, the person in space by models of views, what a blind or turned one costs."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from app.dialogs.live_pace import PacedWindow
from app.dialogs.live_rig_form import LiveRigForm
from app.dialogs.live_rig_pictures import LiveRigPictures
from app.dialogs.live_window import PAUSE
from app.docks.panel import Panel
from app.look.theme import THEMES
from app.present.live_rig import RigSights, camera_figures, rig_figures
from app.present.rig_items import COLOUR, Cameras
from app.view3d.frusta import Frusta
from app.workers.live import Started, StartLive
from engine.cameras.pinhole import Camera
from engine.errors import InputError
from engine.experiment.settings import Experiment, Viewpoint
from engine.live.feeds.cameras.opening import SYNTHETIC
from engine.live.rig.feed import RigFeed
from engine.models.defaults import OF_VIEWS


class LiveRigWindow(PacedWindow):
    """Watches from Start until Stop. Cameras stay blind, late or turned, by their names, from one run to the next."""

    TITLE, REMEMBERED, OBSERVES = "Several live cameras", "several live cameras", "views"
    EMPTY = "Press Start"
    SIZE = QSize(1500, 860)

    @property
    def feed(self) -> RigFeed | None:
        """Of the run that goes on, or of the last one."""
        return None if self.run is None or not isinstance(self.run.feed, RigFeed) else self.run.feed

    def start(self) -> None:
        try:
            self.rig.check()
        except InputError as error:
            self.bar.set_progress(1.0, str(error))
        else:
            super().start()

    def experiment(self) -> Experiment:
        return super().experiment().model_copy(update={"viewpoint": Viewpoint(rig=self.rig.rig())})

    def show_experiment(self, experiment: Experiment, said: str = "") -> None:
        self.rig.show_rig(experiment.viewpoint.rig)
        super().show_experiment(experiment, said)

    def fill_panel(self, panel: Panel) -> None:
        self.models.choose(OF_VIEWS)
        self.form = self.rig = LiveRigForm(self._preferences)
        panel.column.addWidget(self.rig)
        self.add_pace(panel)

    def views(self) -> tuple[QWidget, ...]:
        self.pictures = LiveRigPictures(
            "Every camera's picture, with what is found in it and where the models' joints would be seen.\n"
            "The tick above a picture blinds that camera, the fields beside it turn it or make it late."
        )
        self.pictures.changed.connect(self._set_cameras)
        self._sights: RigSights | None = None
        self._stand: list[Camera] = []  # as models are told
        views = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for part, share in ((self.pictures, 3), (self.stage, 2)):
            views.addWidget(part)
            views.setStretchFactor(views.count() - 1, share)
        views.setSizes([600, 400])
        return (views,)

    def settings(self) -> dict[str, str]:
        return {one.camera.name: one.said() for one in self.pictures.cameras} | super().settings()

    def knows_truth(self, job: StartLive) -> bool:
        return job.experiment.camera.where.startswith(SYNTHETIC)

    def _dress(self, name: str) -> None:
        super()._dress(name)
        self.pictures.set_theme(THEMES[name])

    def _on_started(self, job: StartLive, started: Started) -> None:
        super()._on_started(job, started)
        feed = self.feed
        if started is not self._started or feed is None:
            return
        cameras = [view.camera for view in feed.views]
        self.pictures.set_cameras(cameras)
        self._sights, self._stand = RigSights(started.run, feed), cameras
        self._set_cameras()
        self.stage.set_around([Cameras("cameras", f"{len(cameras)} cameras", Frusta(self._stand), colour=COLOUR)])
        self.bar.note.setText(f"Assumed: {started.notes[0]}" if started.notes else "")
        self.bar.note.setToolTip("\n".join(started.notes))

    def _set_cameras(self) -> None:
        """Who is blind, late or turned is so from the next moment on."""
        if self.feed is not None:
            for view, picture in zip(self.feed.views, self.pictures.cameras, strict=True):
                view.blind, view.late_s = not picture.tick.isChecked(), picture.late.value() / 1e3
                view.turned_deg = float(picture.turned.value())
            self._stand[:] = [view.turned for view in self.feed.views]

    def _show_people(self) -> None:
        """Pictures and people of one moment, after a rest: the models come first."""
        if self._sights is None:
            return
        self._sights.look()
        begun = time.perf_counter()
        if begun < self._rested or not self._sights.news:
            return
        for picture, sight in zip(self.pictures.cameras, self._sights.sights(), strict=True):
            picture.show_sight(sight)
            picture.repaint()
        self._draw_people()
        self._rested = time.perf_counter() + PAUSE * (time.perf_counter() - begun)

    def _end(self) -> None:
        self._rested = 0.0
        self._show_people()
        super()._end()

    def _say(self) -> None:
        super()._say()
        if self.run is not None and self.feed is not None and self._sights is not None:
            self.counts.setText(rig_figures(self.run, self.feed))
            figures = camera_figures(self.feed, self._sights.pixels)
            for picture, (short, tip) in zip(self.pictures.cameras, figures, strict=True):
                picture.say(short, tip)
