"""From what a detector answers to the keypoints that models take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.detector.confidence import seen_confidence, usual_mapping
from engine.detector.detection import Detection
from engine.motion.conversions import layout_of
from engine.motion.skeleton import Skeleton
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.keypoints import Keypoints2D


def keypoints_of(
    name: str,
    times: NDArray[np.float64],
    person: Sequence[Detection],
    skeleton: Skeleton,
    image_size: tuple[int, int],
    camera: Camera | None = None,
) -> Keypoints2D:
    """One person at times (T,) seconds, in H36M-17, with confidences as models are shown them.

    skeleton: the detector's. Raises InputError where no rule leads from it to H36M-17.
    """
    layout = layout_of(skeleton) or skeleton  # the one that is known, which came here as a copy
    xy, sure = np.stack([seen.xy for seen in person]), np.stack([seen.confidence for seen in person])
    confidence = seen_confidence(sure, usual_mapping(layout))
    return keypoints_to_h36m17(Keypoints2D(name, times, xy, confidence, layout, image_size, camera))
