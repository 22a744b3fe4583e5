"""Commands as plain data. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.state.state import State

if TYPE_CHECKING:
    from app.commands.desk import Desk

Reason = Callable[[State], str]
"""Why something makes no sense now, in a few words; "" where it does."""


@dataclass(frozen=True)
class Switch:
    """What a checkable command shows and changes; text and icon while it is on, if they are others then."""

    is_on: Callable[[State], bool]
    turn: Callable[[State, bool], None]
    text: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Command:
    """What can be done by a menu, keys or a button.

    keys    any of them; line: whether a line stands above it in its menu
    inside  the menu within its menu that it stands in; "" for none
    Either `run` is called, or the `switch` is turned.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    tip: str
    run: Callable[[Desk], object] | None = None
    icon: str = ""
    line: bool = False
    inside: str = ""
    switch: Switch | None = None
    why_not: Reason = lambda _: ""

    @property
    def name(self) -> str:
        """Its text where it stands outside of its menu."""
        return f"{self.inside} {self.text[0].lower()}{self.text[1:]}" if self.inside else self.text


@dataclass(frozen=True)
class Menu:
    """A menu of the menu bar."""

    name: str
    commands: tuple[Command, ...]


def without_clip(state: State) -> str:
    """Say that a clip is missing."""
    return "" if state.document.clip is not None else "open a clip first"


def without_models(state: State) -> str:
    """Say that results of models are missing."""
    shown = state.results.shown
    return "" if shown is not None and shown.results.models else "no model has run yet"
