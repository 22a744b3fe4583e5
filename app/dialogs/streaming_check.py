"""The streaming check: the promise of every causal model, shown on the person's own clip by one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.dialogs.tool import Tool
from app.docks.panel import hint
from app.look.theme import THEMES, model_colour
from app.present.wording import length, mean_rate
from app.state.clip import LoadedClip
from app.state.settings import Slot as ModelSlot
from app.state.state import State
from app.widgets.chip import chip_picture
from app.widgets.run_bar import RunBar
from app.widgets.sliders import label
from app.workers.bridge import Bridge
from app.workers.inference import Priority, ServedModel
from app.workers.ticket import Ticket
from engine.errors import InputError
from engine.experiment.prepared import prepare
from engine.experiment.settings import Experiment, ModelChoice
from engine.experiment.streaming_check import TOLERANCE_M, StreamingCheck, check_streaming

HEADS = (
    ("Model", ""),
    ("Frame by frame", "Largest distance of any joint from where the whole clip at once has it"),
    ("In chunks", "The same with pieces of random length"),
    ("Verdict", f"Equal: at most {length(TOLERANCE_M)} apart at every joint of every frame"),
)
ROW = 28


@dataclass(frozen=True)
class Verdict:
    """What became of one model: a check, or why there is none."""

    index: int
    check: StreamingCheck | None
    refused: str = ""


class CheckJob:
    """Checks the models one after the other; called on a worker, which hands over each `Verdict`."""

    def __init__(self, models: Callable[[ModelChoice], ServedModel], clip: LoadedClip, experiment: Experiment) -> None:
        self.models, self.clip, self.experiment = models, clip, experiment

    def __call__(self, ticket: Ticket) -> None:
        choices, prepared = self.experiment.models, prepare(self.experiment, self.clip.as_read)
        for index, choice in enumerate(choices):

            def report(share: float, text: str, index: int = index, name: str = choice.name) -> None:
                ticket.report((index + share) / len(choices), f"{name}, {text}")

            report(0.0, "loading")
            model = self.models(choice)
            report(0.0, "the whole clip at once")
            try:
                check = check_streaming(
                    model,
                    prepared,
                    self.experiment.policy_of(choice),
                    seed=self.experiment.input.seed,
                    progress=report,
                    cancel=ticket.cancelled,
                )
            except InputError as error:
                ticket.hand_over(Verdict(index, None, str(error)))
            else:
                ticket.hand_over(Verdict(index, check))


class StreamingCheckWindow(Tool):
    """Runs when it is opened and whenever it is asked to; results stay until the next run."""

    def __init__(self, state: State, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent, "Streaming check", QSize(760, 340))
        self._state, self._bridge = state, bridge
        self._models = bridge.inference.models(Priority.TOOL)
        self._job: CheckJob | None = None
        self._slots: tuple[ModelSlot, ...] = ()
        self._worker = bridge.worker("streaming-check")
        self.about = label("", "value")
        self.column.addWidget(self.about)
        self.column.addWidget(
            hint(
                "Each model lifts the clip at once, then frame by frame and in chunks of random length, as a live "
                "camera would send it. What it remembers must carry over: the poses must be the same."
            )
        )
        self.table = QTableWidget(0, len(HEADS))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setShowGrid(False)
        self.table.setWordWrap(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        for column, (text, tip) in enumerate(HEADS):
            head = QTableWidgetItem(text)
            head.setToolTip(tip)
            head.setTextAlignment(_alignment(column))
            self.table.setHorizontalHeaderItem(column, head)
        heads = self.table.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(HEADS)):
            heads.resizeSection(column, 130 if column < 3 else 150)
        self.column.addWidget(self.table, 1)
        self.changed = hint("The experiment has changed since; check again.")
        self.column.addWidget(self.changed)
        self.bar = RunBar(state, "Check again", "Check every model that is on, on the present clip")
        self.column.addWidget(self.bar)
        self._worker.report_to(
            part=self._on_verdict,
            done=self._on_done,
            cancelled=self._on_stopped,
            failed=self._on_failed,
            progress=self.bar.set_progress,
            busy=self.bar.set_running,
        )
        self.bar.run.connect(self.check)
        self.bar.stop.connect(self._worker.cancel)
        state.document.events.settings.connect(self._show_changed)
        state.document.events.clip.connect(self._show_changed)

    def opened(self) -> None:
        self.check()

    def closed(self) -> None:
        self._worker.cancel()

    def check(self) -> None:
        """Check every model that is on."""
        document = self._state.document
        experiment, clip = document.experiment(), document.clip
        self._slots = tuple(slot for slot in document.settings.slots if slot.on)
        self.table.clearSpans()
        self.table.setRowCount(0)
        if experiment is None or clip is None or not self._slots:
            self.about.setText("Open a clip first." if clip is None else "No model is on; switch one on first.")
            self._job = None
            self.changed.hide()
            return
        self.about.setText(clip.name)
        self.table.setRowCount(len(self._slots))
        for row, slot in enumerate(self._slots):
            name = QTableWidgetItem(QIcon(chip_picture(model_colour(slot.colour), 14)), slot.choice.label)
            self.table.setItem(row, 0, name)
            self._say(row, 3, "waiting", quiet=True)
        self._job = CheckJob(self._models, clip, experiment)
        self._worker.submit(self._job)
        self._show_changed()

    @Slot(object, object)
    def _on_verdict(self, job: CheckJob, verdict: Verdict) -> None:
        if job is not self._job:
            return
        row, check = verdict.index, verdict.check
        if check is None:
            self.table.takeItem(row, 3)
            self.table.setSpan(row, 1, 1, 3)
            said = self._say(row, 1, verdict.refused, quiet=True)
            said.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.table.resizeRowToContents(row)
            return
        rate = mean_rate(job.experiment.input, job.clip.rate_hz)
        self.about.setText(f"{job.clip.name} · {check.frames} frames at {rate}")
        self._say(row, 1, _apart(check, check.frame_by_frame_m))
        chunked = self._say(row, 2, _apart(check, check.chunked_m))
        chunked.setToolTip(f"Pieces of {', '.join(map(str, check.chunks))} frames")
        self._say(row, 3, "✓  equal" if check.passed else "✗  NOT equal", bold=True)

    @Slot(object, object)
    def _on_done(self, job: CheckJob, _: object) -> None:
        if job is self._job:
            self.bar.set_progress(1.0, f"Equal means at most {length(TOLERANCE_M)} apart, at every joint.")

    @Slot(object)
    def _on_stopped(self, job: CheckJob) -> None:
        if job is not self._job:
            return
        self.bar.set_progress(0.0, "Cancelled.")
        for row in range(self.table.rowCount()):
            verdict = self.table.item(row, 3)
            if verdict is not None and verdict.text() == "waiting":
                self._say(row, 3, "not checked", quiet=True)

    @Slot(object, object)
    def _on_failed(self, job: CheckJob, error: Exception) -> None:
        if job is self._job:
            self.bar.set_progress(1.0, self._bridge.say_failed(error, "The check"))

    def _show_changed(self) -> None:
        job, document = self._job, self._state.document
        same = job is None or (job.clip is document.clip and job.experiment == document.experiment())
        self.changed.setVisible(not same)

    def _say(self, row: int, column: int, text: str, *, quiet: bool = False, bold: bool = False) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setTextAlignment(_alignment(column))
        font = item.font()
        font.setBold(bold)
        item.setFont(font)
        if quiet:
            item.setForeground(QBrush(QColor(THEMES[self._state.view.theme].muted)))
        self.table.setItem(row, column, item)
        return item


def _apart(check: StreamingCheck, difference: float) -> str:
    """Write a difference: a length, or of labels one of probabilities."""
    return length(difference) if check.unit else f"{difference:.1e}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
