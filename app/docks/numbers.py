"""Figures of every model, of every joint, of every motion category."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from app.docks.panel import hint, tipped
from app.look import icons
from app.look.theme import SPACE, THEMES
from app.present.curves import has_errors
from app.present.tables import NOW, RARELY, categories_table, errors_now, figures_csv, joints_table, models_table
from app.present.wording import count_of
from app.state.clip import LoadedClip
from app.state.results import Shown
from app.state.state import State
from app.widgets.figure_table import FigureTable
from app.widgets.later import Later
from app.widgets.segmented import Segmented

if TYPE_CHECKING:
    from engine.experiment.sweep import SweepTable

VIEWS = {
    "models": ("Models", "Every figure of every model"),
    "joints": ("Joints", "The error of every joint. Click one to look at it alone, in the curves too"),
    "categories": ("Categories", "The error for each kind of motion, over many clips"),
}
STALE_MS = 200
"""From when on figures that are not up to date are dimmed."""
NO_TRUTH = "2D keypoints have no 3D truth to measure errors against."
LABELS = "These models give labels, not poses: there are no errors to measure. The timeline shows the labels."


class Numbers(QWidget):
    """One of three tables, chosen above it; each can be copied."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._sweep: SweepTable | None = None
        self._swept = ""  # what the sweep is about
        self._in_table: Shown | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.switch = Segmented(VIEWS)
        self.copy = tipped(
            QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup),
            "Copy this table. Ctrl+C copies the rows that are selected in it",
        )
        self.copy.setMenu(self._copy_menu())
        self.buttons = (self.switch, self.copy)
        self.tables = {
            "models": FigureTable(hidden=RARELY),
            "joints": FigureTable(one_row=True),
            "categories": FigureTable(),
        }
        self.empty = hint("")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        for name, table in self.tables.items():
            table.setAccessibleName(f"Figures, {VIEWS[name][0].lower()}")
            table.copied.connect(lambda rows: state.results.show_sign(f"{count_of(rows, 'row')} copied"))
            self.stack.addWidget(table)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE // 2, 0, SPACE // 2, 0)
        column.addWidget(self.empty, 1)
        column.addWidget(self.stack, 1)
        self.view = "models"
        self.switch.set_choice(self.view)
        self.switch.chosen.connect(self.show_view)
        self.tables["joints"].chosen.connect(self._choose_joint)
        showing = Later(self, self.refresh)
        for event in (state.results.events.shown, state.results.events.pinned):
            event.connect(lambda: showing.start())
        self._late = QTimer(self, interval=STALE_MS, singleShot=True)
        self._late.timeout.connect(self._show_stale)
        state.results.events.shown.connect(lambda: self._show_stale())
        state.document.events.settings.connect(lambda: self._late.isActive() or self._late.start())
        state.moment.events.seconds.connect(self._show_now)
        state.view.events.selection.connect(self._show_joint)
        state.view.events.theme.connect(self._dress)
        state.document.events.settings.connect(self._explain)
        state.document.events.clip.connect(self._on_clip)
        self._dress(state.view.theme)

    def show_view(self, name: str) -> None:
        """Show one of `VIEWS`."""
        self.view = name
        self.switch.set_choice(name)
        self.stack.setCurrentWidget(self.tables[name])
        self._explain()

    def show_sweep(self, table: SweepTable) -> None:
        """Break these results, of everything that the clip's file or folder holds, down by category."""
        self._sweep = table
        clip = self._state.document.clip
        self._swept = clip.source if clip is not None else ""
        self.refresh()

    def refresh(self) -> None:
        """Put the present results into the tables."""
        shown = self._in_table = self._state.results.shown
        if shown is not None and shown.results.models:
            self.tables["models"].set_table(models_table(shown, self._state.moment.seconds, self._state.results.pinned))
        if shown is not None and has_errors(shown):
            self.tables["joints"].set_table(joints_table(shown))
            self._show_joint(self._state.view.selection)
        if self._sweep is not None:
            colours = {slot.choice.variant: slot.colour for slot in self._state.document.settings.slots}
            self.tables["categories"].set_table(categories_table(self._sweep, colours))
        self._explain()

    # -- copying --------------------------------------------------------------------------------------------

    def copy_csv(self) -> None:
        """Copy the table on show; of the models, with everything that decides their figures."""
        shown = self._state.results.shown
        if self.view == "models" and shown is not None:
            self._copy("CSV", figures_csv(shown.results))
        else:
            self._copy("CSV", self.tables[self.view].arranged().csv())

    def copy_markdown(self) -> None:
        """Copy the table on show, for notes."""
        self._copy("Markdown", self.tables[self.view].arranged().markdown())

    def copy_latex(self) -> None:
        """Copy the table on show, for a paper."""
        self._copy("LaTeX", self.tables[self.view].arranged().latex())

    def _copy(self, form: str, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._state.results.say(f"The table is on the clipboard as {form}.", error=False)

    def _copy_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        entries: dict[str, tuple[Callable[[], None], str]] = {
            "Copy as CSV": (self.copy_csv, "For programs: full precision, with everything that decides the figures"),
            "Copy as Markdown": (self.copy_markdown, "For notes and issues, the best values bold"),
            "Copy as LaTeX": (self.copy_latex, "For a paper: a booktabs table, the best values bold"),
        }
        for text, (call, tip) in entries.items():
            action = menu.addAction(text)
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, call=call: call())
        return menu

    # -- keeping up -----------------------------------------------------------------------------------------

    def _show_now(self) -> None:
        shown = self._in_table
        if shown is not None and shown is self._state.results.shown and has_errors(shown):
            self.tables["models"].set_cells(NOW, errors_now(shown, self._state.moment.seconds))

    def _show_stale(self) -> None:
        """Dim what answers other settings than the present ones: results are on their way."""
        shown = self._state.results.shown
        stale = shown is not None and shown.settings != self._state.document.settings
        for name in ("models", "joints"):
            self.tables[name].set_stale(stale)

    def _choose_joint(self, joint: int) -> None:
        """Look at a joint alone; a second click takes that back."""
        view = self._state.view
        view.selection = None if joint == view.selection else joint

    def _show_joint(self, joint: int | None) -> None:
        self.tables["joints"].select_row(joint)

    def _on_clip(self, clip: LoadedClip | None) -> None:
        if clip is None or clip.source != self._swept:
            self._sweep = None
        self._explain()

    def _explain(self) -> None:
        why = self._why_empty()
        without = self._in_table is not None and not has_errors(self._in_table) and self.view == "models"
        self.empty.setText(why or (self._why_without() if without else ""))
        self.empty.setVisible(bool(self.empty.text()))
        self.stack.setVisible(not why)
        self.copy.setEnabled(not why)

    def _why_empty(self) -> str:
        document, shown = self._state.document, self._state.results.shown
        clip = document.clip
        if self.view == "categories" and self._sweep is not None:
            return ""
        if self.view == "categories":
            category = clip.motion.category if clip is not None else ""
            one = f"This clip is of one category, {category}." if category else "This needs more than one clip."
            return f"{one} Open a folder or archive of clips and run the rate bench on it (Tools)."
        if clip is None:
            return "The figures of every model stand here once a clip is open."
        if not any(slot.on for slot in document.settings.slots):
            return "No model is on. Switch one on, or add one with + at the left."
        if shown is None or not shown.results.models:
            return "Running the models …"
        if self.view == "joints" and not has_errors(shown):
            return self._why_without()
        return ""

    def _why_without(self) -> str:
        shown = self._state.results.shown
        return LABELS if shown is not None and shown.results.truth is not None else NO_TRUTH

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.copy.setIcon(icons.icon("copy", theme.muted, theme.faint))
        for table in self.tables.values():
            table.set_theme(theme)
        self.refresh()
