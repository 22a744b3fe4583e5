"""The models that run, with their colour, their device and a Δ of their own."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget, QWidgetAction

from app.docks.panel import Panel, hint, tipped
from app.look import icons
from app.look.theme import MODEL_COLOURS, SPACE, THEMES, Theme, model_colour
from app.present.answers import answers_of
from app.present.wording import UNTRAINED, UNTRAINED_TIP, hertz, number
from app.state.results import Shown
from app.state.settings import Settings, Slot
from app.state.state import State
from app.widgets.chip import chip_picture
from app.widgets.colour_check import ColourCheck
from app.widgets.elided import Elided
from app.widgets.sliders import label, log_slider
from engine.experiment.rate import RatePolicy
from engine.experiment.settings import ModelChoice
from engine.export.palette import COLOUR_NAMES
from engine.models import devices
from engine.models.card import WHOM, ModelCard, short_count
from engine.models.families import find_model, list_models
from engine.models.registry import ModelEntry

OWN_RATE = (
    ("Δ as set at the right", None),
    ("Δ auto", RatePolicy(mode="auto")),
    ("Δ as trained", RatePolicy(mode="trained")),
    ("Input resampled to the trained rate", RatePolicy(mode="resample")),
)
OCTAVES = 4  # of Δ by hand to either side
SPLITS = {"val": "validation", "test": "test"}
LIVE = {
    "step": "causal, frame by frame",
    "sliding window": "its latest window again for every frame",
    "no": "bidirectional, needs the whole clip",
}
"""By `ModelCard.streams`."""


class ModelsPanel(Panel):
    """A row for each slot of the settings."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.add = tipped(QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup), "Add a model")
        self.add.setMenu(QMenu(self))
        self.add.menu().aboutToShow.connect(lambda: self.fill_menu(self.add.menu()))
        self.empty = hint("No model is here yet. Add one, and it runs on the clip at once.")
        self.begin = QPushButton("Add a model")
        self.begin.setMenu(self.add.menu())
        self.column.addWidget(self.empty)
        self.column.addWidget(self.begin)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE)
        self.column.addLayout(self._list)
        self.column.addStretch()
        self.rows: list[ModelRow] = []
        state.document.events.settings.connect(self.show_settings)
        state.results.events.shown.connect(self.show_results)
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)

    def _dress(self, name: str) -> None:
        self.add.setIcon(icons.icon("add", THEMES[name].text))
        self.show_settings(self._state.document.settings)

    def show_settings(self, settings: Settings) -> None:
        """Show a row for each slot."""
        while len(self.rows) > len(settings.slots):
            row = self.rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(settings.slots):
            self.rows.append(ModelRow(self._state, len(self.rows)))
            self._list.addWidget(self.rows[-1])
        for row, slot in zip(self.rows, settings.slots, strict=True):
            row.show_slot(slot)
        for widget in (self.empty, self.begin):
            widget.setVisible(not self.rows)

    def show_results(self, shown: Shown | None) -> None:
        """Describe the models that have run: they know their size, which the card of an untrained one does not hold."""
        if shown is not None and shown.settings.slots == self._state.document.settings.slots:
            rows = [row for row, slot in zip(self.rows, shown.settings.slots, strict=True) if slot.on]
            for row, model in zip(rows, shown.results.models, strict=False):
                if isinstance(model.card, ModelCard):
                    row.setToolTip(describe(model.card))

    def fill_menu(self, menu: QMenu) -> None:
        """Put every model that there is into a menu, untrained ones into one of its own; choosing one adds it."""
        empty(menu)
        menu.setToolTipsVisible(True)
        rest = QMenu("Untrained", menu)
        rest.setToolTipsVisible(True)
        for entry in list_models():
            self._offer(menu if entry.usable else rest, entry)
        if rest.actions():
            menu.addSeparator()
            menu.addMenu(rest)

    def _offer(self, menu: QMenu, entry: ModelEntry) -> None:
        action = menu.addAction(entry.name)
        action.setToolTip(describe(entry.card))
        action.triggered.connect(lambda: self._state.document.add_model(ModelChoice(name=entry.name)))


