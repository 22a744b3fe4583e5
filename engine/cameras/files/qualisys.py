"""Qualisys calibrations (`.qca.txt`), which are XML.

Lengths are millimetres, lens values 1/64 of a pixel. The rotation leads to a camera that looks along -Z with Y up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.cameras.files.parts import CalibrationFile, camera_of, numbers
from engine.errors import file_error

PER_PIXEL = 64.0


def matches(text: str) -> bool:
    return "<calibration" in text[:2000] and "focalLengthU" in text


def read(path: Path, text: str) -> CalibrationFile:
    """The active cameras. Raises InputError."""
    from xml.etree import ElementTree

    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise file_error(path, "file", "defines XML entities", "export it from QTM again")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise file_error(path, "file", f"is damaged XML ({error})", "export it from QTM again") from None
    cameras = []
    for number, entry in enumerate(root.iter("camera"), 1):
        name = entry.get("serial") or f"camera {number}"
        place, lens = entry.find("transform"), entry.find("intrinsic")
        if entry.get("active") == "0" or place is None or lens is None:
            continue
        turn = _values(path, name, place, *(f"r{i}{j}" for i in (1, 2, 3) for j in (1, 2, 3))).reshape(3, 3)
        rotation = np.diag([1.0, -1.0, -1.0]) @ turn
        centre = _values(path, name, place, "x", "y", "z") / 1000
        fu, fv, cu, cv = (
            _values(path, name, lens, "focalLengthU", "focalLengthV", "centerPointU", "centerPointV") / PER_PIXEL
        )
        low_u, high_u, low_v, high_v = _values(path, name, lens, "sensorMinU", "sensorMaxU", "sensorMinV", "sensorMaxV")
        bends = ("radialDistortion1", "radialDistortion2", "tangentalDistortion1", "tangentalDistortion2")
        distortion = np.r_[_values(path, name, lens, *bends), _values(path, name, lens, "radialDistortion3")]
        size = ((high_u - low_u) / PER_PIXEL + 1, (high_v - low_v) / PER_PIXEL + 1)
        matrix = [[fu, 0, cu], [0, fv, cv], [0, 0, 1]]
        cameras.append(camera_of(path, name, matrix, distortion, rotation, -rotation @ centre, size))
    return CalibrationFile(tuple(cameras), "Qualisys", ("Distortion was taken for OpenCV's, as it stands.",))


def _values(path: Path, name: str, entry: Any, *fields: str) -> Any:
    given = [entry.get(field) for field in fields]
    if None in given:
        raise file_error(path, f"{name} {fields[given.index(None)]}", "is missing", "export it from QTM again")
    return numbers(path, f"{name} {fields[0]}", given)
