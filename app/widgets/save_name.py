"""Asking where to write: nothing that exists is written over unasked, whatever ending the name is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_save_name(
    parent: QWidget,
    title: str,
    start: Path,
    kinds: str,
    beside: Callable[[Path], Iterable[Path]] = lambda _: (),
) -> Path | None:
    """Ask for a file name, with the ending of the chosen kind where none is typed; None if none is given.

    kinds   as for Qt: "Images (*.png);;Vector graphics (*.svg)"
    beside  what else is written with a file of that name
    """
    name, kind = QFileDialog.getSaveFileName(parent, title, str(start), kinds)
    if not name:
        return None
    typed = Path(name)
    path = typed if typed.suffix else Path(f"{name}{_ending(kind or kinds)}")
    unasked = [*([] if path == typed else [path]), *beside(path)]  # Qt has asked about what was typed
    there = [one.name for one in unasked if one.exists()]
    return path if not there or may_overwrite(parent, there) else None


def may_overwrite(parent: QWidget, names: list[str]) -> bool:
    """Ask whether files may be written over."""
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    exist = "exist" if others else "exists"
    buttons = QMessageBox.StandardButton
    text = f"{names[0]}{others} {exist} already. Overwrite?"
    return QMessageBox.question(parent, "Overwrite?", text, buttons.Yes | buttons.No, buttons.No) == buttons.Yes


def _ending(kind: str) -> str:
    """Find ".png" in "Images (*.png)"."""
    return kind[kind.index("*") + 1 : kind.index(")")].split()[0]
