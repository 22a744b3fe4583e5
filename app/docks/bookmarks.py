"""Frames that are worth coming back to, with a note to each."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QWidget,
)

from app.docks.panel import Panel, hint
from app.look import icons
from app.look.theme import THEMES
from app.state.state import Bookmark, LoadedClip, State
from app.widgets.later import Later
from app.widgets.painting import clock_text

ROW = 25
TIME, NOTE = range(2)


class NoteEditor(QStyledItemDelegate):
    """Says what is wanted; when it closes, the keys belong to the window again."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: object) -> QWidget:
        editor = QLineEdit(parent, frame=False)
        editor.setPlaceholderText("A note, then Enter")
        return editor


class Bookmarks(Panel):
    """Click goes there; double click or F2 changes the note; Del removes."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._shown: tuple[Bookmark, ...] = ()
        self._clip: LoadedClip | None = None
        self.add = QToolButton(toolTip="Bookmark this frame (K)")
        self.remove = QToolButton(toolTip="Remove the bookmark of this frame (Del)")
        self.add.clicked.connect(self.mark)
        self.remove.clicked.connect(lambda: self._remove(state.frame))
        self.buttons = (self.remove, self.add)
        self.empty = hint("")
        self.column.addWidget(self.empty)
        self.table = QTableWidget(0, 2)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setShowGrid(False)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # the panel scrolls
        self.table.horizontalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(TIME, QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        self.table.setAccessibleName("Bookmarks")
        self.table.setItemDelegateForColumn(NOTE, NoteEditor(self.table))
        self.column.addWidget(self.table)
        self.column.addStretch()
        self.table.cellClicked.connect(lambda row, _: self._go(row))
        self.table.itemChanged.connect(self._on_edited)
        self.table.itemDelegateForColumn(NOTE).closeEditor.connect(lambda *_: self.table.clearFocus())
        remove = QShortcut(QKeySequence.StandardKey.Delete, self.table)
        remove.setContext(Qt.ShortcutContext.WidgetShortcut)
        remove.activated.connect(self._remove_selected)

        self._showing = Later(self, self._catch_up)
        state.bookmarks_changed.connect(lambda _: self._showing.start())
        state.clip_changed.connect(lambda _: self._showing.start())
        state.frame_changed.connect(lambda _: self._show_here())
        state.theme_changed.connect(self._dress)
        self._dress(state.theme)
        self.show_bookmarks()

    def mark(self) -> None:
        """Bookmark the present frame, and write its note unless the clip is playing."""
        state = self._state
        if state.clip is None:
            return
        if not any(bookmark.frame == state.frame for bookmark in state.bookmarks):
            state.set_bookmark(state.frame)
        self.show_bookmarks()
        row = self._row_here()
        if not state.playing and row is not None:
            self.table.setCurrentCell(row, NOTE)
            self.table.editItem(self.table.item(row, NOTE))

    def show_bookmarks(self) -> None:
        state, clip = self._state, self._state.clip
        self._clip, self._shown = clip, state.bookmarks if clip is not None else ()
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._shown))
            for row, bookmark in enumerate(self._shown):
                seconds = float(clip.times[bookmark.frame] - clip.times[0]) if clip is not None else 0.0
                time = QTableWidgetItem(clock_text(seconds))
                time.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                time.setToolTip(f"Frame {bookmark.frame}")
                self.table.setItem(row, TIME, time)
                self.table.setItem(row, NOTE, QTableWidgetItem(bookmark.note))
        self.table.setVisible(bool(self._shown))
        self.table.setFixedHeight(ROW * len(self._shown) + 2)
        self.empty.setVisible(not self._shown)
        self.empty.setText(
            "Open a clip to bookmark its frames."
            if clip is None
            else "K marks the frame that is shown, with a note if you like; N goes to the next mark. "
            "Marks are saved in the session."
        )
        self.add.setEnabled(clip is not None)
        self._show_here()

    def _catch_up(self) -> None:
        """Show what has changed; a note that is being written must not be taken away."""
        if (self._clip, self._shown) != (self._state.clip, self._state.bookmarks):
            self.show_bookmarks()

    def _show_here(self) -> None:
        """Select the bookmark of the present frame."""
        row = self._row_here()
        self.remove.setEnabled(row is not None)
        with QSignalBlocker(self.table):
            if row is None:
                self.table.clearSelection()
            else:
                self.table.selectRow(row)

    def _row_here(self) -> int | None:
        return next((row for row, b in enumerate(self._shown) if b.frame == self._state.frame), None)

    def _go(self, row: int) -> None:
        self._state.set_playing(False)
        self._state.set_frame(self._shown[row].frame)

    def _on_edited(self, item: QTableWidgetItem) -> None:
        self._state.set_bookmark(self._shown[item.row()].frame, item.text().strip())

    def _remove_selected(self) -> None:
        """Not the table's current row: that stays where it was, unseen, when the frame moves on."""
        for index in self.table.selectionModel().selectedRows():
            self._remove(self._shown[index.row()].frame)

    def _remove(self, frame: int) -> None:
        if any(bookmark.frame == frame for bookmark in self._state.bookmarks):
            self._state.remove_bookmark(frame)
            self._state.say("The bookmark is removed; Ctrl+Z brings it back.", error=False)

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.add.setIcon(icons.icon("add", theme.text, theme.faint))
        self.remove.setIcon(icons.icon("remove", theme.text, theme.faint))
