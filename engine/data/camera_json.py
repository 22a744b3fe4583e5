"""Cameras as plain values, as they stand in JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cameras.pinhole import Camera

_KEYS = ("name", "rotation", "centre", "focal", "principal", "image_size", "distortion")


def camera_to_json(camera: Camera) -> dict[str, Any]:
    """Return texts, numbers and lists of them."""
    return {key: np.asarray(v).tolist() if not isinstance(v := getattr(camera, key), str) else v for key in _KEYS}


def camera_from_json(info: Any) -> Camera:
    """The camera of such values. Raises KeyError, TypeError, ValueError, IndexError or OverflowError for others."""
    name = info["name"]
    rotation, centre = np.array(info["rotation"], float), np.array(info["centre"], float)
    distortion = tuple(map(float, info["distortion"]))
    fx, fy = map(float, info["focal"])
    cx, cy = map(float, info["principal"])
    width, height = map(int, info["image_size"])
    numbers = np.array([*rotation.flat, *centre.flat, fx, fy, cx, cy, *distortion])
    if not isinstance(name, str) or rotation.shape != (3, 3) or centre.shape != (3,) or not np.isfinite(numbers).all():
        raise ValueError("camera")
    return Camera(name, rotation, centre, (fx, fy), (cx, cy), (width, height), distortion)
