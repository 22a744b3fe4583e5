"""Poses: cut and asked between frames, and what they give."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.kinds import as_joints, as_labels, as_mesh
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose, ClassScores, Joints, Person
from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import H36M_17, PANOPTIC_15, SMPL_24

TIMES = np.array([0.0, 0.1, 0.4])


def joints() -> Joints:
    positions = np.arange(3.0)[:, None, None] * np.ones((3, 17, 3))
    return Joints(TIMES, positions, H36M_17, confidence=np.ones((3, 17)))


def body() -> BodyPose:
    angles = np.array([0.0, 1.0, 2.0])
    turned = axis_angle_to_quat(angles[:, None] * np.array([0, 0, 1.0]))
    return BodyPose(TIMES, np.tile(turned[:, None], (1, 24, 1)), np.zeros((3, 3)), np.zeros(10), "mannequin")


def test_joints_are_cut_on_the_same_clock_and_interpolated_on_real_time() -> None:
    cut = joints().take(slice(1, None))
    assert len(cut) == 2 and cut.times[0] == 0.1 and cut.positions[0, 0, 0] == 1
    between = joints().at(np.array([-1.0, 0.05, 0.25, 9.0]))
    np.testing.assert_allclose(between.positions[:, 0, 0], [0, 0.5, 1.5, 2])


def test_a_body_turns_evenly_between_frames() -> None:
    half = body().at(np.array([0.05, 0.25]))
    expected = axis_angle_to_quat(np.array([[0, 0, 0.5], [0, 0, 1.5]]))
    np.testing.assert_allclose(half.rotations[:, 7], expected, atol=1e-12)
    assert len(body().take(np.array([0, 2]))) == 2


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="positions are"):
        Joints(TIMES, np.zeros((3, 16, 3)), H36M_17)
    with pytest.raises(ValueError, match="rotations are"):
        BodyPose(TIMES, np.zeros((3, 22, 4)), None, np.zeros(10), "mannequin")
    with pytest.raises(ValueError, match="probabilities are"):
        ClassScores(TIMES, ("walk", "run"), np.zeros((3, 3)))


def test_every_pose_gives_joints() -> None:
    person = Person.always("a", joints())
    assert as_joints(person, H36M_17) is person.pose
    assert as_joints(joints(), PANOPTIC_15).positions.shape == (3, 15, 3)
    clip = MotionClip("walk", TIMES, joints().positions, H36M_17)
    np.testing.assert_array_equal(as_joints(clip, H36M_17).positions, clip.positions)


def test_what_a_kind_does_not_give_is_an_error_in_a_sentence() -> None:
    scores = ClassScores(TIMES, ("walk", "run"), np.full((3, 2), 0.5))
    assert as_labels(scores) is scores
    with pytest.raises(InputError, match="has no joints"):
        as_joints(scores, H36M_17)
    with pytest.raises(InputError, match="mannequin is not installed"):
        as_joints(body(), SMPL_24)
    with pytest.raises(InputError, match="has no mesh"):
        as_mesh(joints(), 0)
    with pytest.raises(InputError, match="has no labels"):
        as_labels(joints())
