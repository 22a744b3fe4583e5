"""A tour of the window in five steps, for the first start; it can be skipped, and taken again from the Help menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.docks.panel import hint
from app.look.theme import SPACE, Theme
from app.widgets.sliders import label

WIDTH = 320


@dataclass(frozen=True)
class Step:
    """What is told of a part of the window; place: its name among the parts."""

    place: str
    title: str
    text: str


STEPS = (
    Step(
        "clip",
        "A motion",
        "Drop a file, a folder or a session anywhere. This card says what its reader found and what it assumed; "
        "what is wrong can be overridden here.",
    ),
    Step(
        "models",
        "Models",
        "Add models with +. They run at once, and each has its colour everywhere. The menu behind … gives one a Δ of "
        "its own, another device, a twin to compare with.",
    ),
    Step(
        "experiment",
        "The experiment",
        "Take frames away, hide joints, add noise: every change runs the models again. A value can be typed after a "
        "click on it. Δ auto lets state space models follow the frame rate.",
    ),
    Step(
        "timeline",
        "Time",
        "Space plays, the arrows step. The strips show where each model is wrong; M goes to the worst frame, K marks "
        "one.",
    ),
    Step(
        "numbers",
        "Errors",
        "Figures of every model, beside their curves. P pins the present ones, so that a change is seen. The rate "
        "bench, above, asks the same at every frame rate.",
    ),
)


class Frame(QWidget):
    """A frame in the accent's colour around what is spoken of."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._colour = QColor(theme.accent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 3))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)
        painter.end()


class Tour(QFrame):
    """Lies on the window beside the part that it speaks of.

    places  the window's parts by name; a step whose part is hidden is left out
    """

    def __init__(self, places: Mapping[str, QWidget], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._places = places
        self.steps = [step for step in STEPS if places[step.place].isVisible()]
        self.at = 0
        self.frame = Frame(parent, theme)
        self.title, self.text, self.count = label("", "big"), hint(""), label("", "small")
        self.skip, self.back, self.next = QPushButton("Skip"), QPushButton("Back"), QPushButton("Next")
        self.next.setObjectName("primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        row = QHBoxLayout()
        row.addWidget(self.count)
        row.addStretch()
        for button in (self.skip, self.back, self.next):
            row.addWidget(button)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addLayout(row)
        self.setFixedWidth(WIDTH)
        self.skip.clicked.connect(self.close)
        self.back.clicked.connect(lambda: self.go(self.at - 1))
        self.next.clicked.connect(lambda: self.go(self.at + 1))
        self.destroyed.connect(self.frame.deleteLater)
        self.go(0)

    def go(self, at: int) -> None:
        """Show a step; after the last one the tour is over."""
        if at >= len(self.steps):
            self.close()
            return
        self.at = max(at, 0)
        step = self.steps[self.at]
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{self.at + 1} of {len(self.steps)}")
        self.back.setEnabled(self.at > 0)
        self.next.setText("Next" if self.at + 1 < len(self.steps) else "Done")
        self.text.setMinimumHeight(self.text.heightForWidth(WIDTH - 4 * SPACE))
        self.adjustSize()
        self._place(self._places[step.place])

    def _place(self, part: QWidget) -> None:
        """Stand beside a part of the window, inside of it, and frame the part."""
        parent = self.parentWidget()
        assert parent is not None
        about = QRect(part.mapTo(parent, QPoint()), part.size())
        self.frame.setGeometry(about)
        self.frame.show()
        self.frame.raise_()
        beside = self.rect()
        beside.moveCenter(about.center())
        if about.center().y() < parent.height() * 0.55:  # at a side
            left = about.center().x() < parent.width() // 2
            beside.moveLeft(about.right() + SPACE if left else about.left() - SPACE - beside.width())
        else:
            beside.moveBottom(about.top() - SPACE)
        room = parent.rect().adjusted(SPACE, SPACE, -SPACE, -SPACE)
        beside.moveRight(min(beside.right(), room.right()))
        beside.moveBottom(min(beside.bottom(), room.bottom()))
        beside.moveLeft(max(beside.left(), room.left()))
        beside.moveTop(max(beside.top(), room.top()))
        self.move(beside.topLeft())
        self.raise_()

    def closeEvent(self, event: object) -> None:
        self.frame.hide()
