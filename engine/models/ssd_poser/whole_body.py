"""The decoder of SSD-Poser: 22 rotations in 6D -> the pose of a body, hung from the head that was seen.

The networks give no place: the root is where the head was seen minus the head's own place in the pose around a root at
the origin. The body is the context's (the mannequin where it names none), as tall as the context says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.stature import shape_of_stature
from engine.errors import InputError
from engine.models.encoding import DecodedFrameByFrame, DecoderStream, Encoded
from engine.models.smpl_form import from_smpl_form
from engine.models.ssd_poser.config import JOINTS
from engine.models.ssd_poser.seen_hands import with_seen_hands
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, conjugate, matrix_to_quat, multiply, quat_to_matrix
from engine.motion.skeleton import SMPL_24
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Context

Float = NDArray[np.float64]

SPINE = [SMPL_24.index(joint) for joint in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]


@dataclass(frozen=True)
class WholeBody:
    """seen_hands: whether arms are bent so that the hands are where they were seen (`seen_hands.py`)."""

    seen_hands: bool = False

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> BodyPose:
        """output (T, 132) of frames with `encoded.seen` -> the pose in the world. Raises InputError for the body."""
        seen = encoded.seen
        assert isinstance(seen, TrackerSignals)
        name = context.body or library.MANNEQUIN
        shape, offsets = person(name, context.height_m)
        rotations = np.tile(IDENTITY, (len(output), len(SMPL_24), 1))
        rotations[:, :JOINTS] = from_smpl_form(output.reshape(-1, JOINTS, 6))
        if encoded.rotation is not None:
            rotations[:, 0] = multiply(conjugate(matrix_to_quat(encoded.rotation)), rotations[:, 0])
        root = seen.positions[:, 0] - head_from_root(rotations, offsets)
        pose = BodyPose(encoded.times, rotations, root, shape, name)
        return with_seen_hands(pose, offsets, seen) if self.seen_hands else pose

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)


def head_from_root(rotations: Float, offsets: Float) -> Float:
    """The head's place (T, 3) around a root at the origin: `forward_kinematics` along the spine alone."""
    turned = quat_to_matrix(rotations[:, SPINE[:-1]])
    place, so_far = np.zeros((len(rotations), 3)), np.eye(3)
    for matrix, joint in zip(np.moveaxis(turned, 1, 0), SPINE[1:], strict=True):
        so_far = so_far @ matrix
        place += so_far @ offsets[joint]
    return place


@lru_cache(maxsize=16)
def person(name: str, height_m: float) -> tuple[Float, Float]:
    """Shape and rest offsets (24, 3) of that body at that height: do not modify them."""
    body = library.body(name)
    try:
        shape = shape_of_stature(body, height_m)
    except KeyError:
        raise InputError(f"The body {name} does not say where H36M-17 lies in it; wear {library.MANNEQUIN}.") from None
    return shape, body.offsets(shape)
