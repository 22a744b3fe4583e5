"""Sliders with their name and value above them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStyle, QStyleOptionSlider, QVBoxLayout, QWidget

from app.look.theme import THEMES, Theme
from app.widgets.typed_value import ValueLabel, ValueLine, typed_number


def label(text: str, role: str = "", tip: str = "") -> QLabel:
    """Make a label in one of the style sheet's roles."""
    result = QLabel(text)
    result.setProperty("role", role)
    result.setToolTip(tip)
    return result


KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down),
    *(Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
)


class MarkedSlider(QSlider):
    """A horizontal slider with marks under its groove; a click goes there, a double click to `home`."""

    def __init__(self, lowest: int, highest: int, home: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(lowest, highest)
        self.setPageStep(max((highest - lowest) // 16, 1))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a drag, the keys are the window's
        self.home = home
        self._marks: tuple[int, ...] = ()
        self._ink = QColor(THEMES["dark"].muted)

    def set_marks(self, marks: Sequence[int]) -> None:
        self._marks = tuple(marks)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._ink = QColor(theme.muted)
        self.update()

    def place(self, value: int) -> float:
        """Return the x of a value's handle centre."""
        room = self.width() - self._handle()
        return self._handle() / 2 + room * (value - self.minimum()) / max(self.maximum() - self.minimum(), 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            away = abs(event.position().x() - self.place(self.value()))
            if away > self._handle():  # beside the handle: take it there, and go on dragging
                room = max(self.width() - self._handle(), 1)
                self.setValue(
                    QStyle.sliderValueFromPosition(
                        self.minimum(), self.maximum(), round(event.position().x() - self._handle() / 2), room
                    )
                )
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setValue(self.home)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in KEYS:
            event.accept()  # while it has the focus they are its own, not the window's
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolling the panel must not change an experiment

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._ink)
        for mark in self._marks:
            x = round(self.place(mark))
            painter.drawLine(x, self.height() - 4, x, self.height() - 1)
            painter.drawLine(x, 0, x, 3)
        painter.end()
        super().paintEvent(event)

    def _handle(self) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return (
            self.style()
            .subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self)
            .width()
        )


class ValueSlider(QWidget):
    """A name, a value in words, and a slider; a click on the value, and it can be typed.

    say(value) puts a value into words; to_value and to_step convert between the value and the slider's whole steps;
    read(text) takes a typed value, None where it is none.
    """

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        steps: tuple[int, int],
        home: float,
        say: Callable[[float], str],
        *,
        to_value: Callable[[int], float] = float,
        to_step: Callable[[float], int] = round,
        read: Callable[[str], float | None] = typed_number,
        tip: str = "",
    ) -> None:
        super().__init__()
        self._say, self._to_value, self._to_step, self._read = say, to_value, to_step, read
        self.name, self.value_label, self.line = label(name, "muted"), ValueLabel(), ValueLine(self)
        self.slider = MarkedSlider(*steps, home=to_step(home))
        self.slider.setAccessibleName(name)
        self.setToolTip(tip)
        top = QHBoxLayout()
        top.addWidget(self.name)
        top.addStretch()
        top.addWidget(self.value_label)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addLayout(top)
        layout.addWidget(self.slider)
        self.slider.valueChanged.connect(self._on_step)
        self.value_label.wanted.connect(lambda: self.line.ask(self.value_label, self.value_label.text()))
        self.line.typed.connect(self.type_value)
        self.set_value(home)

    def value(self) -> float:
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody; it need not lie on a step."""
        self._value = value
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._to_step(value))
        self.refresh()

    def type_value(self, text: str) -> None:
        """Take a value that somebody typed: the nearest that the slider has, nothing where it is no number."""
        value = self._read(text)
        if value is not None and math.isfinite(value):
            lowest, highest = self.slider.minimum(), self.slider.maximum()
            try:
                step = self._to_step(value)
            except ValueError:  # of a logarithm
                step = lowest
            self.slider.setValue(min(max(step, lowest), highest))

    def refresh(self) -> None:
        """Put the value into words again, after what `say` depends on has changed."""
        self.value_label.setText(self._say(self._value))

    def _on_step(self, step: int) -> None:
        self._value = self._to_value(step)
        self.refresh()
        self.changed.emit(self._value)


OCTAVE = 12  # steps of a log slider for a factor of two


def log_slider(name: str, octaves: int, say: Callable[[float], str], tip: str = "") -> ValueSlider:
    """Make a slider of factors from 2**-octaves to 2**octaves, with ×1 marked in the middle."""
    slider = ValueSlider(
        name,
        (-octaves * OCTAVE, octaves * OCTAVE),
        1.0,
        say,
        to_value=lambda step: 2.0 ** (step / OCTAVE),
        to_step=lambda factor: round(math.log2(factor) * OCTAVE),
        tip=tip,
    )
    slider.slider.set_marks([0])
    return slider
