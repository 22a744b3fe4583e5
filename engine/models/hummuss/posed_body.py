"""The decoder of mesh recovery: 24 rotations in 6D and proportions -> the pose of a body in the camera's axes."""

from __future__ import annotations

import numpy as np

from engine.body import library
from engine.body.proportions import person_of
from engine.models.card import ModelCard
from engine.models.encoding import DecodedFrameByFrame, Decoder, DecoderStream, Encoded, Encoder, Float
from engine.models.lifting.follow import FollowCamera
from engine.motion.pose import BodyPose
from engine.motion.rotations import conjugate, matrix_to_quat, multiply, six_d_to_quat
from engine.motion.skeleton import SMPL_24
from engine.observation.trial import Context

ROTATIONS = 6 * len(SMPL_24)


class PosedBody:
    """The context's body (the mannequin where it names none), worn on a person as tall as the context says."""

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> BodyPose:
        """output (T, 144 + 10) in the axes of `encoded.rotation` -> the pose without a place.

        Proportions are the mean over the frames. Raises InputError for the body.
        """
        name = context.body or library.MANNEQUIN
        rotations = six_d_to_quat(output[:, :ROTATIONS].reshape(-1, len(SMPL_24), 6))
        if encoded.rotation is not None:
            rotations[:, 0] = multiply(conjugate(matrix_to_quat(encoded.rotation)), rotations[:, 0])
        offsets = person_of(name, context.height_m, output[:, ROTATIONS:].mean(0))
        return BodyPose(encoded.times, rotations, None, np.zeros(0), name, offsets=offsets, frame="camera")

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)


def encoding_of(card: ModelCard) -> tuple[Encoder, Decoder]:
    """What stands before and behind a network of mesh recovery."""
    return FollowCamera(causal=card.causal), PosedBody()
