"""The decoder of MotionBERT's mesh network: SMPL's rotations in a camera -> the pose of a body.

SMPL's ten shape numbers go with its licensed body and are left out: the pose is worn on the context's body, the
mannequin where it names none, as tall as the person.
"""

from __future__ import annotations

import numpy as np

from engine.body import library
from engine.body.proportions import GROUPS, person_of
from engine.models.encoding import DecodedFrameByFrame, DecoderStream, Encoded, Float
from engine.models.smpl_form import from_smpl_form
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24
from engine.observation.trial import Context

ROTATIONS = 6 * len(SMPL_24)


class SMPLPose:
    """The decoder of such networks."""

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> BodyPose:
        """output (T, 144 + 10) -> the pose without a place; 6D are columns side by side, as in SPIN.

        Raises InputError for a body that has no stature.
        """
        name = context.body or library.MANNEQUIN
        rows = output[:, :ROTATIONS].reshape(-1, len(SMPL_24), 3, 2)
        rotations = from_smpl_form(rows.swapaxes(-1, -2).reshape(-1, len(SMPL_24), 6))
        offsets = person_of(name, context.height_m, np.zeros(len(GROUPS)))
        return BodyPose(encoded.times, rotations, None, np.zeros(0), name, offsets=offsets, frame="camera")

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)
