"""Calibration files: whatever describes a rig of cameras, read by its content."""

from engine.cameras.files.parts import CalibrationFile
from engine.cameras.files.read import read_calibration
from engine.cameras.files.write import FORMS, calibration_text

__all__ = ["FORMS", "CalibrationFile", "calibration_text", "read_calibration"]
