"""Joints of single frames against those of whole motions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.body.library import body
from engine.body.regressed import RegressedJoints
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.skeleton import H36M_17

FRAMES = 5


@pytest.fixture
def pose() -> BodyPose:
    rng = np.random.default_rng(3)
    rotations = rng.normal(size=(FRAMES, 24, 4)) * 0.2 + [1, 0, 0, 0]
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    return BodyPose(np.arange(FRAMES) / 60, rotations, rng.normal(size=(FRAMES, 3)), rng.normal(size=4), "kinestate")


def test_single_frames_are_those_of_the_whole(pose) -> None:
    offsets = body("kinestate").offsets(pose.shape) * 1.1
    for given in (pose, replace(pose, offsets=offsets), replace(pose, root=None)):
        joints = RegressedJoints(given.take(slice(0, 1)), H36M_17)
        whole = as_joints(given, H36M_17)
        for k in range(FRAMES):
            found = joints.push(given.take(slice(k, k + 1)))
            assert np.abs(found.positions[0] - whole.positions[k]).max() < 1e-9
            assert (found.times[0], found.rooted) == (whole.times[k], whole.rooted)


def test_another_person_does_not_fit(pose) -> None:
    joints = RegressedJoints(pose, H36M_17)
    assert joints.fits(replace(pose, rotations=pose.rotations[::-1]))
    assert not joints.fits(replace(pose, shape=pose.shape + 1))
    assert not joints.fits(replace(pose, offsets=np.zeros((24, 3))))
    assert not joints.fits(replace(pose, body="other"))
