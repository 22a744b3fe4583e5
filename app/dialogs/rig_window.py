"""Several cameras: a person in their videos or keypoints by every model, and figures without a truth or with one."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.dialogs.rig_film import RigFilm
from app.dialogs.rig_form import RigForm
from app.dialogs.rig_pictures import RigPictures
from app.dialogs.rig_scene import scene_items
from app.dialogs.run_tool import RunTool
from app.docks.panel import hint, tipped
from app.look.theme import SPACE, THEMES
from app.present.rig_found import RigFound, camera_table, model_table, said_of
from app.present.wording import clock_text
from app.state.moment import due, span
from app.state.preferences import Preferences
from app.state.state import State
from app.view3d.viewport import Viewport
from app.widgets.figure_table import FigureTable
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.widgets.seek_bar import SeekBar
from app.widgets.sliders import label
from app.workers.bridge import Bridge, OpenJob
from app.workers.inference import Priority
from app.workers.rig import MotionJob, PicturesJob, RigChoice, RigJob
from engine.cameras.video_file import Picture
from engine.export.motion.formats import FORMATS

REMEMBERED, WHAT = "several cameras", "Several cameras"
SELDOM = ("AP75", "AP125")
"""Columns that are shown when they are asked for."""
PLAY_MS, PAUSE = 33, 1.5
"""Between two pictures of a film, and how many times as long as the 3D view takes to draw."""
EMPTY = (
    "Drop a calibration file here, and a folder with a video or with keypoints for each camera.\n"
    "Every camera's picture then stands here with the keypoints and the models' poses over it."
)


class RigWindow(RunTool):
    """A tick above a picture runs again."""

    form: RigForm

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(bridge, parent, WHAT, QSize(1500, 860))
        self._state, self._preferences = state, preferences
        self._served = bridge.inference.models(Priority.TOOL)
        self._film = RigFilm(bridge, self)
        self._job: RigJob | None = None
        self.found: RigFound | None = None
        self.seconds = 0.0
        self._make()
        self._worker.report_to(
            done=self._on_done, failed=self._on_failed, part=self._on_part, cancelled=self._on_stopped,
            progress=self.bar.set_progress, busy=self.bar.set_running,
        )  # fmt: skip
        self._writer = bridge.worker("motion of several cameras")
        self._writer.report_to(done=self._on_written, failed=self._on_not_written)
        self._film.pictured.connect(self._on_pictures)
        self._film.failed.connect(self._on_no_pictures)
        self._film.uncopied.connect(self.bar.note.setText)
        state.view.events.theme.connect(self._dress)
        self._recall()
        self._dress(state.view.theme)
        self._show_found()

    # -- parts ----------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.form = RigForm(self._preferences)
        self.pictures, self.stage = RigPictures(EMPTY), Viewport()
        self.stage.set_follow(False)
        self.pictures.ticked.connect(self._run_again)
        views = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for part, stretch in ((self.pictures, 2), (self.stage, 1)):
            views.addWidget(part)
            views.setStretchFactor(views.count() - 1, stretch)
        views.setSizes([640, 320])
        self.cameras, self.models = FigureTable(), FigureTable(hidden=SELDOM)
        self.tables = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        for table, name in ((self.cameras, "Figures of the cameras"), (self.models, "Figures of the models")):
            table.setAccessibleName(name)
            self.tables.addWidget(table)
        self.tables.setSizes([560, 400])
        self.tables.setHandleWidth(2 * SPACE)
        self.said = hint("")
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addWidget(views, 1)
        right.addLayout(self._make_timeline())
        right.addWidget(self.tables)
        right.addWidget(self.said)
        self.bar = RunBar(self._state, "Run", "Find the person in every camera, and run the models")
        self.open = tipped(QPushButton("Open the motion …"), "Write the first model's motion, and open it as a clip")
        self.arrange(self.form, right, self.open)
        self.bar.run.connect(self.run)
        self.open.clicked.connect(self._ask_open)
        self.form.changed.connect(self._allow)

    def _make_timeline(self) -> QHBoxLayout:
        self.play = tipped(QPushButton("Play"), "Play, or stand still")
        self.play.setCheckable(True)
        self.play.setMinimumWidth(72)
        self.bar_of_time, self.clock = SeekBar(), label("", "muted")
        self.clock.setMinimumWidth(64)
        row = QHBoxLayout()
        row.addWidget(self.play)
        row.addWidget(self.bar_of_time, 1)
        row.addWidget(self.clock)
        row.addWidget(self._film.copying)
        self._playing = QTimer(self, interval=PLAY_MS)
        self._playing.timeout.connect(self._tick)
        self._from = (0.0, 0.0)  # seconds of the recording, and of the clock
        self.play.toggled.connect(self._set_playing)
        self.bar_of_time.sought.connect(self._sought)
        return row

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.stage.set_theme(name)
        for part in (self.pictures, self.bar_of_time, self.cameras, self.models):
            part.set_theme(theme)

    # -- what is chosen -------------------------------------------------------------------------------------

    def _recall(self) -> None:
        with suppress(ValidationError):
            self.form.show_choice(RigChoice.model_validate_json(self._preferences.text(REMEMBERED)))

    def closed(self) -> None:
        self.play.setChecked(False)
        self._worker.cancel()
        self._film.stop()
        self._preferences.set_text(REMEMBERED, self.form.choice().model_dump_json())

    def _allow(self) -> None:
        choice = self.form.choice()
        there = choice.recorded or (choice.calibration and choice.folder)
        self.bar.button.setEnabled(self.bar.running or bool(there and choice.models))

    # -- running --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Open the files, find the person, and run the models."""
        self._submit(self.form.choice())

    def _run_again(self) -> None:
        """As before, with the cameras that are ticked now."""
        if self._job is not None and self.found is not None:
            self._submit(self._job.choice, self.found)

    def _submit(self, choice: RigChoice, read: RigFound | None = None) -> None:
        there = self._job is not None and (self._job.choice.calibration, self._job.choice.folder) == (
            choice.calibration,
            choice.folder,
        )
        off = self.pictures.off if there else frozenset()
        self._job = RigJob(self._served, choice, off)
        if read is not None:
            self._job = replace(self._job, opened=read.opened, truth=read.truth)
        self._worker.submit(self._job)

    @Slot(object, object)
    def _on_part(self, job: RigJob, found: RigFound) -> None:
        if job is self._job and job.opened is None:  # otherwise the last poses stay until there are new ones
            self._take(found)

    @Slot(object, object)
    def _on_done(self, job: RigJob, found: RigFound) -> None:
        if job is self._job:
            self._take(found)
            notes = found.opened.notes
            self.bar.note.setText(f"Assumed: {notes[0]}{f' And {len(notes) - 1} more.' if notes[1:] else ''}" if notes
                                  else "Done.")  # fmt: skip
            self.bar.note.setToolTip("\n".join(notes))
            self._film.copy(found.opened)

    # -- what is shown --------------------------------------------------------------------------------------

    def _take(self, found: RigFound) -> None:
        before, self.found = self.found, found
        self.pictures.set_cameras(tuple(found.views.rig))
        self.form.set_people([person.id for person in found.person.people])
        times = found.views.times
        if before is None or before.opened is not found.opened:
            self.seconds = float(times[0])
        self.bar_of_time.set_span(float(times[0]), float(times[-1]))
        self.bar_of_time.set_loop(float(times[0]), float(times[-1]))
        self._show_found()
        if found.judged and (before is None or not before.judged):
            self._make_room()
        self.seek(self.seconds)

    def _make_room(self) -> None:
        """Give the cameras' table what it needs and the models' the rest, and both of what is left beyond that."""
        room = self.tables.width() - self.tables.handleWidth()
        needed = self.cameras.least_width()
        spare = max(room - needed - self.models.least_width(), 0)
        self.tables.setSizes([needed + spare // 2, room - needed - spare // 2])

    def _show_found(self) -> None:
        found = self.found
        done = found is not None and bool(found.figures)
        self.open.setEnabled(done)
        self.play.setEnabled(found is not None)
        for part in (self.tables, self.said):
            part.setVisible(found is not None)
        self.stage.set_empty_text("" if found is not None else "Cameras and poses")
        self._allow()
        if found is None:
            return
        self.stage.set_items(scene_items(found))
        self.cameras.set_table(camera_table(found))
        self.models.set_table(model_table(found))
        self.said.setText(said_of(found))

    def seek(self, seconds: float) -> None:
        """Show a moment; the pictures follow as soon as they are read."""
        self.seconds = seconds
        if self.found is None:
            return
        self.bar_of_time.set_time(seconds)
        self.clock.setText(clock_text(seconds))
        self.stage.set_time(seconds)
        self._film.seek(self.found, seconds)

    @Slot(object, object)
    def _on_pictures(self, job: PicturesJob, pictures: list[Picture | None]) -> None:
        self.pictures.show_moment(pictures, job.found, job.seconds)

    @Slot(object, object)
    def _on_no_pictures(self, job: PicturesJob, error: Exception) -> None:
        self.bar.note.setText(self._bridge.say_failed(error, "Pictures of the cameras"))
        self._on_pictures(job, [None] * len(job.found.views.rig))

    # -- playing --------------------------------------------------------------------------------------------

    def _sought(self, seconds: float) -> None:
        self._from = (seconds, time.perf_counter())
        self.seek(seconds)

    def _set_playing(self, playing: bool) -> None:
        self.play.setText("Pause" if playing else "Play")
        self._from = (self.seconds, time.perf_counter())
        self._playing.start() if playing else self._playing.stop()
        self._film.set_still(not playing)

    def _tick(self) -> None:
        if self.found is None:
            return
        times = self.found.views.times
        start, since = self._from
        here, _ = due(start, time.perf_counter() - since, *span(times, 0, len(times) - 1), repeat=True)
        self.seek(here)
        self._playing.setInterval(max(PLAY_MS, round(PAUSE * self.stage.last_draw_ms)))

    # -- as a clip ------------------------------------------------------------------------------------------

    def _ask_open(self) -> None:
        assert self.found is not None
        start = Path(self._preferences.folder, f"{self.found.views.name}.trc")
        kinds = [form for form in FORMATS.values() if not form.single]
        kinds.sort(key=lambda form: form.suffix != start.suffix)
        path = ask_save_name(self, "Motion", start, ";;".join(f"{form.about} (*{form.suffix})" for form in kinds))
        if path is not None:
            self._preferences.folder = str(path.parent)
            self.open_motion(path)

    def open_motion(self, path: Path) -> None:
        """Write the first model's motion, and open it in the main window."""
        if self.found is not None and self.found.figures:
            self._writer.submit(MotionJob(self.found.figures[0], self.found.views.name, path))

    @Slot(object, object)
    def _on_written(self, job: MotionJob, _: object) -> None:
        self.bar.note.setText(f"Wrote {job.path.name}, and opened it.")
        self._bridge.open(OpenJob(str(job.path)))

    @Slot(object, object)
    def _on_not_written(self, job: MotionJob, error: Exception) -> None:
        self.bar.note.setText(self._bridge.say_failed(error, job.path.name))
