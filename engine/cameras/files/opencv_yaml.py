"""OpenCV's YAML: EasyMocap's intri.yml with extri.yml, and one file of all cameras or of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.cameras.files.parts import CalibrationFile, camera_of, guess_metres
from engine.cameras.pinhole import Camera
from engine.errors import file_error


def matches(text: str) -> bool:
    return text.lstrip().startswith("%YAML") or "!!opencv-matrix" in text


def read(path: Path, text: str) -> CalibrationFile:
    """EasyMocap's pair, whichever of both is given, or K_name, dist_name, R_name (or Rot_name), T_name in one file.

    A file without names (camera_matrix, distortion_coefficients, rotation, translation) is one camera.
    Raises InputError.
    """
    nodes = _nodes(path, text)
    for one, other in (("intri", "extri"), ("extri", "intri")):
        beside = path.with_name(path.name.replace(one, other))
        if one in path.name and beside.is_file():
            nodes = _nodes(beside, beside.read_text("utf-8", "replace")) | nodes
    names = nodes.get("names") or [key[2:] for key in nodes if key.startswith("K_")]
    if not names and "camera_matrix" in nodes:
        names, nodes = [path.stem], _one(path.stem, nodes)
    cameras = [_camera(path, str(name), nodes) for name in names]
    metres, note = guess_metres([camera.centre for camera in cameras])
    cameras = [replace(camera, centre=camera.centre * metres) for camera in cameras]
    sized = any(key.startswith("W_") for key in nodes)
    notes = () if sized else ("The picture's size was taken for twice the principal point.",)
    return CalibrationFile(tuple(cameras), "OpenCV YAML", (note, *notes), sized)


def _camera(path: Path, name: str, nodes: dict[str, Any]) -> Camera:
    turn, place = nodes.get(f"Rot_{name}", nodes.get(f"R_{name}")), nodes.get(f"T_{name}")
    for field, value in (("K", nodes.get(f"K_{name}")), ("R", turn), ("T", place)):
        if value is None:
            raise file_error(path, f"{field}_{name}", "is missing", "keep intri.yml and extri.yml in one folder")
    size = (nodes[f"W_{name}"], nodes[f"H_{name}"]) if f"W_{name}" in nodes and f"H_{name}" in nodes else None
    lens = nodes.get(f"dist_{name}", nodes.get(f"D_{name}", []))
    return camera_of(path, name, nodes[f"K_{name}"], lens, turn, place, size)


def _one(name: str, nodes: dict[str, Any]) -> dict[str, Any]:
    """Names as of several cameras, for one."""
    usual = {
        "camera_matrix": "K", "distortion_coefficients": "dist", "rotation": "R", "rotation_matrix": "R", "rvec": "R",
        "translation": "T", "tvec": "T", "image_width": "W", "image_height": "H",
    }  # fmt: skip
    return {f"{usual[key]}_{name}": value for key, value in nodes.items() if key in usual}


def _nodes(path: Path, text: str) -> dict[str, Any]:
    """Every entry of the top level: matrices as arrays, lists of words, numbers, words."""
    import cv2

    try:
        storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    except (cv2.error, SystemError) as error:
        raise file_error(path, "file", "is damaged YAML", "export it again", detail=str(error)) from None
    try:
        root = storage.root()
        return {key: _value(root.getNode(key)) for key in root.keys()}  # noqa: SIM118  a node is no dict
    except (cv2.error, SystemError) as error:
        raise file_error(path, "file", "is damaged YAML", "export it again", detail=str(error)) from None
    finally:
        storage.release()


def _value(node: Any) -> Any:
    if node.isMap():
        return np.asarray(node.mat()) if node.mat() is not None else None
    if node.isSeq():
        return [_value(node.at(k)) for k in range(node.size())]
    return node.string() if node.isString() else node.real()
