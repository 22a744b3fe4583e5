"""Fields of a flatbuffer by their number, where no classes were generated from a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flatbuffers import number_types
from flatbuffers.table import Table
from numpy.typing import DTypeLike, NDArray

_FLAGS = {
    1: number_types.Int8Flags,
    4: number_types.Int32Flags,
}
_OFFSET = number_types.UOffsetTFlags


@dataclass(frozen=True)
class Record:
    """One table of a flatbuffer; fields are numbered in the order of the schema, from 0."""

    table: Any

    @classmethod
    def root(cls, data: bytes) -> Record:
        return cls(Table(data, int.from_bytes(data[:4], "little")))

    def number(self, field: int, default: int = 0, size: int = 4) -> int:
        """A signed integer, truth value or enumeration of so many bytes."""
        place = self._place(field)
        return int(self.table.Get(_FLAGS[size], place + self.table.Pos)) if place else default

    def text(self, field: int) -> str:
        place = self._place(field)
        return self.table.String(place + self.table.Pos).decode() if place else ""

    def record(self, field: int) -> Record | None:
        """A table, or the value of a union (whose kind is the field before)."""
        place = self._place(field)
        return Record(Table(self.table.Bytes, self.table.Indirect(place + self.table.Pos))) if place else None

    def records(self, field: int) -> list[Record]:
        place = self._place(field)
        if not place:
            return []
        start, count = self.table.Vector(place), self.table.VectorLen(place)
        return [Record(Table(self.table.Bytes, self.table.Indirect(start + 4 * k))) for k in range(count)]

    def array(self, field: int, dtype: DTypeLike = np.int32) -> NDArray[Any]:
        """A vector of numbers, empty where there is none."""
        place = self._place(field)
        if not place:
            return np.zeros(0, dtype)
        return np.frombuffer(self.table.Bytes, dtype, self.table.VectorLen(place), self.table.Vector(place))

    def _place(self, field: int) -> int:
        return int(self.table.Offset(4 + 2 * field))
