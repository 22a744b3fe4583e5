"""Calibrations as text: Pose2Sim's TOML, OpenCV's JSON and YAML."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import vector_of
from engine.errors import InputError


def _toml(cameras: Sequence[Camera]) -> str:
    """Of Pose2Sim and anipose; rotations are vectors, places metres."""
    parts = []
    for number, camera in enumerate(cameras, 1):
        (fx, fy), (cx, cy) = camera.focal, camera.principal
        lens = camera.distortion or (0.0,) * 4
        parts.append(
            f"[cam_{number:02d}]\n"
            f"name = {json.dumps(camera.name, ensure_ascii=False)}\n"
            f"size = {_list(camera.image_size)}\n"
            f"matrix = [{_list((fx, 0, cx))}, {_list((0, fy, cy))}, [0.0, 0.0, 1.0]]\n"
            f"distortions = {_list(lens)}\n"
            f"rotation = {_list(vector_of(camera.rotation))}\n"
            f"translation = {_list(-camera.rotation @ camera.centre)}\n"
            "fisheye = false\n"
        )
    return "\n".join(parts) + '\n[metadata]\nadjusted = false\nerror = 0.0\nunit = "metres"\n'


def _list(values: Sequence[float] | np.ndarray) -> str:
    return json.dumps([float(value) for value in values])


def _json(cameras: Sequence[Camera]) -> str:
    entries = [
        {
            "name": camera.name,
            "image_size": list(camera.image_size),
            "K": [[camera.focal[0], 0, camera.principal[0]], [0, camera.focal[1], camera.principal[1]], [0, 0, 1]],
            "dist": list(camera.distortion),
            "R": camera.rotation.tolist(),
            "t": (-camera.rotation @ camera.centre).tolist(),
        }
        for camera in cameras
    ]
    return json.dumps({"unit": "metres", "cameras": entries}, indent=2, ensure_ascii=False) + "\n"


def _yaml(cameras: Sequence[Camera]) -> str:
    """OpenCV's, with EasyMocap's names."""
    import cv2

    storage = cv2.FileStorage("calibration.yml", cv2.FILE_STORAGE_WRITE | cv2.FILE_STORAGE_MEMORY)
    storage.startWriteStruct("names", cv2.FileNode_SEQ)
    for camera in cameras:
        storage.write("", camera.name)
    storage.endWriteStruct()
    for camera in cameras:
        (fx, fy), (cx, cy), name = camera.focal, camera.principal, camera.name
        try:
            storage.write(f"K_{name}", np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1.0]]))
            storage.write(f"dist_{name}", np.array(camera.distortion or (0.0,) * 5)[None])
            storage.write(f"W_{name}", camera.image_size[0])
            storage.write(f"H_{name}", camera.image_size[1])
            storage.write(f"R_{name}", vector_of(camera.rotation)[:, None])
            storage.write(f"Rot_{name}", camera.rotation)
            storage.write(f"T_{name}", (-camera.rotation @ camera.centre)[:, None])
        except cv2.error:
            raise InputError(f"{name}: YAML's names have letters, digits and _ alone; write .toml or .json.") from None
    return str(storage.releaseAndGetString())


FORMS: dict[str, Callable[[Sequence[Camera]], str]] = {".toml": _toml, ".json": _json, ".yml": _yaml, ".yaml": _yaml}
"""By the ending of the file."""


def calibration_text(path: str | Path, cameras: Sequence[Camera]) -> str:
    """Return what to write into a calibration of that name: TOML, JSON or YAML. Raises InputError for other endings."""
    form = FORMS.get(Path(path).suffix.lower())
    if form is None:
        raise InputError(f"{Path(path).name}: calibrations are written as {', '.join(FORMS)}; choose one of them.")
    return form(cameras)
