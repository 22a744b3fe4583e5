"""The format of a calibration file, found by its content."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from engine.cameras.files import opencv_yaml, qualisys, tables
from engine.cameras.files.parts import MOST_CAMERAS, CalibrationFile
from engine.errors import InputError, file_error

MOST_BYTES = 20_000_000
KNOWN = (
    "Qualisys (.qca.txt), Pose2Sim or anipose (.toml), OpenCV or EasyMocap (.yml), "
    "OpenCV, Panoptic or VoxelPose (.json)"
)


def read_calibration(path: str | Path) -> CalibrationFile:
    """Return the cameras of a calibration, in metres; of a folder, of the one calibration in it. Raises InputError."""
    path = Path(path)
    if path.is_dir():
        path = _inside(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise file_error(path, "file", "is larger than 20 MB", "give a calibration of cameras")
        text = path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise file_error(path, "file", f"cannot be read ({error.strerror})", "check the path") from None
    found = _read(path, text)
    names = [camera.name for camera in found.cameras]
    if not names:
        raise file_error(path, "file", "holds no calibrated camera", f"give one of {KNOWN}")
    if len(names) > MOST_CAMERAS or len(set(names)) < len(names):
        raise file_error(path, "file", "names two cameras alike, or very many", "give each camera a name of its own")
    return found


def _read(path: Path, text: str) -> CalibrationFile:
    if qualisys.matches(text):
        return qualisys.read(path, text)
    if opencv_yaml.matches(text):
        return opencv_yaml.read(path, text)
    try:
        try:
            table = tomllib.loads(text)
        except ValueError:
            return tables.json_cameras(path, json.loads(text))
        return tables.toml_cameras(path, table)
    except InputError:
        raise
    except (ValueError, RecursionError, TypeError):
        raise file_error(path, "file", "is no calibration that is known", f"give one of {KNOWN}") from None


def _inside(folder: Path) -> Path:
    """The calibration of a folder, as Pose2Sim and EasyMocap lay it out."""
    for pattern in ("*.toml", "*.qca.txt", "intri.yml", "calibration*.json", "*.yml", "*.yaml"):
        found = sorted(folder.glob(pattern))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(file.name for file in found[:4])
            raise file_error(folder, "folder", f"holds several calibrations ({names})", "give one of them")
    raise file_error(folder, "folder", "holds no calibration", f"give one of {KNOWN}")
