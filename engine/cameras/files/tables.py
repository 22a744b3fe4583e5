"""Calibrations that are tables by camera: Pose2Sim and anipose (TOML), CMU Panoptic, VoxelPose and OpenCV (JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cameras.files.parts import CalibrationFile, camera_of, guess_metres, numbers, part
from engine.cameras.pinhole import Camera
from engine.errors import file_error

Table = Mapping[str, Any]

LENS = ("distortions", "dist", "distortion", "distCoef", "dist_coeffs", "distortion_coefficients")


def toml_cameras(path: Path, table: Table) -> CalibrationFile:
    """A table a camera, as Pose2Sim, Sports2D and anipose write it; their metadata's numbers are left alone.

    Pose2Sim and this program write metres, anipose the unit of its board, which is guessed.
    """
    entries = {key: value for key, value in table.items() if isinstance(value, Mapping) and "matrix" in value}
    for key, entry in entries.items():
        if entry.get("fisheye") is True:
            raise file_error(path, f"{key} fisheye", "is true", "calibrate with the standard lens model")
    cameras = [_opencv(path, str(entry.get("name", key)), entry) for key, entry in entries.items()]
    metadata = table.get("metadata")
    unit = str(metadata.get("unit", "")) if isinstance(metadata, Mapping) else ""
    return _in_metres(path, cameras, "TOML", entries, unit)


def _opencv(path: Path, name: str, entry: Table) -> Camera:
    """OpenCV's fields under any of their usual names."""
    return camera_of(
        path,
        name,
        part(path, entry, name, "matrix", "K", "camera_matrix", "cameraMatrix", "intrinsic"),
        next((entry[key] for key in LENS if key in entry), []),
        part(path, entry, name, "rotation", "R", "rvec", "Rvec"),
        part(path, entry, name, "translation", "t", "T", "tvec"),
        next((entry[key] for key in ("size", "resolution", "image_size", "imgSize") if key in entry), None),
    )


def _in_metres(path: Path, cameras: list[Camera], form: str, entries: Table, unit: str) -> CalibrationFile:
    metres, note = guess_metres([camera.centre for camera in cameras], unit)
    cameras = [replace(camera, centre=camera.centre * metres) for camera in cameras]
    sized = any("size" in str(key).lower() or key == "resolution" for entry in entries.values() for key in entry)
    notes = () if sized else ("The picture's size was taken for twice the principal point.",)
    return CalibrationFile(tuple(cameras), form, tuple(filter(None, (note, *notes))), sized)


def json_cameras(path: Path, content: Any) -> CalibrationFile:
    """CMU Panoptic's list of cameras, VoxelPose's of Shelf and Campus, or a list or an object in OpenCV's fields."""
    listed = content.get("cameras", content) if isinstance(content, Mapping) else content
    if isinstance(listed, Mapping):
        entries = {str(key): _plain(value) for key, value in listed.items() if _is_camera(value)}
    else:
        entries = {_name(entry, k): _plain(entry) for k, entry in enumerate(listed) if _is_camera(entry)}
    if entries and all("distCoef" in entry and "panel" in entry for entry in entries.values()):
        cameras = [_panoptic(path, name, entry) for name, entry in entries.items()]
        note = "Panoptic's centimetres with Y down became metres with Z up."
        return CalibrationFile(tuple(cameras), "CMU Panoptic", (note,))
    if entries and all("fx" in entry for entry in entries.values()):
        cameras = [_voxelpose(path, name, entry) for name, entry in entries.items()]
        note = "VoxelPose's millimetres became metres; T is where a camera stands. "
        note += "The picture's size was taken for twice the principal point."
        sized = all("size" in entry for entry in entries.values())
        return CalibrationFile(tuple(cameras), "VoxelPose JSON", (note,), sized)
    cameras = [_opencv(path, name, entry) for name, entry in entries.items()]
    unit = str(content.get("unit", "")) if isinstance(content, Mapping) else ""
    return _in_metres(path, cameras, "OpenCV JSON", entries, unit)


def _is_camera(value: Any) -> bool:
    known = ("K", "matrix", "camera_matrix", "cameraMatrix", "fx")
    return isinstance(value, Mapping) and any(key in value for key in known)


def _name(entry: Table, number: int) -> str:
    return str(entry.get("name", entry.get("id", f"cam{number + 1}")))


def _plain(entry: Table) -> dict[str, Any]:
    """OpenCV's matrices ({"type_id", "rows", "cols", "data"}) as lists of numbers."""
    return {
        key: value["data"] if isinstance(value, Mapping) and "data" in value else value for key, value in entry.items()
    }


_Y_DOWN = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""World of Z up -> Panoptic's, whose Y points down."""


def _panoptic(path: Path, name: str, entry: Table) -> Camera:
    rotation = numbers(path, f"{name} R", part(path, entry, name, "R"), 3, 3) @ _Y_DOWN
    translation = numbers(path, f"{name} t", part(path, entry, name, "t"), 3)
    # Panoptic orders them k1 k2 p1 p2 k3, as OpenCV does
    size = part(path, entry, name, "resolution")
    return camera_of(path, name, entry["K"], entry["distCoef"], rotation, translation, size, metres=0.01)


def _voxelpose(path: Path, name: str, entry: Table) -> Camera:
    """Of Shelf and Campus: x_cam = R (X - T), T in mm, focal lengths, principal point, k1 k2 k3 and p1 p2 apart."""
    rotation = numbers(path, f"{name} R", part(path, entry, name, "R"), 3, 3)
    centre = numbers(path, f"{name} T", part(path, entry, name, "T"), 3)
    fx, fy, cx, cy = (float(numbers(path, f"{name} {key}", part(path, entry, name, key), 1)[0])
                      for key in ("fx", "fy", "cx", "cy"))  # fmt: skip
    k1, k2, k3 = numbers(path, f"{name} k", entry.get("k", [0, 0, 0]), 3)
    p1, p2 = numbers(path, f"{name} p", entry.get("p", [0, 0]), 2)
    matrix = [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]
    return camera_of(
        path, name, matrix, [k1, k2, p1, p2, k3], rotation, -rotation @ centre, entry.get("size"), metres=0.001
    )