class ModelRow(QWidget):
    """On or off in its colour, name, how it was trained, and a menu. Its place is that of its slot."""

    def __init__(self, state: State, index: int) -> None:
        super().__init__()
        self._state, self._index = state, index
        self._showing: tuple[Slot, Theme] | None = None
        self.check = ColourCheck()
        self.check.setToolTip("Run and show this model")
        self.check.toggled.connect(lambda on: state.document.change_model(index, on=on))
        self.name, self.about = Elided(), Elided(Qt.TextElideMode.ElideRight)
        self.about.setProperty("role", "small")
        self.badge = label(UNTRAINED, "badge", UNTRAINED_TIP)
        self.menu_button = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setToolTip("Δ of its own, duplicate, colour, device, remove")
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self.fill_menu)
        self.menu_button.setMenu(self.menu)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(self.name)
        below = QHBoxLayout()
        below.addWidget(self.about, 1)
        below.addWidget(self.badge)
        text.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.check, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(text, 1)
        row.addWidget(self.menu_button)

    @property
    def slot(self) -> Slot:
        return self._state.document.settings.slots[self._index]

    def show_slot(self, slot: Slot) -> None:
        """Show a slot's model, colour and training."""
        theme = THEMES[self._state.view.theme]
        if self._showing == (slot, theme):
            return
        self._showing = (slot, theme)
        card = find_model(slot.choice.name).card
        with QSignalBlocker(self.check):
            self.check.setChecked(slot.on)
        self.check.set_look(model_colour(slot.colour), theme)
        self.check.setAccessibleName(slot.choice.label)
        self.name.setText(card.name)
        self.name.setEnabled(slot.on)
        own = slot.choice.label.removeprefix(slot.choice.name).lstrip(" ·")
        training = card.training if card.usable else card.system
        self.about.setText(f"{own} · {training.removeprefix('trained on ')}" if own else training)
        self.badge.setVisible(not card.usable)
        self.menu_button.setIcon(icons.icon("more", theme.muted))
        self.setToolTip(describe(card))

    # -- the menu -------------------------------------------------------------------------------------------

    def fill_menu(self) -> None:
        """Offer what can be changed of this model."""
        empty(self.menu)
        self._offer_delta(self.menu)
        choice = self.slot.choice
        self._offer_answers(self.menu)
        twin = self.menu.addMenu("Duplicate with")
        twin.setToolTipsVisible(True)
        for text, policy in OWN_RATE:
            changed = choice.model_copy(update={"rate": policy})
            if changed != choice:
                action = twin.addAction(text)
                action.setToolTip("The same weights once more, to compare")
                action.triggered.connect(lambda _=False, changed=changed: self._state.document.add_model(changed))
        for change, text, tip in answers_of(find_model(choice.name).card):
            changed = choice.model_copy(update=change)
            if changed != choice:
                action = twin.addAction(text)
                action.setToolTip(tip)
                action.triggered.connect(lambda _=False, changed=changed: self._state.document.add_model(changed))
        self.menu.addSeparator()
        colours = self.menu.addMenu("Colour")
        for k, (name, colour) in enumerate(zip(COLOUR_NAMES, MODEL_COLOURS, strict=True)):
            action = self._radio(colours, name, k == self.slot.colour % len(MODEL_COLOURS), self._changing(colour=k))
            action.setIcon(QIcon(chip_picture(colour)))
        self._offer_device(self.menu.addMenu("Device"))
        self.menu.addSeparator()
        self.menu.addAction("Remove").triggered.connect(lambda: self._state.document.remove_model(self._index))

    def _offer_delta(self, menu: QMenu) -> None:
        choice, group = self.slot.choice, QActionGroup(menu)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        for text, policy in OWN_RATE:
            changed = choice.model_copy(update={"rate": policy})
            group.addAction(self._radio(menu, text, changed == choice, self._changing(choice=changed)))
        by_hand = choice.rate.factor if choice.rate is not None and choice.rate.mode == "factor" else 1.0
        slider = log_slider("Δ by hand", OCTAVES, lambda factor: f"×{factor:.2f}", "This model's own factor of Δ")
        slider.setContentsMargins(22, 2, 14, 2)
        slider.setMinimumWidth(230)
        slider.set_value(by_hand)

        def set_by_hand(factor: float) -> None:
            if group.checkedAction() is not None:
                group.checkedAction().setChecked(False)
            own = {"rate": RatePolicy(mode="factor", factor=factor)}
            self._state.document.change_model(self._index, choice=self.slot.choice.model_copy(update=own))

        slider.changed.connect(set_by_hand)
        place = QWidgetAction(menu)
        place.setDefaultWidget(slider)
        menu.addAction(place)
        menu.addSeparator()

    def _offer_answers(self, menu: QMenu) -> None:
        choice, group = self.slot.choice, QActionGroup(menu)
        for change, text, tip in answers_of(find_model(choice.name).card):
            changed = choice.model_copy(update=change)
            action = self._radio(menu, text, changed == choice, self._changing(choice=changed))
            action.setToolTip(tip)
            group.addAction(action)
        if group.actions():
            menu.addSeparator()

    def _offer_device(self, menu: QMenu) -> None:
        menu.setToolTipsVisible(True)
        choice = self.slot.choice
        why = devices.why_no_gpu() if devices.asked() else "PyTorch is still starting"
        offered = {"cpu": "CPU"} | ({} if why else {"cuda": devices.gpu_name()})
        if choice.device not in offered:
            offered[choice.device] = f"{choice.device} (not here)"
        for device, text in offered.items():
            changed = choice.model_copy(update={"device": device})
            self._radio(menu, text, device == choice.device, self._changing(choice=changed))
        if why:
            menu.addAction(f"No GPU: {why}").setEnabled(False)

    def _changing(self, **changes: object) -> Callable[[], None]:
        return lambda: self._state.document.change_model(self._index, **changes)

    @staticmethod
    def _radio(menu: QMenu, text: str, on: bool, call: Callable[[], None]) -> QAction:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(on)
        action.triggered.connect(lambda: call())
        return action


