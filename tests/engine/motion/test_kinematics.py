"""Forward kinematics against answers that can be worked out by hand."""

import numpy as np

from engine.motion.kinematics import forward_kinematics, global_rotations
from engine.motion.rotations import IDENTITY, euler_to_quat
from engine.motion.skeleton import Skeleton

ARM = Skeleton("arm", ("hand", "elbow", "shoulder"), (1, 2, -1))  # a child may precede its parent
OFFSETS = np.array([[1.0, 0, 0], [2.0, 0, 0], [9.0, 9, 9]])


def turns(frames=1):
    return np.tile(IDENTITY, (frames, 3, 1))


def test_rest_pose_adds_up_offsets_and_ignores_the_roots():
    positions, _ = forward_kinematics(ARM, turns(), OFFSETS, np.array([[0, 0, 5.0]]))
    assert np.array_equal(positions[0], [[3, 0, 5], [2, 0, 5], [0, 0, 5]])


def test_a_joint_turns_what_hangs_on_it_and_no_more():
    rotations = turns(2)
    rotations[1, 1] = euler_to_quat(np.array([np.pi / 2]), "Z")
    rotations[1, 2] = euler_to_quat(np.array([np.pi / 2]), "Y")
    positions, turned = forward_kinematics(ARM, rotations, OFFSETS, np.zeros((2, 3)))
    assert np.allclose(positions[0], [[3, 0, 0], [2, 0, 0], [0, 0, 0]])
    assert np.allclose(positions[1], [[0, 1, -2], [0, 0, -2], [0, 0, 0]])
    assert np.allclose(turned, global_rotations(ARM, rotations))


def test_sliding_joints():
    offsets = np.stack([OFFSETS, 2 * OFFSETS])
    positions, _ = forward_kinematics(ARM, turns(2), offsets, np.zeros((2, 3)))
    assert np.array_equal(positions[:, 0, 0], [3, 6])
