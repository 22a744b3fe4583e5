"""Virtual trackers: the headset and the controllers that a moving body would have worn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.clip import Provenance
from engine.motion.kinematics import global_rotations
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.pieces import by_pieces

Float = NDArray[np.float64]

WORN_BY = {"head": "head", "left hand": "left wrist", "right hand": "right wrist"}
"""The joint that each tracker is fixed to: the body's own head and wrists, without a device's offset (AvatarPoser)."""
JOINTS = tuple(SMPL_24.index(WORN_BY[tracker]) for tracker in HEADSET)
"""Of `HEADSET`, indices into SMPL-24: 15, 20, 21."""


def virtual_trackers(pose: BodyPose, name: str = "", provenance: Provenance | None = None) -> TrackerSignals:
    """The places and global rotations of head and wrists, always seen. Raises InputError for a pose without a place."""
    if pose.root is None or pose.frame != "world":
        raise InputError(f"{name or 'This body'}: it has no place in the world, so no tracker has; give one that has.")
    places = list(JOINTS)

    def put(part: slice) -> Float:
        return as_joints(pose.take(part), SMPL_24).positions[:, places]

    def turned(part: slice) -> Float:
        return global_rotations(SMPL_24, pose.rotations[part])[:, places]

    positions, rotations = by_pieces(put, len(pose)), by_pieces(turned, len(pose))
    seen = np.ones(positions.shape[:2], bool)
    return TrackerSignals(name, pose.times, positions, rotations, seen, provenance=provenance or Provenance())
