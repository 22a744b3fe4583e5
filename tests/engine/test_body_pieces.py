"""Bodies of long clips go a piece of frames after the other: the same as at once, and memory does not grow with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_lifters import swaying

from engine.bench.peak_memory import PeakMemory
from engine.body.library import body
from engine.body.retarget.figures import figures_of, jitter_deg
from engine.body.retarget.fit import fit
from engine.body.retarget.matrices import global_of, local_of
from engine.body.retarget.targets import targets_of
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.rotations import matrix_to_quat, quat_to_matrix
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.virtual_trackers import virtual_trackers
from engine.pieces import PIECE


def random_pose(frames: int) -> BodyPose:
    rng = np.random.default_rng(3)
    rotations = rng.normal(0, 0.2, (frames, 24, 4)) + [1.0, 0, 0, 0]
    rotations /= np.linalg.norm(rotations, axis=-1, keepdims=True)
    return BodyPose(np.arange(frames) / 60, rotations, rng.normal(0, 1, (frames, 3)), np.zeros(0), body().name)


@pytest.fixture
def short_pieces(monkeypatch):
    """What is longer than seven frames goes by pieces."""
    import engine.pieces as pieces

    def turn_on() -> None:
        for function in (pieces.pieces, pieces.by_pieces):
            defaults = tuple(7 if value == PIECE else value for value in function.__defaults__)
            monkeypatch.setattr(function, "__defaults__", defaults)
        monkeypatch.setattr("engine.kinds._VERTICES", 7)

    return turn_on


def found(pose: BodyPose):
    """What is worked out of a body: joints, trackers, the pose between frames, a fit and its figures."""
    clip = replace(swaying(40), body=None)
    fitted = fit(clip, body())
    turned = global_of(quat_to_matrix(pose.rotations))
    targets = targets_of(swaying(len(pose)))
    figures = figures_of(fitted.errors_m, lambda part: turned[part], targets)
    between = pose.at(pose.times[:-1] + 0.004)
    assert figures.rotation_jitter_deg == pytest.approx(jitter_deg(local_of(turned)), rel=1e-12)
    trackers = virtual_trackers(pose)
    return {
        "H36M-17": as_joints(pose, H36M_17).positions,
        "SMPL-24": as_joints(pose, SMPL_24).positions,
        "trackers": np.concatenate([trackers.positions, trackers.rotations], -1),
        "between": between.rotations,
        "fitted": fitted.pose.rotations,
        "errors": fitted.errors_m,
        "figures": np.array(list(fitted.figures.to_json().values()), float),
    }


def test_pieces_are_the_whole(short_pieces):
    pose = random_pose(40)
    whole = found(pose)
    short_pieces()
    for name, values in found(pose).items():
        np.testing.assert_allclose(values, whole[name], atol=1e-10, err_msg=name)


def test_a_pose_at_its_own_times_is_itself():
    pose = random_pose(5)
    assert pose.at(pose.times.copy()) is pose
    assert np.allclose(matrix_to_quat(quat_to_matrix(pose.at(pose.times + 1e-6).rotations)), pose.rotations, atol=1e-3)


def test_joints_of_a_long_body_take_little_more_than_themselves():
    pose = random_pose(6_000)
    as_joints(pose.take(slice(0, 2_000)), H36M_17)
    peak = PeakMemory()
    joints = as_joints(pose, H36M_17)
    growth = peak.growth()
    if growth is None:
        pytest.skip("the system does not say how much memory a process took")
    assert growth < joints.positions.nbytes + (40 << 20)  # at once it took 90 MB
