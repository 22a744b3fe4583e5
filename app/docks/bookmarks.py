"""Bookmarks: frames that are worth coming back to, with a note to each."""

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

from app.docks.panel import Panel, hint, tipped
from app.look import icons
from app.look.theme import THEMES
from app.present.wording import clock_text
from app.state.clip import LoadedClip
from app.state.settings import Bookmark
from app.state.state import State
from app.widgets.later import Later

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
        self.add = tipped(QToolButton(), "Bookmark this frame (K)")
        self.remove = tipped(QToolButton(), "Remove the bookmark of this frame (Del)")
        self.add.clicked.connect(self.mark)
        self.remove.clicked.connect(lambda: self._remove(state.moment.frame))
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
        state.document.events.bookmarks.connect(lambda: self._showing.start())
        state.document.events.clip.connect(lambda: self._showing.start())
        state.moment.events.seconds.connect(self._show_here)
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)
        self.show_bookmarks()

    def mark(self) -> None:
        """Bookmark the present frame, and write its note unless the clip is playing."""
        document, moment = self._state.document, self._state.moment
        if document.clip is None:
            return
        if not any(bookmark.frame == moment.frame for bookmark in document.bookmarks):
            document.set_bookmark(moment.frame)
        self.show_bookmarks()
        row = self._row_here()
        if not moment.playing and row is not None:
            self.table.setCurrentCell(row, NOTE)
            self.table.edit(self.table.currentIndex())

    def show_bookmarks(self) -> None:
        """Show the document's bookmarks."""
        document, clip = self._state.document, self._state.document.clip
        self._clip, self._shown = clip, document.bookmarks if clip is not None else ()
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
        document = self._state.document
        if (self._clip, self._shown) != (document.clip, document.bookmarks):
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
        here = self._state.moment.frame
        return next((row for row, b in enumerate(self._shown) if b.frame == here), None)

    def _go(self, row: int) -> None:
        self._state.moment.set_playing(False)
        self._state.moment.set_frame(self._shown[row].frame)

    def _on_edited(self, item: QTableWidgetItem) -> None:
        self._state.document.set_bookmark(self._shown[item.row()].frame, item.text().strip())

    def _remove_selected(self) -> None:
        """Remove what is selected; the table's current row may be another one, unseen, once the frame has moved on."""
        for index in self.table.selectionModel().selectedRows():
            self._remove(self._shown[index.row()].frame)

    def _remove(self, frame: int) -> None:
        if any(bookmark.frame == frame for bookmark in self._state.document.bookmarks):
            self._state.document.remove_bookmark(frame)
            self._state.results.say("The bookmark is removed; Ctrl+Z brings it back.", error=False)

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.add.setIcon(icons.icon("add", theme.text, theme.faint))
        self.remove.setIcon(icons.icon("remove", theme.text, theme.faint))
