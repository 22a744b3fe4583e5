"""The models of a live run: which take part, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.docks.panel import hint, tipped
from app.look.theme import model_colour
from app.present.answers import answers_of
from app.present.live import figures_of, look_ahead_of
from app.present.wording import UNTRAINED, UNTRAINED_TIP
from app.widgets.chip import chip_picture
from app.widgets.sliders import label
from engine.experiment.settings import ModelChoice
from engine.live.run import LiveRun
from engine.models.families import list_models
from engine.models.registry import ModelEntry

CHIP, NO_COLOUR = 12, "#00000000"
MOST = 12
"""Of more models, only those that are trained are offered."""


class LiveModels(QWidget):
    """One row for each model that observes this; those that are trained come first, and the first is chosen.

    answer  below them, what is done to the answers of all that it can be done to; None where there is nothing
    """

    changed = Signal()

    def __init__(self, observes: str) -> None:
        super().__init__()
        entries = [entry for entry in list_models() if entry.bare_card.observes == observes]
        if len(entries) > MOST:
            entries = [entry for entry in entries if entry.trained]
        entries.sort(key=lambda entry: (not entry.usable, entry.bare_card.streams != "step"))
        self.rows = {entry.name: _Row(entry) for entry in entries}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row in self.rows.values():
            column.addWidget(row)
            row.box.toggled.connect(self._on_toggled)
        self.answer = _answer_box(entries)
        if self.answer is not None:
            column.addWidget(self.answer)
            self.answer.toggled.connect(lambda _: self.changed.emit())
        self.choose([entry.name for entry in entries[:1]])

    @property
    def chosen(self) -> tuple[ModelChoice, ...]:
        """Those that are ticked, in order."""
        return tuple(self._choice(row.entry) for row in self.rows.values() if row.box.isChecked())

    def choose(self, names: Sequence[str], *, other_answer: bool = False) -> None:
        """Tick these and no others; names that are not known are left out."""
        for name, row in self.rows.items():
            row.box.setChecked(name in names)
        if self.answer is not None:
            self.answer.setChecked(other_answer)

    def set_running(self, running: bool) -> None:
        """While it runs, models stay as they are."""
        for row in self.rows.values():
            row.box.setEnabled(not running)
        if self.answer is not None:
            self.answer.setEnabled(not running)

    def say(self, run: LiveRun | None, look_ahead_ms: float) -> None:
        """Put rate, latency, look-ahead and drops of each that takes part into words."""
        tracks = {} if run is None else {track.name: track for track in run.tracks}
        for name, row in self.rows.items():
            said = figures_of(tracks[name]) if name in tracks else ""
            row.said.setText(said or look_ahead_of(row.entry.bare_card, look_ahead_ms))
            row.said.setVisible(row.box.isChecked())

    def _choice(self, entry: ModelEntry) -> ModelChoice:
        choice, answers = ModelChoice(name=entry.name), answers_of(entry.bare_card)
        if answers and self.answer is not None and self.answer.isChecked():
            change, *_ = answers[1]
            choice = choice.model_copy(update=change)
        return choice

    def _on_toggled(self) -> None:
        on = [row for row in self.rows.values() if row.box.isChecked()]
        for row in self.rows.values():
            row.chip.setPixmap(chip_picture(model_colour(on.index(row)) if row in on else NO_COLOUR, CHIP))
        self.changed.emit()


def _answer_box(entries: Sequence[ModelEntry]) -> QCheckBox | None:
    for entry in entries:
        if answers := answers_of(entry.bare_card):
            _, text, tip = answers[1]
            return tipped(QCheckBox(text), tip)
    return None


class _Row(QWidget):
    def __init__(self, entry: ModelEntry) -> None:
        super().__init__()
        self.entry = entry
        self.box = tipped(QCheckBox(entry.name), entry.bare_card.summary)
        self.chip, self.said = QLabel(), hint("")
        self.said.setMinimumHeight(2 * self.said.fontMetrics().lineSpacing())  # the column would take its second line
        self.badge = label(UNTRAINED, "badge", UNTRAINED_TIP)
        self.badge.setVisible(not entry.usable)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.chip)
        top.addWidget(self.box)
        top.addStretch()
        top.addWidget(self.badge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.said)
