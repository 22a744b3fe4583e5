"""Export of motion: whose, in which format, which frames, where to."""

from __future__ import annotations

from glob import escape
from pathlib import Path

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped
from app.look.theme import model_colour
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.chip import chip_picture
from app.widgets.range_choice import FRAME, RangeChoice
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.workers.bridge import Bridge
from app.workers.export_motion import MotionJob, MotionPlan
from engine.export.motion.formats import FORMATS, Format
from engine.export.motion.motion import Written


class ExportMotion(Tool):
    """Writes what is on show: the truth, or what a model predicted."""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget, *, preferences: Preferences) -> None:
        super().__init__(parent, "Export motion", QSize(560, 260))
        self._state, self._bridge, self._preferences = state, bridge, preferences
        self._job: MotionJob | None = None
        self._worker = bridge.worker("export-motion")
        self.who = tipped(QComboBox(), "Whose motion")
        self.format = tipped(QComboBox(), "Which kind of file")
        for format in FORMATS.values():
            self.format.addItem(format.about, format.name)
        self.body = tipped(QCheckBox("Joints of the body"), "The 24 joints of the body instead of 17 positions")
        self.frames = RangeChoice(state)
        self.about = hint("")
        form = QFormLayout()
        form.addRow("Motion", self.who)
        form.addRow("Format", self.format)
        form.addRow("Frames", self.frames)
        form.addRow("", self.body)
        self.column.addLayout(form)
        self.column.addWidget(self.about)
        self.column.addStretch()
        self.bar = RunBar(state, "Export …", "Choose a place and write the file")
        self.column.addWidget(self.bar)
        self._worker.report_to(
            done=self._on_done,
            cancelled=self._on_stopped,
            failed=self._on_failed,
            progress=self.bar.set_progress,
            busy=self.bar.set_running,
        )
        self.bar.run.connect(self.ask)
        self.bar.stop.connect(self._worker.cancel)
        state.results.events.shown.connect(self._show_people)
        for signal in (self.who.currentIndexChanged, self.format.currentIndexChanged):
            signal.connect(lambda _: self._explain())
        self.frames.changed.connect(self._explain)
        self._show_people()

    def closed(self) -> None:
        self._worker.cancel()

    # -- what is chosen -------------------------------------------------------------------------------------

    @property
    def chosen(self) -> Format:
        """The format."""
        return FORMATS[self.format.currentData()]

    @property
    def model(self) -> int | None:
        """Place of the model in the results; None for the truth."""
        model: int | None = self.who.currentData()
        return model

    def choose(self, model: int | None, format: str) -> None:
        """Take a model's place in the results or None for the truth, and a format by its name."""
        self.who.setCurrentIndex(self.who.findData(model))
        self.format.setCurrentIndex(self.format.findData(format))

    def ask(self) -> None:
        """Ask for a place and write the file there."""
        shown = self._state.results.shown
        if shown is None or self.who.currentIndex() < 0:
            return
        name = shown.results.clip_name + ("" if self.model is None else f"-{shown.results.models[self.model].name}")
        suffix = self.chosen.suffix
        start = Path(self._preferences.folder, f"{name}{suffix}")
        path = ask_save_name(self, "Export motion", start, f"{self.chosen.about} (*{suffix})", _beside)
        if path:
            self._preferences.folder = str(path.parent)
            self.export(path)

    def export(self, path: Path) -> None:
        """Write what is chosen to a file."""
        shown, worn = self._state.results.shown, self._state.results.worn
        if shown is None:
            return
        pose = None if worn is None or worn.clip is not shown.clip else worn.pose
        body = self.chosen.needs == "body" or self.body.isChecked()
        self._job = MotionJob(MotionPlan(shown, pose, self.model, self.chosen, body, self.frames.span(), path))
        self.bar.set_progress(0.0, f"writing {path.name}")
        self._worker.submit(self._job)

    # -- what is shown --------------------------------------------------------------------------------------

    def _show_people(self) -> None:
        """List the truth, where there is one, and the models that have run; keep the one that was taken."""
        shown, before = self._state.results.shown, self.who.currentText()
        self.who.clear()
        if shown is not None:
            if shown.results.truth is not None:
                self.who.addItem("Ground truth", None)
            for k, (slot, model) in enumerate(zip(shown.slots, shown.results.models, strict=True)):
                self.who.addItem(QIcon(chip_picture(model_colour(slot.colour), 14)), model.label, k)
        self.who.setCurrentIndex(max(self.who.findText(before), 0) if self.who.count() else -1)
        self.bar.button.setEnabled(self.who.count() > 0)
        self._explain()

    def _explain(self) -> None:
        shown, format = self._state.results.shown, self.chosen
        self.body.setVisible(format.needs == "joints")
        if shown is None or self.who.currentIndex() < 0:
            self.about.setText("Nothing is on show yet.")
            return
        said = []
        if format.needs == "body" and self.model is not None and shown.results.models[self.model].body is None:
            said.append("This model predicts joints alone; a body is fitted to them.")
        if format.single and self.frames.choice != FRAME:
            said.append("One file for each frame, numbered.")
        self.about.setText(" ".join(said))

    @Slot(object, object)
    def _on_done(self, job: MotionJob, written: Written) -> None:
        if job is self._job:
            name = job.plan.path.name
            files = f"{name} and {len(written.paths) - 1} more" if len(written.paths) > 2 else name
            self.bar.set_progress(1.0, f"Wrote {files}.")
            self.about.setText(" ".join(written.notes))

    @Slot(object)
    def _on_stopped(self, job: MotionJob) -> None:
        if job is self._job:
            self.bar.set_progress(0.0, "Cancelled.")

    @Slot(object, object)
    def _on_failed(self, job: MotionJob, error: Exception) -> None:
        if job is self._job:
            self.bar.set_progress(1.0, self._bridge.say_failed(error, "The export"))


def _beside(path: Path) -> list[Path]:
    """List what there is of the files that are written with one of this name: one for each frame, or a description."""
    return sorted(path.parent.glob(f"{escape(path.stem)}.[0-9]*{path.suffix}")) + [path.with_name(f"{path.name}.json")]
