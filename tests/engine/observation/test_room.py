"""A room around a camera that nobody calibrated: a tilted one's people do not lean, and frame by frame is the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.cameras.pinhole import Camera
from engine.kinds import as_joints
from engine.motion.generate.clips import clip_of
from engine.motion.pose import BodyPose, Joints
from engine.motion.skeleton import H36M_17
from engine.observation.assumed_camera import default_camera
from engine.observation.foot_lock import FootLock
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import Mount
from engine.observation.placement import PlacedFrames, place_in_world
from engine.observation.recording import as_h36m17
from engine.observation.stands import stands, stands_text
from engine.observation.vertical import LEVEL, pitch_and_roll, turn_of, up_of

EYE = np.array([0.0, -4.0, 1.6])
ANKLES = [H36M_17.index("right ankle"), H36M_17.index("left ankle")]


def motion(name: str = "wave", seconds: float = 3.0) -> Joints:
    joints = as_joints(as_h36m17(clip_of(name)), H36M_17)
    joints = joints.at(np.arange(joints.times[0], joints.times[0] + seconds, 1 / 30))
    return replace(joints, positions=joints.positions - joints.positions[0, 0] * [1.0, 1.0, 0.0])


def camera(pitch: float, roll: float) -> Camera:
    turn = turn_of(up_of(np.radians(pitch), np.radians(roll)))
    return replace(default_camera((640, 480)), rotation=turn.T, centre=EYE)


def lifted(joints: Joints, lens: Camera) -> tuple[np.ndarray, Keypoints2D]:
    """The pose as a perfect model has it, and keypoints that do not say which camera saw them."""
    inside = lens.to_camera(joints.positions)
    xy, _ = lens.project(joints.positions)
    seen = Keypoints2D("seen", joints.times, xy, np.ones(xy.shape[:2]), H36M_17, lens.image_size)
    return inside - inside[:, :1], seen


def placed(poses: np.ndarray, seen: Keypoints2D, mount: Mount) -> tuple[np.ndarray, Camera]:
    turn, shift, stood = place_in_world(poses, seen, None, mount)
    assert stood is not None
    return poses @ np.swapaxes(turn, -1, -2) + shift[:, None], stood


@pytest.mark.parametrize("pitch", [-15, 0, 30])
@pytest.mark.parametrize("roll", [0, 10])
def test_pitch_and_roll_are_those_of_the_camera(pitch: float, roll: float) -> None:
    """Positive pitch sees the floor nearer to the middle of the picture, positive roll turns the picture back."""
    up = up_of(np.radians(pitch), np.radians(roll))
    assert np.degrees(pitch_and_roll(up)) == pytest.approx([pitch, roll])
    turn = turn_of(up)
    assert turn @ turn.T == pytest.approx(np.eye(3)) and np.linalg.det(turn) == pytest.approx(1)
    assert turn @ up == pytest.approx([0, 0, 1]) and (turn @ [0, 0, 1])[0] == pytest.approx(0, abs=1e-12)
    assert (turn @ [0, 0, 1])[2] == pytest.approx(-np.sin(np.radians(pitch)))
    right_side = turn @ [1, 0, 0]
    assert np.sign(np.round(right_side[2], 9)) == (-1 if roll else 0)  # clockwise: the right side hangs
    assert turn_of(up_of(0.0, 0.0)) == pytest.approx(LEVEL.T)


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (15, 0), (0, 10), (30, 10), (-15, -5)])
@pytest.mark.parametrize("name", ["walk", "wave", "turn"])
def test_a_tilted_cameras_people_stand_upright_on_the_floor(name: str, pitch: float, roll: float) -> None:
    joints, lens = motion(name), camera(pitch, roll)
    found, stood = placed(*lifted(joints, lens), Mount())
    numbers = stands(stood)
    assert numbers["source"] == "estimated"
    assert [numbers["pitch_deg"], numbers["roll_deg"]] == pytest.approx([pitch, roll], abs=3)  # people sway
    later = found[30:]
    lowest = later[:, ANKLES, 2].min(1)
    assert np.abs(lowest - joints.positions[30:][:, ANKLES, 2].min(1)).max() < 0.06
    assert numbers["height_m"] == pytest.approx(EYE[2], abs=0.3)
    assert np.linalg.norm(found[0, 0, :2]) < 1e-6  # begins above the origin
    truth = later - later[:, :1], joints.positions[30:] - joints.positions[30:, :1]
    assert np.linalg.norm(truth[0] - truth[1], axis=-1).mean() < 0.03


@pytest.mark.parametrize(("pitch", "roll"), [(30, 10), (-15, 0)])
def test_a_camera_set_up_by_hand_gives_the_room_exactly(pitch: float, roll: float) -> None:
    """The path too: everything but where the origin is, which is below the person's first place."""
    joints, lens = motion("walk"), camera(pitch, roll)
    found, stood = placed(*lifted(joints, lens), Mount(pitch, roll, EYE[2]))
    assert found == pytest.approx(joints.positions, abs=1e-6)
    assert stood.centre == pytest.approx(EYE, abs=1e-6) and stood.rotation == pytest.approx(lens.rotation)
    assert stands_text(stood).endswith("1.6 m above the floor (given); 45° from top to bottom are assumed")
    some, _ = placed(*lifted(joints, lens), Mount(roll_deg=roll))
    assert np.abs(some[30:, :, 2] - joints.positions[30:, :, 2]).max() < 0.15


