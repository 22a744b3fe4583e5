"""A clip that the body itself made comes back: from its rotations, from all positions, from 17 joints."""

import numpy as np
import pytest
from body_fakes import tube_body

from engine.body import library
from engine.body.retarget.chunks import fit_in_chunks
from engine.body.retarget.fit import fit
from engine.body.retarget.matrices import angle_between, global_of, local_of, turn
from engine.body.retarget.measures import Measures
from engine.body.retarget.points import at, offsets_of, rest_points
from engine.body.retarget.standing import ground_of
from engine.body.retarget.starts import FromPositions
from engine.body.retarget.targets import targets_of
from engine.body.skinning import pose_joints
from engine.errors import InputError
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import axis_angle_to_quat, matrix_to_quat, quat_to_matrix
from engine.motion.skeleton import H36M_17, SMPL_22, SMPL_24, Skeleton
from engine.progress import Cancelled


@pytest.fixture(scope="module")
def body():
    made = tube_body()
    library.add(made)
    yield made
    library._added.pop(made.name)


def strolling(frames=240, rate=60.0):
    """A walk-like pose: knees and elbows bend by more than 25 degrees about their hinges, trunk and head turn."""
    times = np.arange(frames) / rate
    swing = np.sin(2 * np.pi * 0.8 * times)
    vectors = np.zeros((frames, 24, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        vectors[:, at(f"{side} hip"), 0] = -0.3 - 0.4 * sign * swing
        vectors[:, at(f"{side} knee"), 0] = 0.8 + 0.25 * sign * swing
        vectors[:, at(f"{side} shoulder"), 1] = sign * 1.1
        vectors[:, at(f"{side} elbow"), 2] = -sign * (0.9 + 0.3 * swing)
    vectors[:, at("pelvis"), 2] = 0.4 * swing
    vectors[:, at("spine2"), 0] = 0.1
    vectors[:, at("head"), 2] = 0.5 * swing
    root = np.stack([0 * times, -1.2 * times, 0.85 + 0.02 * swing], axis=-1)
    return times, axis_angle_to_quat(vectors), root


@pytest.fixture(scope="module")
def walk(body):
    times, rotations, root = strolling()
    return BodyPose(times, rotations, root, np.zeros(0), body.name)


def clip_of(pose, body, skeleton):
    return MotionClip("walk", pose.times, as_joints(pose, skeleton).positions, skeleton)


def degrees(found, pose, joint):
    a, b = (global_of(quat_to_matrix(p.rotations))[:, at(joint)] for p in (found, pose))
    return np.degrees(angle_between(a, b))


def test_from_the_file_as_it_is(walk, body):
    positions = pose_joints(body, walk)[:, :22]
    clip = MotionClip("walk", walk.times, positions, SMPL_22, walk.rotations[:, :22],
                      offsets=body.offsets(np.zeros(0))[:22])  # fmt: skip
    fitted = fit(clip, body)
    assert fitted.source == "file" and fitted.figures.joint_error_mm < 1e-6
    assert np.array_equal(fitted.pose.rotations[:, :22], walk.rotations[:, :22])


def test_from_all_positions(walk, body):
    fitted = fit(clip_of(walk, body, SMPL_24), body)
    assert fitted.source == "positions" and fitted.trusted == ()
    assert fitted.figures.joint_error_mm < 1.0
    for joint in ("left hip", "right knee", "left shoulder", "right elbow"):
        assert degrees(fitted.pose, walk, joint).max() < 6, joint


def test_from_17_joints_with_and_without_the_skeleton(walk, body):
    clip = clip_of(walk, body, H36M_17)
    offsets = body.offsets(np.zeros(0))
    for known in (None, offsets):
        fitted = fit(clip, body, offsets=known)
        found = as_joints(fitted.pose, H36M_17).positions
        given = [k for k, name in enumerate(H36M_17.names) if name not in ("pelvis", "spine", "nose", "head top")]
        assert np.linalg.norm(found - clip.positions, axis=-1)[:, given].mean() < 2e-3
        for joint in ("left knee", "right elbow"):
            assert degrees(fitted.pose, walk, joint).max() < 6, joint
    assert np.array_equal(fitted.pose.offsets, offsets)


def test_bones_never_stretch(walk, body):
    fitted = fit(clip_of(walk, body, H36M_17), body)
    joints = pose_joints(body, fitted.pose)
    parents = np.array(SMPL_24.parents[1:])
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, parents], axis=-1)
    assert np.ptp(lengths, axis=0).max() < 1e-9


