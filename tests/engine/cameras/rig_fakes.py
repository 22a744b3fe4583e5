"""Rings of cameras, and points that they see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.cameras.pinhole import Camera, look_at
from engine.paths import CLIPS

ARMS, LEGS = ((11, 14), (12, 15), (13, 16)), ((4, 1), (5, 2), (6, 3))  # of H36M-17
LENS = (-0.12, 0.05, 0.001, -0.002)


def ring(views: int, *, lens: tuple[float, ...] = LENS, distance: float = 4.0) -> tuple[Camera, ...]:
    """Cameras around the origin, not quite even, 1920 x 1080."""
    cameras = []
    for k in range(views):
        angle = 2 * np.pi * k / views + 0.2 * np.sin(3 * k)
        eye = np.array([distance * np.sin(angle), -distance * np.cos(angle), 1.2 + 0.4 * (k % 3)])
        camera = look_at(f"cam{k + 1}", eye, np.array([0.1 * (k % 2), 0, 0.9]), image_size=(1920, 1080))
        cameras.append(replace(camera, distortion=lens))
    return tuple(cameras)


def seen(cameras: tuple[Camera, ...], points: np.ndarray) -> np.ndarray:
    """Points (T, J, 3) -> pixels (T, V, J, 2)."""
    return np.stack([camera.project(points)[0] for camera in cameras], 1)


def person(clip: str = "walk", frames: int = 60) -> np.ndarray:
    """(T, 17, 3) A built-in clip's H36M-17 joints, metres, on the floor around the origin."""
    with np.load(CLIPS / f"{clip}.npz") as file:
        positions = file["positions"][:frames].astype(np.float64)
    assert positions.shape[1] == 17
    return positions - [*positions[:, 0, :2].mean(0), 0.0]
