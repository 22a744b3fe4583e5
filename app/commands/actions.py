"""Commands as actions of Qt."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.commands.command import Command
from app.commands.desk import Desk
from app.commands.menus import COMMANDS
from app.look import icons
from app.look.theme import THEMES
from app.state.state import State

Actions = Mapping[str, QAction]
"""Actions by the ids of their commands."""


def make_actions(owner: QWidget) -> dict[str, QAction]:
    """Make one action per command; nothing is connected yet."""
    actions = {}
    for command in COMMANDS.values():
        action = QAction(command.text, owner, checkable=command.switch is not None)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(_tip(command))
        action.setStatusTip("")
        owner.addAction(action)
        actions[command.id] = action
    return actions


def connect(actions: Actions, desk: Desk) -> None:
    """Let the actions do what their commands say, and let the state tick, dress and enable them."""
    state = desk.state
    for command in COMMANDS.values():
        if command.switch is not None:
            actions[command.id].toggled.connect(lambda on, command=command: _turn(command, on))
        elif command.run is not None:
            actions[command.id].triggered.connect(lambda _=False, run=command.run: run(desk))

    def _turn(command: Command, on: bool) -> None:
        assert command.switch is not None
        command.switch.turn(state, on)
        tick()  # what is on by itself alone stays on

    def tick() -> None:
        for command in COMMANDS.values():
            if command.switch is not None:
                actions[command.id].setChecked(command.switch.is_on(state))
                if command.switch.icon:
                    _dress(actions[command.id], command, state)

    def allow() -> None:
        for command in COMMANDS.values():
            _allow(actions[command.id], command, command.why_not(state))

    document, moment, view = state.document.events, state.moment.events, state.view.events
    results = state.results.events
    for event in (moment.playing, moment.repeat, results.pinned, *(view[name] for name in view)):
        event.connect(tick)
    for event in (document.clip, document.bookmarks, document.history, results.shown, results.worn, view.layout):
        event.connect(allow)
    tick()
    allow()


def dress(actions: Actions, state: State) -> None:
    """Give the actions their icons in the theme's colours."""
    for command in COMMANDS.values():
        _dress(actions[command.id], command, state)


def _dress(action: QAction, command: Command, state: State) -> None:
    switch = command.switch
    on = switch is not None and switch.is_on(state)
    icon, text = command.icon, command.text
    if switch is not None and on:
        icon, text = switch.icon or icon, switch.text or text
    action.setText(text)
    if icon:
        theme = THEMES[state.view.theme]
        action.setIcon(icons.icon(icon, theme.text, theme.faint))


def _allow(action: QAction, command: Command, reason: str) -> None:
    """Switch an action on, or off and let it say why."""
    action.setEnabled(not reason)
    action.setToolTip(f"{command.name}: {reason}" if reason else _tip(command))


def _tip(command: Command) -> str:
    return f"{command.tip} ({', '.join(command.keys)})" if command.keys else command.tip
