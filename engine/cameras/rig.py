"""Rigs: several calibrated cameras on one clock and in one world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.cameras.pinhole import Camera


@dataclass(frozen=True)
class CameraRig:
    """Cameras in a fixed order, told apart by name."""

    cameras: tuple[Camera, ...]

    def __post_init__(self) -> None:
        names = [camera.name for camera in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError(f"two cameras of a rig have one name: {', '.join(names)}")

    def __len__(self) -> int:
        return len(self.cameras)

    def __iter__(self) -> Iterator[Camera]:
        return iter(self.cameras)

    def __getitem__(self, view: int) -> Camera:
        return self.cameras[view]
