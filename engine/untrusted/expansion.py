"""The size that unpickled data has once every shared part is counted at every place where it hangs.

A pickle may name one list a thousand times, and lists of lists of it: some hundred bytes then stand for more entries
than there are atoms, and whatever prints, compares, hashes or converts the whole never ends.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

DEEPEST = 100
LEAST_BUDGET = 1 << 20
PER_BYTE = 8
"""Entries that a byte of the file may stand for: the shortest reference takes two bytes."""

_WORD = 8  # bytes that count as one entry


class ExpansionError(ValueError):
    """Data that is too large once it is expanded, too deep, or that holds itself."""


def check_expansion(value: Any, file_bytes: int) -> None:
    """Raise ExpansionError unless the data has at most `PER_BYTE` entries a byte of its file (but `LEAST_BUDGET`).

    An entry is a number, eight bytes of text or array, or a container; `parts_of` says what a container holds.
    """
    budget = max(LEAST_BUDGET, PER_BYTE * file_bytes)
    known: dict[int, tuple[int, int]] = {}  # container -> entries, depth
    open_ones: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(value, False)]
    while waiting:
        one, counted = waiting.pop()
        key, parts = id(one), parts_of(one)
        if parts is None or key in known:
            continue
        if not counted:
            if key in open_ones:
                raise ExpansionError("holds itself")
            open_ones.add(key)
            waiting.append((one, True))
            waiting += [(part, False) for part in parts if parts_of(part) is not None and id(part) not in known]
            continue
        open_ones.discard(key)
        entries, depth = 1, 0
        for part in parts:
            size, below = known.get(id(part)) or (_entries(part), 0)
            entries, depth = entries + size, max(depth, below)
        if entries > budget:
            raise ExpansionError(f"stands for more than {budget:,} entries")
        if depth >= DEEPEST:
            raise ExpansionError(f"is more than {DEEPEST} levels deep")
        known[key] = entries, depth + 1


def parts_of(value: Any) -> Collection[Any] | None:
    """What a container holds; None for anything else."""
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        return value
    if kind is dict:
        return [*value, *value.values()]
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else None
    parts = getattr(kind, "parts", None)
    return parts(value) if parts is not None else None


def _entries(value: Any) -> int:
    """Entries of what is no container."""
    kind = type(value)
    if kind in (str, bytes, bytearray):
        return 1 + len(value) // _WORD
    if kind is int:
        return 1 + value.bit_length() // (8 * _WORD)
    return 1 + int(value.nbytes) // _WORD if isinstance(value, np.ndarray | np.generic) else 1
