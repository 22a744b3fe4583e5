"""Fields of forms, rows of them, and the buttons beside them that ask for a folder or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.docks.panel import tipped
from app.state.preferences import Preferences
from app.widgets.sliders import label
from engine.motion.stature import ASSUMED_HEIGHT_M

BUTTON = 44
SMALLEST_CM = 80
CALIBRATIONS = "Calibrations (*.toml *.json *.yml *.yaml *.txt);;All (*)"

Spin = TypeVar("Spin", QSpinBox, QDoubleSpinBox)


def spin(field: Spin, least: float, most: float, value: float) -> Spin:
    """Give a field its range and its value."""
    if isinstance(field, QSpinBox):
        field.setRange(int(least), int(most))
        field.setValue(int(value))
    else:
        field.setRange(least, most)
        field.setValue(value)
    return field


def look_ahead_field() -> QSpinBox:
    """A field for the milliseconds of later frames that models may wait for."""
    field = tipped(
        spin(QSpinBox(), 0, 1000, 0),
        "Later frames that models which look both ways see of each: they answer so much later, and better",
    )
    field.setSuffix(" ms")
    field.setSingleStep(50)
    return field


class StatureField(QSpinBox):
    """A person's height, or none where it is not known."""

    def __init__(self, tip: str) -> None:
        super().__init__()
        tipped(spin(self, 0, 250, 0), tip)
        self.setSpecialValueText(f"not known: {ASSUMED_HEIGHT_M:.2f} m")
        self.setSuffix(" cm")

    def height_m(self) -> float | None:
        return self.value() / 100 if self.value() >= SMALLEST_CM else None

    def show_height(self, height_m: float | None) -> None:
        self.setValue(round(100 * (height_m or 0)))


def add_rows(form: QFormLayout, rows: Mapping[str, QWidget | QLayout]) -> None:
    """Add a row for each name."""
    for name, field in rows.items():
        if isinstance(field, QWidget):  # Qt has a function for each kind
            form.addRow(label(name, "muted"), field)
        else:
            form.addRow(label(name, "muted"), field)


def ask_button(tip: str, ask: Callable[[], None]) -> QPushButton:
    """A narrow button that asks for what its tip says."""
    button = tipped(QPushButton("…"), tip)
    button.setFixedWidth(BUTTON)
    button.clicked.connect(lambda: ask())
    return button


def with_button(field: QWidget, tip: str, ask: Callable[[], None]) -> QHBoxLayout:
    """A field with such a button beside it."""
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(ask_button(tip, ask))
    return row


def ask_folder(parent: QWidget, title: str, preferences: Preferences, start: str = "") -> str:
    """Ask for a folder, at first in `start` or in the last one; "" if none is given."""
    path = QFileDialog.getExistingDirectory(parent, title, start or preferences.folder)
    preferences.folder = path or preferences.folder
    return path


def ask_calibration(parent: QWidget, preferences: Preferences) -> str:
    """Ask for a calibration file; "" if none is given."""
    return ask_file(parent, "Calibration", CALIBRATIONS, preferences)


def ask_file(parent: QWidget, title: str, kinds: str, preferences: Preferences) -> str:
    """Ask for a file of those kinds, at first in the last folder; "" if none is given."""
    path, _ = QFileDialog.getOpenFileName(parent, title, preferences.folder, kinds)
    preferences.folder = str(Path(path).parent) if path else preferences.folder
    return path
