"""Tables of figures: plain numbers, the best of them, orders of rows, and text to copy. No Qt."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from engine.export.text_tables import latex_table, latex_text, markdown_table, markdown_text
from engine.models.card import short_count

Mark = int | Literal["truth"] | None
"""A chip beside a name: a model's colour as an index into the palette, the truth's, or none."""
Place = tuple[int, int]
"""A row and a column."""

NAME = -1
"""The column of the rows' names, for `Table.order`."""


@dataclass(frozen=True)
class Column:
    """One column of figures.

    digits  after the point; None for counts, which are shown in short (482 k)
    target  the value nearest to it is the best one, inf: the largest; None where none is better than another
    copied  whether it belongs on the clipboard
    room    a value, not there yet, that the column must be wide enough for
    words   of a column of words: each value is the number of one of these
    """

    key: str
    name: str
    unit: str = ""
    tip: str = ""
    digits: int | None = 1
    target: float | None = 0.0
    mark: Mark = None
    prefix: str = ""
    copied: bool = True
    room: float = math.nan
    words: tuple[str, ...] = ()

    def text(self, value: float, thousands: str = "") -> str:
        """The value as it is read, `thousands` between its groups of digits; "" where there is none."""
        if math.isnan(value):
            return ""
        if self.words:
            return self.words[int(value)]
        if self.digits is None:
            return short_count(value)
        return f"{self.prefix}{value:,.{self.digits}f}".replace(",", thousands)

    @property
    def title(self) -> str:
        """Name and unit in one line: "MPJPE (mm)", "ms/frame"."""
        if not self.unit or self.unit.startswith("/"):
            return self.name + self.unit
        return f"{self.name} ({self.unit})"


