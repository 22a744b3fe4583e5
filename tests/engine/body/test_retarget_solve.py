"""Least squares on the body's points: a known pose comes back, the Jacobian is the plain one's, bones keep lengths."""

import numpy as np
import pytest
from body_fakes import random_pose, tube_body

from engine.body.retarget.matrices import angle_between, global_of, local_of, rotation_vector, swing, turn
from engine.body.retarget.points import JOINTS, JUDGED, PARENTS, offsets_of, positions_of, rest_points
from engine.body.retarget.solve import MOVING, Stiffness, refine
from engine.body.skinning import pose_joints
from engine.motion.rotations import quat_to_matrix


@pytest.fixture(scope="module")
def body():
    return tube_body()


@pytest.fixture(scope="module")
def posed(body):
    pose = random_pose(40, amount=0.4)
    turned = global_of(quat_to_matrix(pose.rotations))
    return turned, pose.root, offsets_of(rest_points(body))


def test_points_are_the_skinning_s_joints(body):
    pose = random_pose(10)
    offsets = offsets_of(rest_points(body))
    offsets[:JOINTS] = body.offsets(pose.shape)
    points = positions_of(global_of(quat_to_matrix(pose.rotations)), pose.root, offsets)
    assert np.abs(points[:, :JOINTS] - pose_joints(body, pose)).max() < 1e-12


def test_local_and_global_are_inverse(posed):
    turned, *_ = posed
    assert np.abs(global_of(local_of(turned)) - turned).max() < 1e-12


def test_turns_and_swings():
    rng = np.random.default_rng(1)
    vectors = rng.uniform(-1.5, 1.5, size=(50, 3))
    assert np.abs(rotation_vector(turn(vectors)) - vectors).max() < 1e-9
    a, b = rng.normal(size=(2, 50, 3))
    aimed = (swing(a, b) @ a[..., None])[..., 0]
    assert np.abs(np.cross(aimed, b)).max() < 1e-9 and ((aimed * b).sum(-1) > 0).all()
    opposite = swing(a, -a)
    assert np.abs((opposite @ a[..., None])[..., 0] + a).max() < 1e-9
    assert np.allclose(np.linalg.det(opposite), 1)


def test_a_disturbed_pose_meets_its_points_again(posed):
    turned, root, offsets = posed
    points = positions_of(turned, root, offsets)
    random = np.random.default_rng(3)
    start = turn(random.normal(size=(40, JOINTS, 3)) * 0.1) @ turned
    pull = np.zeros(len(PARENTS))
    pull[list(JUDGED)] = 1.0
    loose = Stiffness(np.full(JOINTS, 2e-3), np.zeros(JOINTS))
    found, place = refine(start, root + 0.05, offsets, points, pull, loose, steps=10)
    reached = positions_of(found, place, offsets)[:, list(JUDGED)]
    assert np.abs(reached - points[:, list(JUDGED)]).max() < 1e-3
    fixed = np.setdiff1d(np.arange(JOINTS), MOVING)
    assert np.array_equal(found[:, fixed], start[:, fixed])  # what moves nothing keeps its rotation


def test_bones_keep_their_lengths_whatever_the_targets(posed):
    turned, root, offsets = posed
    random = np.random.default_rng(4)
    points = positions_of(turned, root, offsets) + 0.05 * random.normal(size=(40, len(PARENTS), 3))
    pull = np.ones(len(PARENTS))
    found, place = refine(turned, root, offsets, points, pull, Stiffness(np.full(24, 0.02), np.zeros(24)), steps=4)
    reached = positions_of(found, place, offsets)
    bones = np.linalg.norm(reached[:, 1:] - reached[:, PARENTS[1:]], axis=-1)
    assert np.abs(bones - np.linalg.norm(offsets[1:], axis=-1)).max() < 1e-12
    assert np.abs(found @ found.swapaxes(-1, -2) - np.eye(3)).max() < 1e-9


def test_one_step_is_that_of_a_numerical_jacobian(posed):
    """The plain reference: differences of `positions_of` in every unknown, then numpy's least squares."""
    turned, root, offsets = (part[:1] if k < 2 else part for k, part in enumerate(posed))
    random = np.random.default_rng(5)
    targets = positions_of(turned, root, offsets) + 0.01 * random.normal(size=(1, len(PARENTS), 3))
    pull = random.uniform(0.2, 1.0, len(PARENTS))
    hold = Stiffness(random.uniform(0.02, 0.05, JOINTS), random.uniform(0, 0.05, JOINTS))

    def off(unknowns):
        turns = turned.copy()
        turns[0, MOVING] = turn(unknowns[:-3].reshape(-1, 3)) @ turns[0, MOVING]
        return (np.sqrt(pull)[:, None] * (targets - positions_of(turns, root + unknowns[-3:], offsets))[0]).ravel()

    count = 3 * len(MOVING) + 3
    small = 1e-6
    jacobian = np.stack([(off(small * e) - off(-small * e)) / (2 * small) for e in np.eye(count)], axis=1)
    normal = jacobian.T @ jacobian
    normal[:-3, :-3] += hold.normal
    step = -np.linalg.solve(normal, jacobian.T @ off(np.zeros(count)))
    found, place = refine(turned, root, offsets, targets, pull, hold, steps=1)
    assert np.abs(place - root - step[-3:]).max() < 1e-6
    expected = turn(step[:-3].reshape(-1, 3)) @ turned[0, MOVING]
    assert angle_between(found[0, MOVING], expected).max() < 1e-5
