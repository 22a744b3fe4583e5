"""The objects that commands act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.commands.command import Menu
from app.dialogs.tool import Tool
from app.state.preferences import Preferences
from app.state.state import State

if TYPE_CHECKING:
    from app.docks.bookmarks import Bookmarks
    from app.docks.numbers import Numbers
    from app.docks.panel import Dock
    from app.docks.timeline import Timeline
    from app.view3d.viewport import Viewport
    from app.window import Window
    from app.workers.bridge import Bridge


@dataclass(frozen=True, eq=False)
class Desk:
    """The window with its parts; tools are the windows beside it that have been made, by their command."""

    window: Window
    state: State
    bridge: Bridge
    preferences: Preferences
    viewport: Viewport
    numbers: Numbers
    timeline: Timeline
    bookmarks: Bookmarks
    docks: Mapping[str, Dock]
    menus: tuple[Menu, ...]
    tools: dict[str, Tool] = field(default_factory=dict)
