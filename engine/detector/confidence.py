"""What a lifting network sees as a keypoint's confidence.

The networks were trained on another detector's confidences than the ones that detectors here give. MediaPipe's, the
product of visibility and presence, says of a point that is hidden that it is less certain, though it is placed nearly
as well: HumMUSS that is shown 1 instead errs 2 to 4 mm less on painted people with every size of the detector, and on a
real recording 4 to 6 mm less with "heavy" and as much (within 1 mm) with "full" and "lite". To leave points out that
are less sure than `SURE` is at most 1.2 mm better ("lite"), and up to 13 mm worse (docs/results.md).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import MEDIAPIPE_33, Skeleton

Mapping = Literal["one", "as detected", "sure"]
"""one: every point that was found counts in full; sure: those above `SURE` do, the others are missing; as detected: the
detector's own number."""
SURE = 0.3


def usual_mapping(skeleton: Skeleton) -> Mapping:
    """The mapping for a detector of this layout: "one" for MediaPipe's, "as detected" for others."""
    return "one" if skeleton is MEDIAPIPE_33 else "as detected"


def seen_confidence(confidence: NDArray[np.float64], mapping: Mapping) -> NDArray[np.float64]:
    """Return what the network is shown, of any shape; a point that is missing (0) stays missing."""
    if mapping == "as detected":
        return confidence
    return np.where(confidence > (SURE if mapping == "sure" else 0.0), 1.0, 0.0)
