"""The list of keyboard shortcuts (F1), made from the menus; it lies on the window until it is dismissed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.commands.command import Menu
from app.look.theme import THEMES
from app.widgets.sliders import label

KEY_NAMES = {"Left": "←", "Right": "→", "Space": "Space"}


class Shortcuts(QFrame):
    """A click on it closes it, as do Esc and F1."""

    def __init__(self, menus: Sequence[Menu], theme: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(36)
        grid.setVerticalSpacing(18)
        columns = (("File", "Edit", "Tools", "Help"), ("Playback",), ("View",))
        by_name = {menu.name: menu for menu in menus}
        assert {name for names in columns for name in names} == set(by_name)
        for place, names in enumerate(columns):
            column = QVBoxLayout()
            for name in names:
                column.addWidget(label(name.upper(), "heading"))
                column.addWidget(QLabel(_table(by_name[name], theme), textFormat=Qt.TextFormat.RichText))
                column.addSpacing(8)
            if place == 2:
                column.addWidget(label("MOUSE IN THE 3D VIEW", "heading"))
                column.addWidget(QLabel(_rows(MOUSE, theme), textFormat=Qt.TextFormat.RichText))
            column.addStretch()
            grid.addLayout(column, 0, place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.addLayout(grid)
        self.adjustSize()
        self.move(parent.rect().center() - self.rect().center())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()


MOUSE = (
    ("drag", "Turn"),
    ("wheel, right drag", "Nearer or farther"),
    ("Shift + drag", "Move"),
    ("click a joint", "Its error alone"),
    ("double click", "Fit"),
)


def _table(menu: Menu, theme: str) -> str:
    return _rows([(_keys(c.keys), c.name.rstrip(" …")) for c in menu.commands if c.keys], theme)


def _keys(keys: tuple[str, ...]) -> str:
    said = keys[0]
    for name, sign in KEY_NAMES.items():
        said = said.replace(name, sign)
    return said.replace("+", " + ") if len(said) > 1 else said


def _rows(rows: Iterable[tuple[str, str]], theme: str) -> str:
    colours = THEMES[theme]
    cells = "".join(
        f'<tr><td style="color:{colours.accent}; padding:2px 18px 2px 0; white-space:nowrap"><b>{escape(key)}</b></td>'
        f'<td style="padding:2px 0; white-space:nowrap">{escape(text)}</td></tr>'
        for key, text in rows
    )
    return f"<table>{cells}</table>"
