"""Every menu in its order, and every command."""

from __future__ import annotations

from app.commands.edit import EDIT
from app.commands.file import FILE
from app.commands.help import HELP
from app.commands.playback import PLAYBACK
from app.commands.tools import TOOLS
from app.commands.view import VIEW

MENUS = (FILE, EDIT, VIEW, PLAYBACK, TOOLS, HELP)
COMMANDS = {command.id: command for menu in MENUS for command in menu.commands}
