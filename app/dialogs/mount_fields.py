"""How a camera stands that is not calibrated: each number estimated, or by hand."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QFormLayout, QSpinBox

from app.dialogs.fields import add_rows, spin
from app.docks.panel import tipped
from engine.experiment.settings import CameraSource

ESTIMATED = "estimated"


class MountFields:
    """Fields of a `CameraSource`; the least value of each stands for what is estimated from the person."""

    def __init__(self) -> None:
        self.pitch = _field("How far the camera looks down", (-61, 60), "°")
        self.roll = _field("How far it is turned clockwise, seen from behind it", (-181, 180), "°")
        self.height = _field("Its lens above the floor", (0, 2000), " cm")
        self.foot_lock = tipped(QCheckBox("Feet stay where they stand"), "Of a camera that is not calibrated")

    def add_to(self, form: QFormLayout) -> None:
        """A row for each."""
        add_rows(form, {"Looks down": self.pitch, "Turned": self.roll, "Hangs at": self.height})
        form.addRow(self.foot_lock)

    def given(self) -> dict[str, Any]:
        height_cm = _value(self.height)
        return {
            "camera_pitch": _value(self.pitch),
            "camera_roll": _value(self.roll),
            "camera_height": None if height_cm is None else height_cm / 100,
            "foot_lock": self.foot_lock.isChecked(),
        }

    def show(self, source: CameraSource) -> None:
        height_cm = None if source.camera_height is None else 100 * source.camera_height
        for field, value in (
            (self.pitch, source.camera_pitch),
            (self.roll, source.camera_roll),
            (self.height, height_cm),
        ):
            field.setValue(field.minimum() if value is None else round(value))
        self.foot_lock.setChecked(source.foot_lock)


def _field(tip: str, limits: tuple[int, int], unit: str) -> QSpinBox:
    field = tipped(spin(QSpinBox(), *limits, limits[0]), f"{tip}; estimated from the person where nothing is given")
    field.setSpecialValueText(ESTIMATED)
    field.setSuffix(unit)
    return field


def _value(field: QSpinBox) -> int | None:
    return None if field.value() == field.minimum() else field.value()
