"""Video of the 3D view as it is shown: which part, how large, how fast; and how long all of it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped
from app.present.wording import duration
from app.render.film_process import FilmJob
from app.render.view_film import FilmPlan, Shot
from app.state.moment import SPEEDS, frame_at, span
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.range_choice import RangeChoice
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.workers.bridge import Bridge
from engine.export.video import Video

SIZES = ((1280, 720), (1920, 1080), (3840, 2160), (1080, 1080), (1080, 1920))
RATES = (24.0, 25.0, 30.0, 50.0, 60.0)
START_S = 3.0
"""How long the process that draws takes to start, about."""
ENCODE_S = 0.015
"""For a megapixel, about."""


class ExportVideo(Tool):
    """Writes what the view shows when it is asked to; the view may change meanwhile."""

    def __init__(
        self,
        state: State,
        bridge: Bridge,
        parent: QWidget,
        *,
        preferences: Preferences,
        take_shot: Callable[[], Shot],
        pace: Callable[[], float],
    ) -> None:
        """take_shot() is what the view shows; pace() seconds that it takes to draw a megapixel."""
        super().__init__(parent, "Export video", QSize(560, 280))
        self._state, self._bridge, self._preferences = state, bridge, preferences
        self._take_shot, self._pace = take_shot, pace
        self._measured: float | None = None  # seconds a megapixel, of the last video
        self._job: FilmJob | None = None
        self._first = 0.0  # when the first picture was begun
        self._worker = bridge.worker("export-video")
        self.range = RangeChoice(state, frame=False)
        self.size_ = tipped(QComboBox(), "Size of the video")
        for width, height in SIZES:
            self.size_.addItem(f"{width} × {height}", (width, height))
        self.fps = tipped(QComboBox(), "Pictures per second of the video")
        for rate in RATES:
            self.fps.addItem(f"{rate:g}", rate)
        self.fps.setCurrentIndex(RATES.index(30.0))
        self.speed = tipped(QComboBox(), "Speed of the motion in the video")
        for speed in SPEEDS:
            self.speed.addItem(f"×{speed:g}", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.chart = QCheckBox("Error over time below")
        self.chart.setChecked(True)
        self.about = hint("")
        form = QFormLayout()
        form.addRow("Part", self.range)
        form.addRow("Size", self.size_)
        form.addRow("Pictures per second", self.fps)
        form.addRow("Speed", self.speed)
        form.addRow("", self.chart)
        self.column.addLayout(form)
        self.column.addWidget(self.about)
        self.column.addStretch()
        self.bar = RunBar(state, "Export …", "Choose a place and write the video")
        self.column.addWidget(self.bar)
        self._worker.report_to(
            done=self._on_done,
            cancelled=self._on_stopped,
            failed=self._on_failed,
            progress=self._on_progress,
            busy=self.bar.set_running,
        )
        self.bar.run.connect(self.ask)
        self.bar.stop.connect(self._worker.cancel)
        for box in (self.size_, self.fps, self.speed):
            box.currentIndexChanged.connect(lambda _: self._predict())
        self.range.changed.connect(self._predict)
        state.results.events.shown.connect(self._predict)
        self._predict()

    def opened(self) -> None:
        self._predict()

    def closed(self) -> None:
        self._worker.cancel()

    def plan(self, path: Path) -> FilmPlan:
        """What is chosen, of what the view shows now."""
        shot = self._take_shot()
        if not self.chart.isChecked():
            shot = Shot(shot.views, shot.orbits, shot.following, shot.theme)
        times, (first, last) = self._state.moment.times, self.range.span()
        whole = span(times, frame_at(times, first), frame_at(times, last)) if len(times) else (0.0, 0.0)
        return FilmPlan(shot, path, whole, self.size_.currentData(), self.fps.currentData(), self.speed.currentData())

    def ask(self) -> None:
        """Ask for a place and write the video there."""
        clip = self._state.document.clip
        if clip is None:
            return
        start = Path(self._preferences.folder, f"{clip.name}.mp4")
        path = ask_save_name(self, "Export video", start, "Videos (*.mp4)")
        if path:
            self._preferences.folder = str(path.parent)
            self.export(path)

    def export(self, path: Path) -> None:
        """Write what is chosen to a file."""
        self._job = FilmJob(self.plan(path))
        self.bar.set_progress(0.0, f"writing {path.name}")
        self._worker.submit(self._job)

    def predicted_s(self, plan: FilmPlan) -> float:
        """How many seconds writing takes, about: at the pace of the last video, else of the view and its encoder."""
        pace = self._pace() + ENCODE_S if self._measured is None else self._measured
        return START_S + plan.pictures * pace * _megapixels(plan)

    def _predict(self) -> None:
        clip = self._state.document.clip
        self.bar.button.setEnabled(clip is not None)
        if clip is None:
            self.about.setText("Open a clip first.")
            return
        plan = self.plan(Path("video.mp4"))
        self.about.setText(
            f"A video of {plan.seconds:.1f} s, {plan.pictures} pictures; "
            f"writing it takes about {duration(self.predicted_s(plan))}."
        )

    @Slot(float, str)
    def _on_progress(self, fraction: float, text: str) -> None:
        """Say how long the rest takes, at the pace since the first picture."""
        now = time.monotonic()
        if fraction == 0.0:
            self._first = now
        else:
            text = f"{text}, about {duration((now - self._first) * (1 - fraction) / fraction)} left"
        self.bar.set_progress(fraction, text)

    @Slot(object, object)
    def _on_done(self, job: FilmJob, video: Video) -> None:
        if job is not self._job:
            return
        work = max(job.seconds - START_S, 0.1 * job.seconds)
        self._measured = work / (job.plan.pictures * _megapixels(job.plan))
        self._predict()
        size = video.path.stat().st_size / 1e6 if video.path.exists() else 0.0
        self.bar.set_progress(1.0, " ".join(filter(None, [f"Wrote {video.path.name}, {size:.1f} MB.", video.note])))

    @Slot(object)
    def _on_stopped(self, job: FilmJob) -> None:
        if job is self._job:
            self.bar.set_progress(0.0, "Cancelled.")

    @Slot(object, object)
    def _on_failed(self, job: FilmJob, error: Exception) -> None:
        if job is self._job:
            self.bar.set_progress(1.0, self._bridge.say_failed(error, "The video"))


def _megapixels(plan: FilmPlan) -> float:
    return plan.size[0] * plan.size[1] / 1e6
