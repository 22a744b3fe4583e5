"""The Edit menu."""

from __future__ import annotations

from app.commands.command import Command, Menu
from app.state.state import State


def _nothing_to_undo(state: State) -> str:
    return "" if state.document.history[0] else "nothing has been changed"


def _nothing_to_redo(state: State) -> str:
    return "" if state.document.history[1] else "nothing has been taken back"


EDIT = Menu(
    "Edit",
    (
        Command("undo", "Undo", ("Ctrl+Z",), "Take back the last change of the experiment or the bookmarks",
                lambda desk: desk.state.document.undo(), why_not=_nothing_to_undo),
        Command("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do it again",
                lambda desk: desk.state.document.redo(), why_not=_nothing_to_redo),
    ),
)  # fmt: skip
