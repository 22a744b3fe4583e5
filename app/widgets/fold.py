"""A collapsible part of a panel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.look.theme import SPACE
from app.widgets.sliders import label


class Fold(QWidget):
    """Closed at first. A note at the right end of the heading tells what is inside while it is closed."""

    def __init__(self, name: str, tip: str = "") -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(name)
        self.button.setToolTip(tip)
        self.button.setCheckable(True)
        self.button.setProperty("fold", "true")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setIconSize(QSize(12, 12))
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.note = label("", "value")
        head = QHBoxLayout()
        head.addWidget(self.button)
        head.addStretch()
        head.addWidget(self.note)
        self._inside = QWidget(visible=False)
        self.column = QVBoxLayout(self._inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(head)
        layout.addWidget(self._inside)
        self.button.toggled.connect(self._turn)

    def set_note(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text) and not self.button.isChecked())

    def _turn(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self._inside.setVisible(opened)
        self.set_note(self.note.text())
