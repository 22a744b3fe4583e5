"""Choices of the rate bench: the clips, the models, what is varied and how far, and the rate policies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
)

from app.docks.models_panel import describe
from app.docks.panel import Panel, hint, tipped
from app.look.theme import SPACE, model_colour
from app.present.tables import changes
from app.present.wording import UNTRAINED
from app.state.preferences import Preferences
from app.state.settings import Slot
from app.state.state import State
from app.widgets.chip import chip_picture
from app.widgets.sliders import label
from app.workers.rate_bench import ALL_RATES, RATE, Plan, Question, questions
from engine.data.registry import ARCHIVE_SUFFIXES
from engine.experiment.rate import MODES, Mode
from engine.experiment.settings import Experiment, FileSource, Viewpoint
from engine.models.families import find_model

WIDTH = 272
INDENT = 22  # as far as the text of a radio button
NOTHING = {True: "Choose a folder or an archive, or drop one here.", False: "Open a clip first."}
"""Why there is nothing to run on, by whether many clips are wanted."""


@dataclass(frozen=True)
class Refusal:
    """The reason why there is no plan yet."""

    text: str


class BenchPanel(Panel):
    """Emits `changed` when another model or policy is ticked: what is on show is chosen with them too."""

    changed = Signal()

    def __init__(self, state: State, preferences: Preferences) -> None:
        super().__init__()
        self._state, self._preferences = state, preferences
        self.question: Question = questions()[RATE]
        self._path: Path | None = None
        self._chosen = {key: set(question.chosen) for key, question in questions().items()}
        self._ticked: dict[str, bool] = {}  # models; those of which nothing was said are ticked where they are trained
        self._modes_off: set[Mode] = set()
        self.setFixedWidth(WIDTH)
        self.column.setContentsMargins(0, 0, SPACE, 0)
        self._make_input()
        self.rule()
        self.column.addWidget(label("MODELS", "heading"))
        self.model_list = self._list()
        self.no_models = hint("No model is in the panel; add one with + there.")
        self.column.addWidget(self.no_models)
        self.rule()
        self._make_levels()
        self.rule()
        self.column.addWidget(label("RATE MODES", "heading"))
        self.mode_list = self._list()
        self.column.addStretch()
        state.document.events.settings.connect(self._show_models)
        state.document.events.clip.connect(self._show_input)
        self._show_models()
        self.ask(self.question)

    # -- parts ----------------------------------------------------------------------------------------------

    def _make_input(self) -> None:
        self.column.addWidget(label("INPUT", "heading"))
        self.this_clip, self.many = QRadioButton(), QRadioButton()
        self.this_clip.setChecked(True)
        self.many.setToolTip("Everything in a folder or archive; drop one here, or choose it")
        inputs = QButtonGroup(self)
        for radio in (self.this_clip, self.many):
            inputs.addButton(radio)
            self.column.addWidget(radio)
        row = QHBoxLayout()
        row.setContentsMargins(INDENT, 0, 0, 0)
        for text, tip, call in (
            ("Folder …", "A folder of motion files", self._ask_folder),
            ("Archive …", "A .zip or .tar of motion files", self._ask_archive),
        ):
            button = tipped(QPushButton(text), tip)
            button.clicked.connect(call)
            row.addWidget(button)
        row.addStretch()
        self.column.addLayout(row)
        self.about = hint("")
        self.column.addWidget(self.about)
        self.many.toggled.connect(lambda _: self._show_input())

    def _make_levels(self) -> None:
        row = QHBoxLayout()
        self._levels_title = label("", "heading")
        self.all_levels = tipped(QToolButton(), "All of them, or the usual ones again")
        self.all_levels.setText("all")
        self.all_levels.clicked.connect(self._choose_all)
        row.addWidget(self._levels_title)
        row.addStretch()
        row.addWidget(self.all_levels)
        self.column.addLayout(row)
        self.levels = QGridLayout()
        self.levels.setSpacing(2)
        self.column.addLayout(self.levels)
        self.at = tipped(QComboBox(), "Frame rate at which this is varied")
        self.at.addItems(["at the full rate", *(f"at one frame in {r}" for r in ALL_RATES[1:])])
        self.column.addWidget(self.at)

    def _list(self) -> QVBoxLayout:
        made = QVBoxLayout()
        made.setSpacing(4)
        self.column.addLayout(made)
        return made

    # -- what is shown --------------------------------------------------------------------------------------

    def ask(self, question: Question) -> None:
        """Turn to another question."""
        self.question = question
        self._levels_title.setText("KEEP ONE FRAME IN" if question.key == RATE else question.text.upper())
        self.all_levels.setVisible(question.levels != question.chosen)
        self.at.setVisible(question.key != RATE)
        self._show_levels()
        _empty(self.mode_list)
        for mode in question.modes:
            box = tipped(QCheckBox(question.said(mode)), MODES[mode].tip)
            box.setChecked(mode in self.modes)
            box.setEnabled(len(question.modes) > 1)
            box.toggled.connect(lambda on, mode=mode: self._tick_mode(mode, on))
            self.mode_list.addWidget(box)
        self._show_input()

    def _show_models(self) -> None:
        _empty(self.model_list)
        slots = self._slots()
        self.no_models.setVisible(not slots)
        for slot in slots:
            card, key = find_model(slot.choice.name).card, slot.choice.key
            box = tipped(QCheckBox(key if card.usable else f"{key} ({UNTRAINED})"), describe(card))
            box.setChecked(self._is_ticked(slot))
            box.setIcon(QIcon(chip_picture(model_colour(slot.colour))))
            box.setIconSize(QSize(14, 14))
            box.toggled.connect(lambda on, key=key: self._tick_model(key, on))
            self.model_list.addWidget(box)
        self._show_input()
        self.changed.emit()

    def _show_input(self) -> None:
        clip = self._state.document.clip
        self.this_clip.setText("This clip" if clip is None else f"This clip: {clip.name}")
        self.many.setText("Many clips" if self._path is None else f"Many clips: {self._path.name}")
        experiment = self._experiment()
        self.about.setText(NOTHING[self.many.isChecked()] if experiment is None else self._caption(experiment))

    def _show_levels(self) -> None:
        _empty(self.levels)
        question, chosen = self.question, self._chosen[self.question.key]
        across = 8 if question.key == RATE else 3
        for k, level in enumerate(question.levels):
            button = QPushButton(question.say(level))
            button.setCheckable(True)
            button.setChecked(level in chosen)
            button.setProperty("segment", "true")
            button.setMinimumWidth(1)
            button.toggled.connect(lambda on, level=level: self._choose(level, on))
            self.levels.addWidget(button, k // across, k % across)

    # -- choosing -------------------------------------------------------------------------------------------

    def take(self, path: Path) -> None:
        """Run on everything in this folder, archive or file from now on."""
        self._path, self._preferences.folder = path, str(path.parent)
        self.many.setChecked(True)
        self._show_input()

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Clips for the rate bench", self._preferences.folder)
        if path:
            self.take(Path(path))

    def _ask_archive(self) -> None:
        known = " ".join(f"*{suffix}" for suffix in ARCHIVE_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self, "Clips for the rate bench", self._preferences.folder, f"Archives ({known});;All files (*)"
        )
        if path:
            self.take(Path(path))

    def _choose(self, level: float, on: bool) -> None:
        chosen = self._chosen[self.question.key]
        (chosen.add if on else chosen.discard)(level)

    def _choose_all(self) -> None:
        question = self.question
        every = self._chosen[question.key] == set(question.levels)
        self._chosen[question.key] = set(question.chosen if every else question.levels)
        self._show_levels()

    def _tick_model(self, key: str, on: bool) -> None:
        self._ticked[key] = on
        self.changed.emit()

    def _tick_mode(self, mode: Mode, on: bool) -> None:
        (self._modes_off.discard if on else self._modes_off.add)(mode)
        self.changed.emit()

    def _is_ticked(self, slot: Slot) -> bool:
        return self._ticked.get(slot.choice.key, find_model(slot.choice.name).card.usable)

    # -- what was chosen ------------------------------------------------------------------------------------

    @property
    def modes(self) -> list[Mode]:
        """The modes that are ticked; the only one where there is no choice."""
        modes = self.question.modes
        return [mode for mode in modes if mode not in self._modes_off] if len(modes) > 1 else list(modes)

    def colours(self) -> dict[str, int]:
        """List the ticked models by name, with their colours."""
        return {slot.choice.variant: slot.colour for slot in self._slots() if self._is_ticked(slot)}

    def plan(self) -> Plan | Refusal:
        """Make the plan, or say what is missing."""
        experiment = self._experiment()
        if experiment is None:
            return Refusal(NOTHING[self.many.isChecked()])
        levels = tuple(sorted(self._chosen[self.question.key]))
        for what, chosen in (("model", experiment.models), ("level", levels), ("way", self.modes)):
            if not chosen:
                return Refusal(f"Choose at least one {what}.")
        return Plan(
            self.question,
            experiment,
            levels,
            tuple(self.modes),
            None if self.many.isChecked() else self._state.document.clip,
            self.at.currentIndex() + 1,
            self._caption(experiment),
        )

    def _slots(self) -> list[Slot]:
        """List the first slot of each model: its Δ is what is varied here."""
        slots = reversed(self._state.document.settings.slots)
        return list({slot.choice.variant: slot for slot in slots}.values())[::-1]

    def _experiment(self) -> Experiment | None:
        """Make the window's experiment with the ticked models, on its clip or on the many; None without any."""
        models = tuple(slot.choice for slot in self._slots() if slot.choice.variant in self.colours())
        if not self.many.isChecked():
            here = self._state.document.experiment()
            return None if here is None else here.model_copy(update={"models": models})
        if self._path is None:
            return None
        settings = self._state.document.settings
        camera = settings.viewpoint.camera
        everywhere = isinstance(camera, str) and not camera.startswith("file:")
        viewpoint = settings.viewpoint if everywhere else settings.viewpoint.seen_from(Viewpoint().camera)
        source = FileSource(path=str(self._path))
        return Experiment(source=source, viewpoint=viewpoint, input=settings.input, models=models)

    def _caption(self, experiment: Experiment) -> str:
        """Say what all of it is about in one line: the clips, the camera, what else is done to the input."""
        clip = self._state.document.clip
        name = self._path.name if self.many.isChecked() and self._path is not None else clip.name if clip else ""
        chosen = experiment.viewpoint.camera
        camera = chosen if isinstance(chosen, str) else chosen.name
        others = {} if self.question.key == RATE else {self.question.key: 0.0}
        return ", ".join(filter(None, [name, f"{camera} camera", changes(experiment.input.with_levels(others))]))


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()
