"""The figures: metrics down, truth and models across."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QToolButton

from app import icons
from app.docks.panel import Panel, hint
from app.state import Shown, State
from app.tables import METRICS, Metric, figures_csv, truth_figure
from app.theme import THEMES, model_colour
from app.widgets.later import Later
from app.widgets.painting import number

NOW = "Now"
ROW = 23


class Numbers(Panel):
    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.copy = QToolButton(toolTip="Copy these figures as CSV")
        self.empty = hint("")
        self.column.addWidget(self.empty)
        self.table = QTableWidget(editTriggers=QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setShowGrid(False)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.verticalHeader().setMinimumSectionSize(ROW)
        self.table.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setMinimumSectionSize(40)
        self.column.addWidget(self.table)
        self.column.addStretch()
        self._now: list[QTableWidgetItem] = []
        self._in_table: Shown | None = None
        self.copy.clicked.connect(self.copy_csv)
        showing = Later(self, lambda: self.show_results(state.shown))
        state.shown_changed.connect(lambda _: showing.start())
        state.frame_changed.connect(lambda _: self._show_now())
        state.theme_changed.connect(lambda _: self.show_results(state.shown))
        state.settings_changed.connect(lambda _: self._explain())
        self.show_results(state.shown)

    def show_results(self, shown: Shown | None) -> None:
        theme = THEMES[self._state.theme]
        self.copy.setIcon(icons.icon("copy", theme.muted, theme.faint))
        self._in_table = shown
        have = shown is not None and bool(shown.results.models)
        self.copy.setEnabled(have)
        self.table.setVisible(have)
        self._explain()
        if shown is None or not have:
            self._now = []
            return
        results = shown.results
        with_truth = results.truth is not None
        self.table.setRowCount(len(METRICS) + with_truth)
        self.table.setColumnCount(len(results.models) + with_truth)
        heads = [chip_item(model_colour(s.colour), m.label) for s, m in zip(shown.slots, results.models, strict=True)]
        if with_truth:
            heads.append(chip_item(theme.truth, "Ground truth"))
        for column, head in enumerate(heads):
            self.table.setHorizontalHeaderItem(column, head)
        row = 0
        self._now = []
        if with_truth:
            self._head(0, NOW, "mm", "MPJPE at the frame that is shown")
            self._now = [self._cell(0, column, "") for column in range(len(results.models))]
            self._cell(0, len(results.models), "")
            row = 1
        for metric in METRICS:
            self._head(row, metric.name, metric.unit, metric.tip)
            for column, model in enumerate(results.models):
                self._cell(row, column, number(model.summary.get(metric.key), metric.digits))
            if with_truth:
                text = self._truth(truth_figure(results, metric), metric)
                self._cell(row, len(results.models), text).setForeground(QBrush(QColor(theme.muted)))
            row += 1
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + row * ROW + 2)
        self._show_now()

    def copy_csv(self) -> None:
        """Put the figures on the clipboard."""
        if self._state.shown is not None:
            QGuiApplication.clipboard().setText(figures_csv(self._state.shown.results))
            self._state.say("The figures are on the clipboard as CSV.", error=False)

    def _explain(self) -> None:
        state = self._state
        if state.shown is not None and state.shown.results.models:
            text = "" if state.shown.results.truth is not None else "2D keypoints have no 3D truth to measure against."
        elif state.clip is None:
            text = "The figures of every model stand here once a clip is open."
        elif not any(slot.on for slot in state.settings.slots):
            text = "No model is on. Switch one on, or add one with + at the left."
        else:
            text = "Running the models …"
        self.empty.setText(text)
        self.empty.setVisible(bool(text))

    def _show_now(self) -> None:
        shown = self._in_table
        if shown is None or shown.clip is not self._state.clip or not self._now:
            return
        at = shown.kept(self._state.frame)
        for item, model in zip(self._now, shown.results.models, strict=True):
            item.setText(number(float(model.mpjpe_mm[at]), 1))

    def _head(self, row: int, name: str, unit: str, tip: str) -> None:
        item = QTableWidgetItem(f"{name}  {unit}")
        item.setForeground(QBrush(QColor(THEMES[self._state.theme].muted)))
        item.setToolTip(tip)
        self.table.setVerticalHeaderItem(row, item)

    def _cell(self, row: int, column: int, text: str) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(row, column, item)
        return item

    @staticmethod
    def _truth(value: float, metric: Metric) -> str:
        return "" if math.isnan(value) else number(value, metric.digits)


def chip_item(colour: str, tip: str) -> QTableWidgetItem:
    """A column head: a chip of the colour, the name as its tooltip."""
    item = QTableWidgetItem("●")
    item.setForeground(QBrush(QColor(colour)))
    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    font = item.font()
    font.setPointSizeF(14.0)
    item.setFont(font)
    item.setToolTip(tip)
    return item
