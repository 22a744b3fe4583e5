"""The models: which ones run, in which colour, with what Δ of their own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import icons
from app.docks.panel import Panel, hint
from app.state import Settings, Slot, State
from app.theme import MODEL_COLOURS, THEMES, model_colour
from app.widgets.chip import chip_picture
from app.widgets.painting import hertz, number
from app.widgets.sliders import label
from engine.experiment import DeltaSetting, ModelChoice
from engine.models.card import ModelCard
from engine.models.registry import find_model, list_models

OWN_DELTA = (
    ("Δ as set at the right", {"delta": None, "resample": None}),
    ("Δ auto", {"delta": DeltaSetting(mode="auto"), "resample": None}),
    ("Δ as trained", {"delta": DeltaSetting(mode="trained"), "resample": None}),
    ("Input resampled to the trained rate", {"delta": DeltaSetting(mode="auto"), "resample": True}),
)


class ModelsPanel(Panel):
    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.add = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup, toolTip="Add a model")
        self.add.setMenu(QMenu(self))
        self.add.menu().aboutToShow.connect(lambda: self.fill_menu(self.add.menu()))
        self.add.menu().setToolTipsVisible(True)
        self.empty = hint("No model is here yet. Add one with + and it runs on the clip at once.")
        self.column.addWidget(self.empty)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self.column.addLayout(self._list)
        self.column.addStretch()
        self.rows: list[ModelRow] = []
        self._slots: tuple[Slot, ...] = ()
        state.settings_changed.connect(self.show_settings)
        state.theme_changed.connect(lambda _: self._rebuild())
        self._rebuild()

    def show_settings(self, settings: Settings) -> None:
        if settings.slots != self._slots:
            self._rebuild()

    def _rebuild(self) -> None:
        theme = THEMES[self._state.theme]
        self.add.setIcon(icons.icon("add", theme.text))
        self._slots = self._state.settings.slots
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = [ModelRow(self._state, index, slot) for index, slot in enumerate(self._slots)]
        for row in self.rows:
            self._list.addWidget(row)
        self.empty.setVisible(not self.rows)

    def fill_menu(self, menu: QMenu) -> None:
        """Put every model that there is into a menu; choosing one adds it."""
        menu.clear()
        for entry in list_models():
            action = menu.addAction(entry.name if entry.trained else f"{entry.name}  (untrained)")
            action.setToolTip(describe(entry.card))
            action.triggered.connect(lambda _=False, name=entry.name: self._state.add_model(ModelChoice(name=name)))


class ModelRow(QWidget):
    """On or off, colour, name, badge, and a menu."""

    def __init__(self, state: State, index: int, slot: Slot) -> None:
        super().__init__()
        card = find_model(slot.choice.name).card
        self.setToolTip(describe(card))
        theme = THEMES[state.theme]
        self.check = QCheckBox(checked=slot.on, toolTip="Run and show this model")
        self.check.toggled.connect(lambda on: state.change_model(index, on=on))
        chip = QLabel(pixmap=chip_picture(model_colour(slot.colour), 14))
        self.name = QLabel(card.name)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.menu_button = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setIcon(icons.icon("more", theme.muted))
        self.menu_button.setToolTip("Δ of its own, colour, remove")
        self.menu_button.setMenu(self._menu(state, index, slot))
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(6)
        top.addWidget(self.check)
        top.addWidget(chip)
        top.addWidget(self.name, 1)
        top.addWidget(self.menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        own = slot.choice.label.removeprefix(slot.choice.name).lstrip(" ·")
        said = [own] if own else []
        said.append(card.system)
        if card.trained:  # else the badge takes the room
            said.append("causal" if card.causal else "whole clip")
        below = QHBoxLayout()
        below.setContentsMargins(44, 0, 4, 4)
        about = label(" · ".join(said), "muted")
        about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        below.addWidget(about, 1)
        self.badge = label("untrained", "badge", "Fresh random weights: its numbers mean nothing yet")
        self.badge.setVisible(not card.trained)
        below.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignRight)
        layout.addLayout(below)

    def _menu(self, state: State, index: int, slot: Slot) -> QMenu:
        menu = QMenu(self)
        for text, changes in OWN_DELTA:
            changed = slot.choice.model_copy(update=changes)
            action = QAction(text, menu, checkable=True, checked=changed == slot.choice)
            action.triggered.connect(lambda _=False, choice=changed: state.change_model(index, choice=choice))
            menu.addAction(action)
        menu.addSeparator()
        twin = menu.addAction("Add it once more")
        twin.triggered.connect(lambda: state.add_model(slot.choice))
        colours = menu.addMenu("Colour")
        for k, colour in enumerate(MODEL_COLOURS):
            action = colours.addAction(QIcon(chip_picture(colour, 14)), colour)
            action.triggered.connect(lambda _=False, k=k: state.change_model(index, colour=k))
        menu.addSeparator()
        menu.addAction("Remove").triggered.connect(lambda: state.remove_model(index))
        return menu


def describe(card: ModelCard) -> str:
    """The card as a tooltip."""
    lines = [
        f"<b>{card.name}</b> ({card.system}): {card.summary}",
        f"{'Causal: can be streamed.' if card.causal else 'Bidirectional: needs the whole clip.'}",
        card.follows_rate,
    ]
    if card.params:
        lines.append(f"{number(card.params, 0)} parameters, {number(card.macs_per_frame / 1e6)} M MAC per frame")
    if card.trained:
        lines.append(f"Trained at {hertz(card.trained_hz)} on {number(card.trained_frames, 0)} frames. {card.data}")
        lines += [
            f"{split}: MPJPE {number(found['mpjpe_mm'])} mm"
            for split, found in card.metrics.items()
            if "mpjpe_mm" in found
        ]
    else:
        lines.append("Not trained: fresh random weights.")
    return "<br>".join([*lines, *card.notes])