def empty(menu: QMenu) -> None:
    """Clear a menu with its submenus and groups, which `QMenu.clear` would leave behind each time that it opens."""
    menu.clear()
    for kind in (QMenu, QActionGroup):
        for child in menu.findChildren(kind, options=Qt.FindChildOption.FindDirectChildrenOnly):
            child.deleteLater()


def describe(card: ModelCard) -> str:
    """Write a card as a tooltip."""
    rows = []
    if card.params:
        held = "" if card.params_module_held == card.params else f" ({number(card.params_module_held, 0)} in modules)"
        rows.append(("Parameters", f"{number(card.params, 0)}{held}"))
    if card.macs_per_frame:
        rows.append(("MACs", f"{short_count(card.macs_per_frame)} per frame"))
    if card.trained:
        rows.append(("Training", card.training))
        rows.append(("Own rate", hertz(card.rate_hz)))
        rows.append(("Data", str(card.data)))
        summary = card.figures.summary
        errors = [f"{name} {number(summary[s]['mpjpe_mm'])} mm" for s, name in SPLITS.items() if s in summary]
        rows.append(("MPJPE", " · ".join(errors)))
        rows += [(f"Labels, {WHOM[whom]}", str(found)) for whom, found in card.figures.actions.items()]
    else:
        said = card.training if card.analytic else "untrained: fresh random weights, its figures mean nothing"
        rows.append(("Training", said))
    rows.append(("Streaming", LIVE[card.streams]))
    rows.append(("Frame rate", card.follows_rate))
    rows += [("Note", note) for note in card.notes]
    lines = "".join(
        f"<tr><td style='padding-right: 10px'><i>{name}</i></td><td>{escape(value)}</td></tr>"
        for name, value in rows
        if value
    )
    head = f"<b>{escape(card.name)}</b> · {escape(card.system)}<br>{escape(card.summary)}"
    return f"<p>{head}</p><table width='380'>{lines}</table>"
