"""A table of figures, sorted by a click on a head, to copy from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView

from app.look.theme import THEMES, Theme, model_colour
from app.present.tabular import NAME, Mark, Table
from app.widgets.chip import chip_picture

ROW = 22
GAP = 10  # beside the widest figure of a column
NARROWEST_NAME, WIDEST_HEAD = 128, 112
ROWS = 5  # that there is room for, by default: four models and the truth
THIN_SPACE = "\u2009"
HEAD_POINTS = 8.5
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class FigureModel(QAbstractTableModel):
    """A `Table` for Qt: names in column 0, the table's column c in column c + 1, the rows in `order`, then the foot.

    heads  the font of the heads, into which long names must fit
    """

    def __init__(self, heads: QFontMetrics) -> None:
        super().__init__()
        self.heads = heads
        self.table = Table("", (), ())
        self.order: list[int] = []
        self.sorted_by: tuple[int, bool] | None = None  # a column of the table or NAME, and whether it descends
        self.theme: Theme = THEMES["dark"]
        self.stale = False

    def set_table(self, table: Table, sorted_by: tuple[int, bool] | None) -> None:
        self.beginResetModel()
        self.table, self.sorted_by = table, sorted_by
        if sorted_by is None:
            self.order = list(range(len(table.rows)))
        else:
            self.order = table.order(sorted_by[0], descending=sorted_by[1])
        self.order += range(len(table.rows), len(table.all_rows))
        self.endResetModel()

    def set_cells(self, key: str, values: Sequence[float]) -> None:
        """Replace the figures of one column, in the same order."""
        self.table = self.table.with_cells(key, values)
        section = 1 + [c.key for c in self.table.columns].index(key)
        self.dataChanged.emit(self.index(0, section), self.index(len(self.order) - 1, section))

    def text(self, row: int, column: int) -> str:
        """Return the text at a row and column of the table."""
        said = self.table.columns[column].text(self.table.all_rows[row].cells[column], THIN_SPACE)
        return said or ("–" if row < len(self.table.rows) else "")

    # -- what Qt asks ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.order)

    def columnCount(self, parent: Index | None = None) -> int:
        return 1 + len(self.table.columns)

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        row, column = self.order[index.row()], index.column() - 1
        named, foot = column == NAME, row >= len(self.table.rows)
        if role == Role.DisplayRole:
            return self.table.all_rows[row].name if named else self.text(row, column)
        if role == Role.DecorationRole and named:
            return self._chip(self.table.all_rows[row].mark)
        if role == Role.TextAlignmentRole:
            return LEFT if named else RIGHT
        if role == Role.ToolTipRole and named:
            return self.table.all_rows[row].tip or self.table.all_rows[row].name
        if role == Role.ForegroundRole and (foot or self.stale):
            return QColor(self.theme.faint if self.stale else self.theme.muted)
        if role == Role.FontRole and (row, column) in self.table.best:
            font = QFont(QGuiApplication.font())
            font.setBold(True)
            return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> object:
        if orientation == Qt.Orientation.Vertical:
            return None
        column = section - 1
        if role == Role.DisplayRole:
            arrow = ""
            if self.sorted_by is not None and self.sorted_by[0] == column:
                arrow = "↓" if self.sorted_by[1] else "↑"
            if column == NAME:
                return f"{self.table.kind}{' *' if self.table.assumed else ''}\n{arrow}"
            head = self.table.columns[column]
            name = self.heads.elidedText(head.name, Qt.TextElideMode.ElideMiddle, WIDEST_HEAD)
            return f"{name}\n{arrow} {head.unit}".rstrip(" ")
        if role == Role.TextAlignmentRole:
            return LEFT if column == NAME else RIGHT
        if role == Role.ToolTipRole:
            if column == NAME:
                said = f"* Assumed: {escape(self.table.assumed)}." if self.table.assumed else ""
            else:
                said = f"{self.table.columns[column].title}: {self.table.columns[column].tip}."
            return f"<p>{said} Click to sort by it, again to turn the order round, and again to leave it.</p>"
        if role == Role.DecorationRole and column != NAME:
            return self._chip(self.table.columns[column].mark)
        if role == Role.ForegroundRole:
            return QColor(self.theme.muted)
        return None

    def _chip(self, mark: Mark) -> object:
        if mark is None:
            return None
        return chip_picture(self.theme.truth if mark == "truth" else model_colour(mark), 12)


class FigureTable(QTableView):
    """Shows a `Table`. Emits `chosen` with the row that the person clicked, by its place in the table's own order.

    `copied` is emitted with how many rows are on the clipboard.

    one_row  whether one row at a time can be selected, by `select_row` only
    hidden   keys of columns that are not shown until they are asked for (right click on the heads)
    """

    chosen = Signal(int)
    copied = Signal(int)

    def __init__(self, *, one_row: bool = False, hidden: Iterable[str] = ()) -> None:
        super().__init__()
        head, font = self.horizontalHeader(), self.horizontalHeader().font()
        font.setPointSizeF(HEAD_POINTS)
        head.setFont(font)
        self.figures = FigureModel(QFontMetrics(font))
        self.setModel(self.figures)
        self._hidden = set(hidden)
        self._sorted_by: tuple[str, bool] | None = None  # the column's key, "" for the names
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.NoSelection if one_row else mode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.verticalHeader().setMinimumSectionSize(ROW)
        head.setHighlightSections(False)
        head.setMinimumSectionSize(24)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.customContextMenuRequested.connect(lambda at: self.columns_menu().popup(head.mapToGlobal(at)))
        head.sectionClicked.connect(lambda section: self.sort_by(section - 1))
        self.clicked.connect(self._on_click)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_selected)

    # -- contents -------------------------------------------------------------------------------------------

    def set_table(self, table: Table) -> None:
        """Show other figures, sorted and scrolled as before."""
        kept, at = self.selected(), (self.horizontalScrollBar().value(), self.verticalScrollBar().value())
        self.figures.set_table(table, self._order_of(table))
        for c, column in enumerate(table.columns):
            self.setColumnHidden(c + 1, column.key in self._hidden)
        self._fit()
        self._select(kept)
        self.horizontalScrollBar().setValue(at[0])
        self.verticalScrollBar().setValue(at[1])

    def set_cells(self, key: str, values: Sequence[float]) -> None:
        """Replace the figures of one column; the order stays until the next table."""
        self.figures.set_cells(key, values)

    def set_stale(self, stale: bool) -> None:
        """Dim the figures: they answer other settings than the present ones."""
        if stale != self.figures.stale:
            self.figures.stale = stale
            self.viewport().update()

    def set_theme(self, theme: Theme) -> None:
        self.figures.theme = theme
        self.set_table(self.figures.table)

    def arranged(self) -> Table:
        """Return the table as it is shown, to copy."""
        table = self.figures.table
        shown = [c for c in range(len(table.columns)) if not self.isColumnHidden(c + 1)]
        return table.rearranged([r for r in self.figures.order if r < len(table.rows)], shown)

    # -- order and columns ----------------------------------------------------------------------------------

    def sort_by(self, column: int) -> None:
        """Sort by a column (or `NAME`): its best order, then the reverse, then the table's own, one a call."""
        table = self.figures.table
        key = "" if column == NAME else table.columns[column].key
        first = table.largest_first(column)
        if self._sorted_by == (key, first):
            self._sorted_by = (key, not first)
        else:
            self._sorted_by = None if self._sorted_by == (key, not first) else (key, first)
        self.set_table(table)

    def columns_menu(self) -> QMenu:
        """Make the menu of columns to show."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in self.figures.table.columns:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(column.key not in self._hidden)
            action.toggled.connect(lambda on, key=column.key: self._show_column(key, on))
        return menu

    def _show_column(self, key: str, on: bool) -> None:
        self._hidden = self._hidden - {key} if on else self._hidden | {key}
        self.set_table(self.figures.table)

    def _order_of(self, table: Table) -> tuple[int, bool] | None:
        if self._sorted_by is None:
            return None
        key, descending = self._sorted_by
        keys = ["", *(c.key for c in table.columns)]
        return (keys.index(key) - 1, descending) if key in keys else None

    # -- rows -----------------------------------------------------------------------------------------------

    def selected(self) -> list[int]:
        """Return the selected rows by their place in the table's own order, from the top."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.figures.order[row] for row in rows]

    def select_row(self, row: int | None) -> None:
        """Select one row and bring it into view; None for none."""
        self._select([] if row is None else [row])
        if row is not None and row in self.figures.order:
            self.scrollTo(self.figures.index(self.figures.order.index(row), 0))

    def copy_selected(self) -> None:
        """Copy the selected rows, or all of them, with tabs between, as a spreadsheet takes them."""
        table = self.figures.table
        shown = [c for c in range(len(table.columns)) if not self.isColumnHidden(c + 1)]
        rows = self.selected() or self.figures.order
        QGuiApplication.clipboard().setText(table.rearranged(range(len(table.rows)), shown).tsv(rows))
        self.copied.emit(len(rows))

    def _select(self, rows: Iterable[int]) -> None:
        self.clearSelection()
        how = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row in rows:
            if row in self.figures.order:
                self.selectionModel().select(self.figures.index(self.figures.order.index(row), 0), how)

    def _on_click(self, index: Index) -> None:
        row = self.figures.order[index.row()]
        if row < len(self.figures.table.rows):
            self.chosen.emit(row)

    # -- layout ---------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + ROWS * ROW + 2)

    def least_width(self) -> int:
        """Return the pixels that its figures take beside the narrowest names."""
        columns = range(1, self.figures.columnCount())
        return sum(map(self.columnWidth, columns)) + NARROWEST_NAME + 2 * self.frameWidth()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Make every column as wide as its widest figure; the names take the rest."""
        table, head = self.figures.table, self.horizontalHeader()
        bold = QFont(self.font())
        bold.setBold(True)
        figures = QFontMetrics(bold)
        used = 0
        for c, column in enumerate(table.columns):
            texts = [self.figures.text(r, c) for r in range(len(table.all_rows))]
            texts.append(column.text(column.room, THIN_SPACE))
            widest = max((figures.horizontalAdvance(text) for text in texts), default=0)
            chip = 18 if column.mark is not None else 0
            said = str(self.figures.headerData(c + 1, Qt.Orientation.Horizontal)).split("\n")
            named = max(self.figures.heads.horizontalAdvance(line) for line in said) + chip
            width = max(max(widest, named) + GAP, head.minimumSectionSize())
            head.resizeSection(c + 1, width)
            used += 0 if self.isColumnHidden(c + 1) else width
        head.resizeSection(0, max(self.viewport().width() - used, NARROWEST_NAME))