@pytest.mark.parametrize("mount", [Mount(), Mount(foot_lock=True), Mount(pitch_deg=12.0, height_m=1.5)])
def test_frame_by_frame_equals_the_whole(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the person is hidden at first and in between, where a frame is missing, and in pieces."""
    poses, seen = lifted(motion("walk"), camera(20, 5))
    frames = np.delete(np.arange(len(seen)), slice(40, 55))
    poses, seen = poses[frames], seen.take(frames)
    confidence = seen.confidence.copy()
    confidence[:4] = confidence[20:30] = 0.0
    seen = replace(seen, confidence=confidence)
    turn, shift, stood = place_in_world(poses, seen, None, mount)
    one = PlacedFrames(mount)
    steps = [one.push(poses[k : k + 1], seen.take(slice(k, k + 1))) for k in range(len(seen))]
    assert np.abs(np.concatenate([step.turn for step in steps]) - turn).max() < 1e-12
    assert np.abs(np.concatenate([step.shift for step in steps]) - shift).max() < 1e-9
    assert stood is not None and steps[-1].camera is not None
    assert steps[-1].camera.centre == pytest.approx(stood.centre, abs=1e-9)
    assert np.abs(shift[:4, :2]).max() < 1e-9 or mount.foot_lock  # nobody knows yet where
    monkeypatch.setattr("engine.observation.placement.pieces", lambda count: [slice(0, 7), slice(7, count)])
    assert np.abs(place_in_world(poses, seen, None, mount).shift - shift).max() < 1e-9


def test_a_calibrated_camera_is_believed() -> None:
    joints, lens = motion("walk"), camera(30, 10)
    poses, seen = lifted(joints, lens)
    turn, shift, stood = place_in_world(poses, replace(seen, camera=lens), None, Mount(pitch_deg=0.0, foot_lock=True))
    assert stood is None and np.array_equal(turn, lens.rotation.T)
    assert shift == pytest.approx(joints.positions[:, 0], abs=1e-9)
    truth = place_in_world(poses, seen, joints.positions)
    assert truth.camera is None and truth.shift == pytest.approx(joints.positions[:, 0])


def test_people_who_sit_or_lie_do_not_tell_the_vertical() -> None:
    joints, lens = motion("wave", 1.0), camera(0, 0)
    poses, seen = lifted(joints, lens)
    lying = poses @ np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    _, stood = placed(lying, seen, Mount())
    assert [stands(stood)[name] for name in ("pitch_deg", "roll_deg")] == pytest.approx([0, 0], abs=1e-9)


def test_a_foot_that_stands_stays() -> None:
    """It slides by noise without; one that steps takes over, and a jump is a jump."""
    random, times = np.random.default_rng(0), np.arange(60) / 30
    ankles = np.zeros((60, 2, 3)) + [[0.1, 0.0, 0.08], [-0.1, 0.0, 0.30]]
    ankles[30:, :, 2] = [0.30, 0.08]
    noisy = ankles + random.normal(0, 0.01, (60, 1, 3))
    locked = noisy + FootLock().push(noisy, times)[:, None]

    def slide(found: np.ndarray) -> float:
        standing = np.concatenate([np.diff(found[:30, 0], axis=0), np.diff(found[30:, 1], axis=0)])
        return float(np.linalg.norm(standing, axis=-1).mean())

    assert slide(locked) < 0.05 * slide(noisy)
    assert np.abs(locked - ankles).max() < 0.08
    high = noisy + [0.0, 0.0, 0.5]
    assert np.array_equal(FootLock().push(high, times), np.zeros((60, 3)))


def test_poses_turn_frame_by_frame() -> None:
    random = np.random.default_rng(1)
    turns = np.stack([turn_of(up_of(p, r)) for p, r in random.normal(0, 0.3, (4, 2))])
    shifts, times = random.normal(size=(4, 3)), np.arange(4.0)
    joints = Joints(times, random.normal(size=(4, 17, 3)), H36M_17, frame="camera")
    quats = random.normal(size=(4, 24, 4))
    body = BodyPose(
        times,
        quats / np.linalg.norm(quats, axis=-1, keepdims=True),
        random.normal(size=(4, 3)),
        np.zeros(10),
        "kinestate",
    )
    for pose in (joints, body):
        whole = pose.in_world(turns, shifts)
        for k in range(4):
            one = pose.take(slice(k, k + 1)).in_world(turns[k], shifts[k : k + 1])
            for name in ("positions",) if isinstance(pose, Joints) else ("rotations", "root"):
                assert getattr(whole, name)[k] == pytest.approx(getattr(one, name)[0], abs=1e-12)
