"""The Help menu."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QMessageBox

from app.commands.command import Command, Menu
from app.commands.desk import Desk
from app.dialogs.shortcuts import Shortcuts
from app.dialogs.tour import Tour
from app.look.theme import THEMES
from engine import __version__


def open_shortcuts(desk: Desk) -> Shortcuts | None:
    """Find the list of shortcuts that lies on the window."""
    return desk.window.findChild(Shortcuts)


def show_shortcuts(desk: Desk) -> None:
    """Show the list of shortcuts, or take it away again."""
    shown = open_shortcuts(desk)
    if shown is not None:
        shown.close()
    else:
        Shortcuts(desk.menus, desk.state.view.theme, desk.window).show()


def open_tour(desk: Desk) -> Tour | None:
    """Find the tour that lies on the window."""
    return next((tour for tour in desk.window.findChildren(Tour) if tour.isVisible()), None)


def show_tour(desk: Desk) -> None:
    """Begin the tour, from its first step."""
    before = open_tour(desk)
    if before is not None:
        before.close()
    Tour(desk.docks, THEMES[desk.state.view.theme], desk.window).show()


def show_about(desk: Desk) -> None:
    """Say what runs here."""
    import PySide6

    QMessageBox.about(
        desk.window,
        "About Kinestate",
        f"<b>Kinestate {__version__}</b><br>A workbench for human-motion models built on state space models."
        "<br><br>"
        f"Python {sys.version.split()[0]}, Qt {PySide6.__version__}, drawing with {desk.viewport.renderer}.<br>"
        "Apache License 2.0.",
    )


HELP = Menu(
    "Help",
    (
        Command("shortcuts", "Keyboard shortcuts", ("F1",), "Show this list", show_shortcuts),
        Command("tour", "Tour", (), "What is where, in five steps", show_tour),
        Command("about", "About Kinestate", (), "Version, libraries, licence", show_about),
    ),
)
