"""Hiding of joints, which every occlusion shares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.keypoints import Keypoints2D


def hide(keypoints: Keypoints2D, hidden: NDArray[np.bool_]) -> Keypoints2D:
    """Confidence 0 where `hidden` (T, J) is true."""
    import numpy as np

    return replace(keypoints, confidence=np.where(hidden, 0.0, keypoints.confidence))
