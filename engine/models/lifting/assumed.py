"""Requirements of lifting models on keypoints."""

from __future__ import annotations

from engine.errors import InputError
from engine.models.lifting.layout import LAYOUT
from engine.observation.keypoints import Keypoints2D


def require_h36m17(keypoints: Keypoints2D) -> None:
    """InputError for keypoints of another number of joints."""
    if len(keypoints.skeleton) != len(LAYOUT):
        raise InputError(
            f"{keypoints.name}: skeleton is {keypoints.skeleton.name}; convert the keypoints to H36M-17 first."
        )
