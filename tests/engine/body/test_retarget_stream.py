"""The causal stream: frame by frame, in odd blocks and at once it is the same; it looks back only; it stays near."""

from itertools import pairwise

import numpy as np
import pytest
from body_fakes import tube_body
from test_retarget_known import strolling

from engine.body import library
from engine.body.retarget.fit import fit
from engine.body.retarget.matrices import angle_between, global_of
from engine.body.retarget.stream import MEASURED_S, BodyStream
from engine.body.skinning import pose_joints
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import COCO_17, H36M_17, Skeleton


@pytest.fixture(scope="module")
def body():
    made = tube_body()
    library.add(made)
    yield made
    library._added.pop(made.name)


@pytest.fixture(scope="module")
def walk(body):
    times, rotations, root = strolling(150)
    times = times + 0.004 * np.sin(np.arange(150))  # an unsteady clock
    return as_joints(BodyPose(times, rotations, root, np.zeros(0), body.name), H36M_17)


def joined(poses):
    return tuple(np.concatenate([getattr(pose, key) for pose in poses]) for key in ("rotations", "root"))


@pytest.mark.slow
def test_streamed_equals_the_causal_whole(walk, body):
    whole = joined(BodyStream(body, H36M_17).take(walk.times, walk.positions))
    stream = BodyStream(body, H36M_17)
    steps = joined([stream.step(t, p) for t, p in zip(walk.times, walk.positions, strict=True)])
    blocks = BodyStream(body, H36M_17)
    cuts = [0, 1, 8, 61, 100, 149, 150]
    parts = joined(
        [pose for a, b in pairwise(cuts)
         for pose in blocks.take(walk.times[a:b], walk.positions[a:b])]
    )  # fmt: skip
    for other in (steps, parts):
        assert np.abs(whole[0] - other[0]).max() < 1e-9 and np.abs(whole[1] - other[1]).max() < 1e-9


def test_it_looks_back_only(walk, body):
    changed = walk.positions.copy()
    changed[90:] += np.random.default_rng(0).normal(size=changed[90:].shape) * 0.05
    a, b = (joined(BodyStream(body, H36M_17).take(walk.times, p)) for p in (walk.positions, changed))
    assert np.array_equal(a[0][:90], b[0][:90]) and not np.allclose(a[0][90:], b[0][90:])


def test_it_stays_near_the_joints_and_the_whole_fit(walk, body):
    stream = BodyStream(body, H36M_17)
    poses = stream.take(walk.times, walk.positions)
    joints = np.concatenate([pose_joints(body, pose) for pose in poses])
    for name in ("left wrist", "right ankle", "left knee", "right shoulder"):
        k = body.skeleton.index(name)
        error = np.linalg.norm(joints[:, k] - walk.positions[:, H36M_17.index(name)], axis=-1)
        assert error[walk.times > MEASURED_S].mean() < 3e-3, name
    fitted = fit(MotionClip("walk", walk.times, walk.positions, H36M_17), body).pose
    a, b = (global_of(quat_to_matrix(rotations)) for rotations in (joined(poses)[0], fitted.rotations))
    angles = np.degrees(angle_between(a, b))[30:, [1, 2, 4, 5, 16, 17, 18, 19]]
    assert angles.mean() < 4


def test_a_person_s_bones_settle_after_a_second(walk, body):
    poses = BodyStream(body, H36M_17).take(walk.times, walk.positions)
    assert len(poses[-1]) > 60 and all(len(pose) == 1 for pose in poses[:-1])


def test_a_skeleton_that_lacks_joints_is_refused(walk, body):
    arms = Skeleton("arms", COCO_17.names[5:11], (-1, 0, 0, 1, 2, 3))
    with pytest.raises(InputError, match="joint"):
        BodyStream(body, arms).step(0.0, np.zeros((6, 3)))
