"""Poses in units of the bone chain from head top to ankle, in a turned camera's axes, as metres."""

from __future__ import annotations

import numpy as np

from engine.models.encoding import DecodedFrameByFrame, DecoderStream, Encoded, Float
from engine.models.lifting.layout import LAYOUT
from engine.motion.pose import Joints
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.trial import Context


class BoneChain:
    """The decoder of networks that were trained here: their unit of length is the person's bone chain."""

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> Joints:
        """output (T, 17, 3) in the axes of `encoded.rotation` -> metres in the camera's axes, pelvis at 0."""
        relative = output - output[:, :1]
        if encoded.rotation is not None:
            relative = relative @ encoded.rotation
        positions = np.asarray(relative * (context.height_m - ANKLE_HEIGHT_M))
        return Joints(encoded.times, positions, LAYOUT, frame="camera", rooted=False)

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)
