"""A start for the pose from a rig's rotations: each joint copies one, as seen from the rig's T-pose."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.body.retarget.matrices import X, Z, about, nearest_rotation, swing, turn
from engine.body.retarget.points import at
from engine.body.retarget.rig_maps import RigMap
from engine.motion.clip import MotionClip
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import SMPL_24, Skeleton

Float = NDArray[np.float64]

_BONES = {"hip": "knee", "knee": "ankle", "collar": "shoulder", "shoulder": "elbow", "elbow": "wrist", "wrist": "hand"}


class CopiedRotations:
    """The body's rotations copied from a rig's: G_body(j) = G_rig(j) C_j.

    C_j is constant and leads from the body's T-pose to the rig's: limbs by the least rotation between the bones, after
    a roll about the arm where the rig's elbow axis is rolled; the foot by the shin's and a turn about its vertical;
    the trunk by how much further the rig leans back at rest.
    """

    def __init__(self, clip: MotionClip, rig_map: RigMap, body: Body) -> None:
        assert clip.rotations is not None and clip.offsets is not None
        names = clip.skeleton.names
        self._skeleton, self._rotations = clip.skeleton, clip.rotations
        joints = {joint: names.index(name) for joint, name in rig_map.joints.items()}
        resting = _resting_rotations(clip.skeleton, rig_map)
        rest = _resting_positions(clip.skeleton, clip.offsets, resting)
        constants = _constants(body, {joint: rest[j] for joint, j in joints.items()}, rig_map)
        turning = [SMPL_24.parents[k] if joint in rig_map.fixed else k for k, joint in enumerate(SMPL_24.names)]
        self._sources = [joints[SMPL_24.names[k]] for k in turning]
        self._constants = resting[self._sources].swapaxes(-1, -2) @ constants
        self._one_for_two = rig_map.joints["spine1"] == rig_map.joints["spine2"]

    def __call__(self, frames: slice | NDArray[np.intp]) -> Float:
        """Global rotations (T, 24, 3, 3) in some of the clip's frames."""
        turned = globals_of(self._skeleton, self._rotations[frames], set(self._sources))
        result = np.stack([turned[j] for j in self._sources], axis=1) @ self._constants
        if self._one_for_two:
            result[:, at("spine1")] = nearest_rotation(result[:, at("pelvis")] + result[:, at("spine2")])
        return result


def globals_of(skeleton: Skeleton, rotations: Float, wanted: set[int]) -> dict[int, Float]:
    """Global rotations (T, 3, 3) of some joints, from local quaternions (T, J, 4)."""
    result: dict[int, Float] = {}

    def of(j: int) -> Float:
        if j not in result:
            local = quat_to_matrix(rotations[:, j])
            parent = skeleton.parents[j]
            result[j] = local if parent < 0 else of(parent) @ local
        return result[j]

    return {j: of(j) for j in wanted}


def _resting_rotations(skeleton: Skeleton, rig_map: RigMap) -> Float:
    """Global rotations (J, 3, 3) in the rig's T-pose; joints that the map does not name turn with their parent."""
    result = np.empty((len(skeleton), 3, 3))
    for j in skeleton.order:
        name, parent = skeleton.names[j], skeleton.parents[j]
        if name in rig_map.resting:
            result[j] = quat_to_matrix(np.array(rig_map.resting[name]))
        else:
            result[j] = result[parent] if parent >= 0 else np.eye(3)
    return result


def _resting_positions(skeleton: Skeleton, offsets: Float, resting: Float) -> Float:
    """Joints (J, 3) metres in the rig's T-pose, around its root."""
    result = np.zeros((len(skeleton), 3))
    for j in skeleton.order:
        parent = skeleton.parents[j]
        if parent >= 0:
            result[j] = result[parent] + resting[parent] @ offsets[j]
    return result


def _constants(body: Body, rest: dict[str, Float], rig_map: RigMap) -> Float:
    """C_j (24, 3, 3) from the body's T-pose to the rig's: joint -> (3,) metres."""
    own = dict(zip(SMPL_24.names, body.joints(np.zeros(0)), strict=True))
    result = np.tile(np.eye(3), (24, 1, 1))
    roll = about(X, np.radians(rig_map.roll_deg))
    result[[at(joint) for joint in ("pelvis", "spine1", "spine2", "spine3")]] = about(X, _lean(rest) - _lean(own))
    result[at("head")] = about(X, np.radians(rig_map.nod_deg))
    for side in ("left", "right"):
        for joint, child in _BONES.items():
            a, b = f"{side} {joint}", f"{side} {child}"
            least = swing(own[b] - own[a], rest[b] - rest[a])
            result[at(a)] = least @ roll if joint in ("shoulder", "elbow") else least
        shin = result[at(f"{side} knee")]
        toe = shin.T @ (rest[f"{side} foot"] - rest[f"{side} ankle"])
        own_toe = own[f"{side} foot"] - own[f"{side} ankle"]
        yaw = np.arctan2(toe[1], toe[0]) - np.arctan2(own_toe[1], own_toe[0])
        result[at(f"{side} ankle")] = result[at(f"{side} foot")] = shin @ about(Z, yaw)
    for joint, degrees in rig_map.further.items():
        result[at(joint)] = result[at(joint)] @ turn(np.radians(degrees))
    result[[at("left hand"), at("right hand")]] = result[[at("left wrist"), at("right wrist")]]
    return result


def _lean(rest: dict[str, Float]) -> float:
    """The angle, about x, of the line from mid hips to neck against the vertical in the sagittal plane."""
    trunk = rest["neck"] - (rest["left hip"] + rest["right hip"]) / 2
    return float(np.arctan2(-trunk[1], trunk[2]))
