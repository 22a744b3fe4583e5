"""Lifting networks that were trained on image coordinates, as the released MotionBERT and PoseMamba and their kin.

Their input is the picture: x and y in half widths of it, from -1 at the left edge to 1 at the right, the origin in the
middle (MotionBERT's preparation of Human3.6M, whose pictures are 1000 pixels wide and near square). Their output is the
pose in the same unit, with depth along the camera's axis: weak perspective, whose scale changes with the distance. So
here, unlike with the follow camera, a person who is small or off-centre in the picture is a different input.
"""

from __future__ import annotations

import numpy as np

from engine.models.encoding import (
    Check,
    DecodedFrameByFrame,
    DecoderStream,
    Encoded,
    EncoderStream,
    Float,
    FrameByFrame,
    go_on,
)
from engine.models.lifting.assumed import require_h36m17
from engine.models.lifting.layout import LAYOUT
from engine.motion.pose import Joints
from engine.motion.stature import ANKLE_HEIGHT_M, bone_chain_length
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context


class ImagePlane:
    """The encoder of such networks: the picture."""

    def whole(self, keypoints: Keypoints2D, context: Context, /, *, check: Check = go_on) -> Encoded:
        require_h36m17(keypoints)
        return Encoded(keypoints.times, image_inputs(keypoints))

    def stream(self, context: Context, /) -> EncoderStream:
        return FrameByFrame(self, context)


class ImageDecoder:
    """The decoder of such networks: every frame scaled to the person's height."""

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> Joints:
        positions = image_metres(output, context.height_m)
        return Joints(encoded.times, positions, LAYOUT, frame="camera", rooted=False)

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)


def image_inputs(keypoints: Keypoints2D) -> Float:
    """(T, J, 3) = (2 x / w - 1, (2 y - h) / w, confidence); a joint that is not seen is at the origin."""
    width, height = keypoints.image_size
    xy = (2 * keypoints.xy - (width, height)) / width
    seen = keypoints.confidence[..., None]
    return np.concatenate([np.where(seen > 0, xy, 0.0), seen], -1)


def image_metres(output: Float, height_m: float) -> Float:
    """Output (T, 17, 3) of such a network -> metres in the camera's axes, pelvis at 0, the person as tall as given.

    Each frame is scaled by its own bones: how large a metre looks changes as the person comes nearer.
    """
    relative = output - output[:, :1]
    chain = np.maximum(bone_chain_length(relative), np.finfo(float).tiny)
    return np.asarray(relative * ((height_m - ANKLE_HEIGHT_M) / chain)[:, None, None])
