"""What the docks at the sides share: a scrolled column of headed sections."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.theme import SPACE
from app.widgets.sliders import label


class Panel(QScrollArea):
    """A column of widgets that scrolls up and down when the window is low."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE * 3 // 2, SPACE)
        self.column.setSpacing(SPACE)
        self.setWidget(inside)

    def section(self, title: str, *beside: QWidget) -> QHBoxLayout:
        """A heading, with small widgets at its right end."""
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(label(title, "heading"))
        row.addStretch()
        for widget in beside:
            row.addWidget(widget)
        self.column.addLayout(row)
        return row


def hint(text: str) -> QLabel:
    """A quiet paragraph that explains an empty place."""
    result = label(text, "muted")
    result.setWordWrap(True)
    result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return result
