"""Parts that the docks share: a heading, and a column that scrolls."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.look.theme import SPACE
from app.widgets.sliders import label

Made = TypeVar("Made", bound=QWidget)


class Panel(QScrollArea):
    """A column of widgets that scrolls up and down when the window is low."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(SPACE * 3 // 2, SPACE // 2, SPACE * 3 // 2, SPACE)
        self.column.setSpacing(SPACE)
        self.setWidget(inside)

    def rule(self) -> None:
        """Draw a hairline between two groups."""
        line = QWidget()
        line.setObjectName("rule")
        line.setFixedHeight(1)
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.column.addWidget(line)


class Dock(QDockWidget):
    """A panel that can be moved, floated (double click on its title) and hidden (View, Panels).

    The title is its heading, with the panel's own small buttons at the right end; no title, no heading.
    """

    def __init__(self, name: str, title: str, content: QWidget, *buttons: QWidget) -> None:
        super().__init__(title.capitalize() or name.capitalize())
        self.setObjectName(name)  # by which its place is remembered
        self.setWidget(content)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setSpacing(2)
        if title:
            row.setContentsMargins(SPACE * 3 // 2, SPACE // 2, SPACE, 0)
            heading = label(title.upper(), "heading")
            heading.setMinimumHeight(26)  # as high as a row with buttons
            row.addWidget(heading)
            row.addStretch()
            for button in buttons:
                row.addWidget(button)
        else:
            row.setContentsMargins(0, 0, 0, 0)
            bar.setFixedHeight(0)
        self.setTitleBarWidget(bar)


def tipped(widget: Made, tip: str) -> Made:
    """Give a widget its tooltip."""
    widget.setToolTip(tip)
    return widget


def hint(text: str) -> QLabel:
    """Make a quiet paragraph that explains an empty place."""
    result = label(text, "muted")
    wrap(result)
    return result


def wrap(text: QLabel) -> None:
    """Let a label be as narrow as its column, and as high as it then must be."""
    text.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    text.setSizePolicy(policy)
