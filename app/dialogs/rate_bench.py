"""The rate bench: every model at every frame rate under every rate policy, on the present clip or on many.

It varies irregular sampling and hidden joints, too. The plot fills in as results arrive. What was found stays when the
run is cancelled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from app.dialogs.bench_panel import BenchPanel, Refusal
from app.dialogs.tool import Tool
from app.docks.panel import hint, tipped
from app.look import icons
from app.look.theme import SPACE, THEMES
from app.present.observed import applies, observed
from app.present.wording import count_of
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.drops import dropped_path
from app.widgets.figure_table import FigureTable
from app.widgets.later import Later
from app.widgets.measure_choice import MeasureChoice
from app.widgets.run_bar import RunBar
from app.widgets.save_name import ask_save_name
from app.widgets.segmented import Segmented
from app.workers.bridge import Bridge
from app.workers.inference import Priority
from app.workers.rate_bench import (
    RATE,
    BenchJob,
    Plan,
    Question,
    bench_table,
    lines,
    measures,
    questions,
    rows_csv,
    ticks,
)
from engine.errors import InputError
from engine.experiment.sweep import SweepRow, SweepTable, assumed_in, in_common, pool
from engine.stress.catalogue import STRESSES
from engine.writing import save_text

DRAW_MS, DRAW_SHARE = 120, 0.1
"""Rows that arrive within this time are drawn together; drawing takes at most this share of the time."""


@dataclass
class Found:
    """What the last run of one question has found so far: a row for each clip."""

    plan: Plan
    rows: list[SweepRow] = field(default_factory=list)

    @property
    def means(self) -> tuple[SweepRow, ...]:
        """Over the clips that every row has; while it runs, and where it was stopped, others are left out."""
        return pool(in_common(self.rows))

    @property
    def clips(self) -> int:
        """How many those are."""
        return len({row.number for row in in_common(self.rows)})


class RateBench(Tool):
    """show_sweep is given the table of every run on the frame rate that has finished."""

    def __init__(
        self,
        state: State,
        bridge: Bridge,
        parent: QWidget,
        *,
        preferences: Preferences,
        show_sweep: Callable[[SweepTable], None],
    ) -> None:
        from app.plots.rates import RatesPlot

        super().__init__(parent, "Rate bench", QSize(1180, 680))
        self.setAcceptDrops(True)
        self._state, self._bridge, self._preferences, self._show_sweep = state, bridge, preferences, show_sweep
        self._models = bridge.inference.models(Priority.SWEEP)
        self._found: dict[str, Found] = {}
        self._job: BenchJob | None = None
        self._worker = bridge.worker("rate-bench")
        self.panel = BenchPanel(state, preferences)
        self.plot, self.table = RatesPlot(), FigureTable()
        self.table.setAccessibleName("Figures of the rate bench")
        self.empty = hint("")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.results = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        for widget, stretch in ((self.plot, 3), (self.table, 2)):
            self.results.addWidget(widget)
            self.results.setStretchFactor(self.results.count() - 1, stretch)
        self.results.setSizes([330, 200])
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        right.addLayout(self._make_head())
        right.addWidget(self.results, 1)
        right.addWidget(self.empty, 1)
        middle = QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(self.panel)
        middle.addLayout(right, 1)
        self.column.addLayout(middle, 1)
        self.bar = RunBar(state, "Run", "Run what is chosen above")
        self.column.addWidget(self.bar)

        self._drawing = Later(self, self._draw)
        self._drawing.setInterval(DRAW_MS)
        self._worker.report_to(
            part=self._on_row,
            done=self._on_done,
            cancelled=self._on_stopped,
            failed=self._on_failed,
            progress=self.bar.set_progress,
            busy=self._on_busy,
        )
        self.bar.run.connect(self.run)
        self.bar.stop.connect(self._worker.cancel)
        self.panel.changed.connect(self._drawing.start)
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)
        self.ask(RATE)

    def _make_head(self) -> QHBoxLayout:
        self.groups = Segmented({group: (group, members[0].tip) for group, members in _groups().items()})
        for button in self.groups.buttons.values():
            button.setMinimumWidth(112)  # for any of them in bold
        self.kind = tipped(QComboBox(), "What is varied")
        self.measure = tipped(MeasureChoice(), "Which figure is shown")
        self.measure.offer(measures())
        self.copy = tipped(
            QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup),
            "Copy the results. Ctrl+C copies the rows that are selected in the table",
        )
        menu = QMenu(self.copy)
        for text, call in (
            ("Copy every figure as CSV", self.copy_csv),
            ("Copy the table as Markdown", self.copy_markdown),
            ("Copy the table as LaTeX", self.copy_latex),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, call=call: call())
        self.copy.setMenu(menu)
        self.save = tipped(QToolButton(), "Write the plot as PNG or SVG, or every figure as CSV")
        row = QHBoxLayout()
        row.addWidget(self.groups)
        row.addWidget(self.kind)
        row.addStretch()
        for widget in (self.measure, self.copy, self.save):
            row.addWidget(widget)
        self.groups.chosen.connect(lambda group: self.ask(self._offered(group)[0].key))
        self.kind.activated.connect(lambda at: self.ask(self.kind.itemData(at)))
        self.measure.activated.connect(lambda _: self._draw())
        self.save.clicked.connect(self.ask_save)
        return row

    @property
    def question(self) -> Question:
        return self.panel.question

    @property
    def found(self) -> Found | None:
        """The results of the present question."""
        return self._found.get(self.question.key)

    def ask(self, key: str) -> None:
        """Turn to one of `questions`."""
        self.panel.ask(questions()[key])
        group = self._offered(self.question.group)
        self.groups.set_choice(self.question.group)
        self.kind.clear()
        for question in group:
            self.kind.addItem(question.text, question.key)
        self.kind.setCurrentIndex([question.key for question in group].index(key))
        self.kind.setVisible(len(group) > 1)
        self._draw()

    def _offered(self, group: str) -> list[Question]:
        """The questions of a group that are asked of what the models observe, and the present one."""
        kinds = observed(self._state.document.settings)
        members, present = _groups()[group], self.question.key
        apt = [q for q in members if q.key in (RATE, present) or applies(STRESSES[q.key], kinds)]
        return apt or members

    # -- running --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what is chosen; the results take the place of this question's last ones."""
        plan = self.panel.plan()
        if isinstance(plan, Refusal):
            self.bar.note.setText(plan.text)
            return
        self._found[plan.question.key] = Found(plan)
        self._job = BenchJob(plan, self._models)
        self._worker.submit(self._job)
        self._draw()

    def closed(self) -> None:
        self._worker.cancel()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.panel.take(Path(path))

    @Slot(object, object)
    def _on_row(self, job: BenchJob, row: SweepRow) -> None:
        if job is self._job:
            self._found[job.plan.question.key].rows.append(row)
            if not self._drawing.isActive():
                self._drawing.start()

    @Slot(object, object)
    def _on_done(self, job: BenchJob, table: SweepTable) -> None:
        if job is not self._job:
            return
        clips, failed = len({row.number for row in table.clips}), list(table.failed.values())
        said = f"Done: {count_of(clips, 'clip')}."
        self.bar.note.setText(f"{said} {len(failed)} left out: {failed[0]}" if failed else said)
        self.bar.note.setToolTip("\n".join(failed))
        if job.plan.question.key == RATE:
            self._show_sweep(table)

    @Slot(object)
    def _on_stopped(self, job: BenchJob) -> None:
        if job is self._job:
            found = self._found[job.plan.question.key]
            rows, on = len(found.means), count_of(found.clips, "clip")
            self.bar.note.setText(f"Cancelled; the {rows} rows that were found on {on} stay.")

    @Slot(object, object)
    def _on_failed(self, job: BenchJob, error: Exception) -> None:
        if job is self._job:
            self.bar.note.setText(self._bridge.say_failed(error, "The rate bench"))

    @Slot(bool)
    def _on_busy(self, busy: bool) -> None:
        self.bar.set_running(busy)
        self._draw()

    # -- results --------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Show the rows of the present question, of the models and policies that are ticked."""
        started = time.monotonic()
        question, found = self.question, self.found
        modes, colours = self.panel.modes, self.panel.colours()
        rows = [row for row in found.means if row.mode in modes and row.model in colours] if found else []
        for widget in (self.copy, self.save):
            widget.setEnabled(bool(rows))
        self.results.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        running = self.bar.running and self._job is not None and found is not None and self._job.plan is found.plan
        self.empty.setText("Running …" if running else f"{question.tip}. Run it, and the curves fill in here.")
        if found is None or not rows:
            return
        caption = found.plan.caption
        if found.plan.clip is None:
            caption = f"{caption}, {count_of(found.clips, 'clip')}{' so far' if running else ''}"
        if assumed := assumed_in(rows):
            caption = f"{caption}, assumed: {'; '.join(assumed)}"
        measure = self.measure.offer(measures(rows))
        self.plot.set_title(measure.title, f"over the {question.axis} · {caption}")
        self.plot.set_lines(
            lines(rows, question, measure, colours),
            [(mode, question.said(mode)) for mode in modes],
            ticks(rows, question),
        )
        self.table.set_table(bench_table(rows, question, measure, colours, caption))
        self._drawing.setInterval(max(DRAW_MS, round(1000 * (time.monotonic() - started) / DRAW_SHARE)))

    def copy_csv(self) -> None:
        """Copy every figure of every row."""
        if self.found is not None:
            self._copy("CSV", rows_csv(self.found.means))

    def copy_markdown(self) -> None:
        """Copy the table, for notes."""
        self._copy("Markdown", self.table.arranged().markdown())

    def copy_latex(self) -> None:
        """Copy the table, for a paper."""
        self._copy("LaTeX", self.table.arranged().latex())

    def _copy(self, form: str, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.bar.note.setText(f"The results are on the clipboard as {form}.")

    def ask_save(self) -> None:
        """Ask for a file name and write there."""
        start = Path(self._preferences.folder, f"{self.question.key or 'rates'}.png")
        kinds = "Image (*.png);;Vector graphics (*.svg);;All figures (*.csv)"
        path = ask_save_name(self, "Save", start, kinds)
        if path:
            self.save_as(path)

    def save_as(self, path: Path) -> None:
        """Write the plot (.png, .svg) or every figure (.csv) of the present question."""
        self._preferences.folder = str(path.parent)
        try:
            if path.suffix.lower() == ".csv":
                save_text(rows_csv(self.found.means if self.found else []), path)
            else:
                self.plot.save(path)
        except InputError as error:
            self.bar.note.setText(f"{path.name}: it cannot be written; choose another folder, or .png, .svg or .csv.")
            self.bar.note.setToolTip(error.detail)
        else:
            self.bar.note.setText(f"Wrote {path.name}.")

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.copy.setIcon(icons.icon("copy", theme.muted, theme.faint))
        self.save.setIcon(icons.icon("save", theme.muted, theme.faint))
        self.plot.set_theme(theme)
        self.table.set_theme(theme)
        self._draw()


def _groups() -> dict[str, list[Question]]:
    """The questions by group, in order."""
    groups: dict[str, list[Question]] = {}
    for question in questions().values():
        groups.setdefault(question.group, []).append(question)
    return groups