def test_another_person_gets_another_skeleton(walk, body):
    clip = clip_of(walk, body, H36M_17)
    tall = MotionClip("tall", clip.times, 1.2 * clip.positions, H36M_17)
    ratio = np.linalg.norm(fit(tall, body).pose.offsets, axis=-1) / np.linalg.norm(
        fit(clip, body).pose.offsets, axis=-1
    )
    assert np.allclose(ratio[1:], 1.2, atol=0.01)


@pytest.mark.slow
def test_chunks_leave_no_trace(body):
    times, rotations, root = strolling(700)
    clip = clip_of(BodyPose(times, rotations, root, np.zeros(0), body.name), body, H36M_17)
    targets = targets_of(clip)
    measures = Measures(offsets_of(rest_points(body)), ground_of(targets))
    whole, _ = fit_in_chunks(targets, measures, FromPositions(), chunk=10_000)
    parts, _ = fit_in_chunks(targets, measures, FromPositions(), chunk=128)
    assert np.degrees(angle_between(whole, parts)).max() < 0.2


def test_it_can_be_cancelled_and_says_how_far_it_is(walk, body):
    asked = []

    def cancel():
        asked.append(1)
        return len(asked) > 1

    shares = []
    with pytest.raises(Cancelled):
        fit(clip_of(walk, body, H36M_17), body, progress=lambda share, text: shares.append(share), cancel=cancel)
    assert len(asked) == 2 and shares[0] == 0.0


def test_a_way_that_the_clip_does_not_offer_is_refused(walk, body):
    clip = clip_of(walk, body, H36M_17)
    for way in ("rotations", "file"):
        with pytest.raises(InputError, match="walk"):
            fit(clip, body, way=way)


def test_an_unknown_rig_s_head_and_hands_turn_about_their_mean(walk, body):
    """A rig whose axes lie on its bones in a way that nobody says, head and hands turned by known angles."""
    names = [f"{s}{n}" for n in ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand")
             for s in ("Left", "Right")]  # fmt: skip
    body_names = [f"{s} {n}" for n in ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
                  for s in ("left", "right")]  # fmt: skip
    own = dict(zip(body_names, names, strict=True)) | {"pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1",
                                                       "spine3": "Spine2", "neck": "Neck", "head": "Head"}  # fmt: skip
    own |= {"left hand": "LeftHandIndex", "right hand": "RightHandIndex"}
    skeleton = Skeleton("somebody's", tuple(own[name] for name in SMPL_24.names), SMPL_24.parents)
    axes = turn(np.random.default_rng(2).normal(size=(24, 3)))  # of the rig's joints on the body's
    turned = global_of(quat_to_matrix(walk.rotations))
    clip = MotionClip("rig", walk.times, pose_joints(body, walk), skeleton, matrix_to_quat(local_of(turned @ axes)))
    fitted = fit(clip, body)
    assert fitted.source == "positions" and fitted.trusted == ()
    assert any("Head and hands turn" in note for note in fitted.notes)
    found = global_of(quat_to_matrix(fitted.pose.rotations))

    def yaw(rotations):
        between = rotations[:, at("spine3")].swapaxes(-1, -2) @ rotations[:, at("head")]
        return np.degrees(np.arctan2(between[:, 1, 0], between[:, 0, 0]))

    expected = yaw(turned) - yaw(turned).mean()
    assert np.ptp(expected) > 50
    assert np.abs(yaw(found) - yaw(found).mean() - expected).max() < 5
