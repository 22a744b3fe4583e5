"""The picture around a person, as MotionBERT's action and mesh networks read it.

One square for the whole clip, twice as large as the box around every keypoint that is seen, goes from -1 to 1 in both
directions (the released configurations' scale_range_test; what lies beyond is cut off).
"""

from __future__ import annotations

import numpy as np

from engine.models.encoding import Check, Encoded, EncoderStream, Float, FrameByFrame, go_on
from engine.models.lifting.assumed import require_h36m17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context

MARGIN = 2.0
"""Side of the square, in sides of the box."""


class CroppedPicture:
    """The encoder of such networks."""

    def whole(self, keypoints: Keypoints2D, context: Context, /, *, check: Check = go_on) -> Encoded:
        require_h36m17(keypoints)
        return Encoded(keypoints.times, cropped_inputs(keypoints))

    def stream(self, context: Context, /) -> EncoderStream:
        return FrameByFrame(self, context)


def cropped_inputs(keypoints: Keypoints2D) -> Float:
    """(T, J, 3) = (x, y, confidence); a joint that is not seen, and a clip in which nothing is, is at the origin."""
    seen = keypoints.confidence > 0
    if not seen.any():
        return np.zeros((*seen.shape, 3))
    shown = keypoints.xy[seen]
    low, high = shown.min(0), shown.max(0)
    side = max(float((high - low).max()), 1.0) * MARGIN
    xy = np.clip((keypoints.xy - (low + high) / 2) * (2 / side), -1, 1)
    return np.concatenate([np.where(seen[..., None], xy, 0.0), keypoints.confidence[..., None]], -1)