@dataclass(frozen=True)
class Row:
    """One row: a name and one number for each column, NaN where there is none."""

    name: str
    cells: tuple[float, ...]
    mark: Mark = None
    tip: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of figures.

    kind         what a row is ("Model")
    foot         rows that stay last, whatever the order (the truth, a mean)
    caption      what all the figures are about, in one line
    compare      whether the best is sought down each column or along each row
    worst_first  a first click on a column sorts the worst to the top, not the best
    assumed      what the figures depend on that the clip does not say; marked at the head of the first column
    """

    kind: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    foot: tuple[Row, ...] = ()
    caption: str = ""
    compare: Literal["columns", "rows"] = "columns"
    worst_first: bool = False
    assumed: str = ""

    @property
    def all_rows(self) -> tuple[Row, ...]:
        return (*self.rows, *self.foot)

    @cached_property
    def best(self) -> frozenset[Place]:
        """Where the best of several values stand, with those that read the same; nowhere if all of them do."""
        across, down = range(len(self.columns)), range(len(self.rows))
        if self.compare == "columns":
            lines = [[(r, c) for r in down] for c in across]
        else:
            lines = [[(r, c) for c in across] for r in down]
        found: set[Place] = set()
        for line in lines:
            known = [place for place in line if not math.isnan(self._distance(place))]
            winners = {p for p in known if self._text(p) == self._text(min(known, key=self._distance))}
            if len(winners) < len(known):
                found |= winners
        return frozenset(found)

    def order(self, column: int, *, descending: bool) -> list[int]:
        """The rows' indices sorted by a column (or `NAME`); equal ones keep their order, unknown values come last."""
        rows = range(len(self.rows))
        if column == NAME:
            return sorted(rows, key=lambda r: self.rows[r].name.casefold(), reverse=descending)
        known = [r for r in rows if not math.isnan(self.rows[r].cells[column])]
        unknown = [r for r in rows if math.isnan(self.rows[r].cells[column])]
        return sorted(known, key=lambda r: self.rows[r].cells[column], reverse=descending) + unknown

    def largest_first(self, column: int) -> bool:
        """Whether the order that a first click on a column (or `NAME`) asks for begins with the largest value."""
        if column == NAME:
            return False
        known = [row.cells[column] for row in self.rows if not math.isnan(row.cells[column])]
        target = self.columns[column].target
        more_is_better = target is not None and bool(known) and max(known) <= target
        return more_is_better != self.worst_first

    def with_cells(self, key: str, values: Sequence[float]) -> Table:
        """The same table with other values in the column of that key."""
        at = [c.key for c in self.columns].index(key)
        rows = tuple(
            replace(row, cells=(*row.cells[:at], value, *row.cells[at + 1 :]))
            for row, value in zip(self.rows, values, strict=True)
        )
        return replace(self, rows=rows)

    # -- to copy --------------------------------------------------------------------------------------------

    def rearranged(self, rows: Sequence[int], columns: Iterable[int]) -> Table:
        """These rows in this order with these columns, as far as they are to be copied; the foot stays."""
        kept = [c for c in columns if self.columns[c].copied]

        def cut(row: Row) -> Row:
            return replace(row, cells=tuple(row.cells[c] for c in kept))

        return replace(
            self,
            columns=tuple(self.columns[c] for c in kept),
            rows=tuple(cut(self.rows[r]) for r in rows),
            foot=tuple(cut(row) for row in self.foot),
        )

    def csv(self) -> str:
        """Comma-separated, numbers as of `csv_text`; what is assumed stands at the end of every line."""
        last = [self.assumed] if self.assumed else []
        lines = ([row.name, *self._written(row), *last] for row in self.all_rows)
        return csv_text([self.kind, *(c.title for c in self.columns), *(["assumed"] if last else [])], lines)

    def tsv(self, rows: Iterable[int]) -> str:
        """Some of `all_rows` as they are read, with tabs between: a spreadsheet puts them into its cells."""
        lines = [[self.kind, *(c.title for c in self.columns)]]
        lines += [[self.all_rows[r].name, *self._texts(self.all_rows[r])] for r in rows]
        return "".join("\t".join(line) + "\n" for line in lines)

    def markdown(self) -> str:
        """The caption and a table, the best values bold."""
        head = [markdown_text(text) for text in (self.kind, *(c.title for c in self.columns))]
        caption = f"{markdown_text(self.caption)}\n\n" if self.caption else ""
        return caption + markdown_table(head, self._lines("**{}**", markdown_text))

    def latex(self) -> str:
        """A tabular of the package booktabs, the best values bold, the caption as a comment."""
        heads = [[self.kind, *(c.name for c in self.columns)]]
        if any(c.unit for c in self.columns):
            heads.append(["", *(c.unit for c in self.columns)])
        lines = self._lines(r"\textbf{{{}}}", latex_text)
        count = len(self.rows)
        comment = f"% {self.caption}\n" if self.caption else ""
        table = latex_table([[latex_text(text) for text in head] for head in heads], lines[:count], lines[count:])
        return f"{comment}% in the preamble: \\usepackage{{booktabs}}\n{table}"

    def _lines(self, bold: str, escaped: Callable[[str], str]) -> list[list[str]]:
        """The cells of every row as text, name first, the best ones put into `bold`."""
        lines = []
        for r, row in enumerate(self.all_rows):
            texts = [escaped(text) for text in self._texts(row)]
            lines.append(
                [escaped(row.name), *(bold.format(t) if (r, c) in self.best else t for c, t in enumerate(texts))]
            )
        return lines

    def _distance(self, place: Place) -> float:
        row, column = place
        value, target = self.rows[row].cells[column], self.columns[column].target
        if target is None:
            return math.nan
        return -value if target == math.inf else abs(value - target)

    def _text(self, place: Place) -> str:
        row, column = place
        return self.columns[column].text(self.rows[row].cells[column])

    def _written(self, row: Row) -> list[float | str]:
        return [c.text(value) if c.words else value for c, value in zip(self.columns, row.cells, strict=True)]

    def _texts(self, row: Row) -> list[str]:
        return [column.text(value) for column, value in zip(self.columns, row.cells, strict=True)]


def csv_text(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Comma-separated lines; NaN empty, other numbers with nine digits: an hour's frames have times of their own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.9g}"
    return value
