"""The menu bar: the commands' menus, with clips to open, panels and models."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QMenu

from app.commands.actions import Actions
from app.commands.desk import Desk
from app.commands.file import open_path
from app.commands.menus import MENUS
from app.state.sessions import is_session_file
from engine.experiment.sources import BUILTIN, builtin_clips


def fill_menu_bar(actions: Actions, desk: Desk, fill_models: Callable[[QMenu], None]) -> None:
    """Fill the window's menu bar; `fill_models` puts the models into their menu whenever it opens."""
    bar = desk.window.menuBar()
    for menu in MENUS:
        if menu.name == "View":
            models = bar.addMenu("Models")
            models.setToolTipsVisible(True)
            models.aboutToShow.connect(lambda models=models: fill_models(models))
        made = bar.addMenu(menu.name)
        made.setToolTipsVisible(True)
        within: dict[str, QMenu] = {"": made}
        for command in menu.commands:
            if command.line:
                made.addSeparator()
            if command.id == "reset_layout":
                _add_panels(made, desk)
            if command.inside not in within:
                within[command.inside] = made.addMenu(command.inside)
                within[command.inside].setToolTipsVisible(True)
            within[command.inside].addAction(actions[command.id])
            if command.id == "open_folder":
                _add_clips(made, desk)


def _add_panels(menu: QMenu, desk: Desk) -> None:
    panels = menu.addMenu("Panels")
    for dock in desk.docks.values():
        panels.addAction(dock.toggleViewAction())


def _add_clips(menu: QMenu, desk: Desk) -> None:
    recent, builtin = menu.addMenu("Open recent"), menu.addMenu("Built-in clips")
    recent.setToolTipsVisible(True)
    recent.aboutToShow.connect(lambda: _fill_recent(recent, desk))
    builtin.aboutToShow.connect(lambda: _fill_builtin(builtin, desk))


def _fill_recent(menu: QMenu, desk: Desk) -> None:
    menu.clear()
    for path in desk.preferences.recent:
        action = menu.addAction(_named(Path(path)))
        action.setToolTip(path)
        action.triggered.connect(lambda _=False, path=path: open_path(desk, path))
    if not desk.preferences.recent:
        menu.addAction("Nothing yet").setEnabled(False)
    else:
        menu.addSeparator()
        menu.addAction("Forget them").triggered.connect(desk.preferences.clear_recent)


def _named(path: Path) -> str:
    """Name a file, folder or session; `&` would be taken for a key."""
    kind = f"{os.sep}" if path.is_dir() else " (session)" if is_session_file(path) else ""
    return f"{path.name}{kind}".replace("&", "&&")


def _fill_builtin(menu: QMenu, desk: Desk) -> None:
    menu.clear()
    for name in builtin_clips():
        menu.addAction(name).triggered.connect(lambda _=False, name=name: open_path(desk, f"{BUILTIN}{name}"))
    if not builtin_clips():
        menu.addAction("None installed").setEnabled(False)
