"""From what a detector answers to the keypoints that models take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.detector.confidence import Mapping, seen_confidence, usual_mapping
from engine.motion.conversions import layout_of
from engine.motion.skeleton import Skeleton
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


def keypoints_of(
    name: str,
    times: Float,
    xy: Float,
    confidence: Float,
    skeleton: Skeleton,
    image_size: tuple[int, int],
    camera: Camera | None = None,
    mapping: Mapping | None = None,
) -> Keypoints2D:
    """One person at times (T,) seconds, in H36M-17, with confidences as models are shown them.

    xy (T, J, 2) and confidence (T, J) are in the detector's skeleton; mapping: None for the usual
    one. Raises InputError where no rule leads from that.
    """
    layout = layout_of(skeleton) or skeleton  # the one that is known, which came here as a copy
    sure = seen_confidence(confidence, mapping or usual_mapping(layout))
    return keypoints_to_h36m17(Keypoints2D(name, times, xy, sure, layout, image_size, camera))
