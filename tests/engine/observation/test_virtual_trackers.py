"""Virtual trackers, lost ones, and the 54 numbers of a headset, against AvatarPoser's arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body

from engine.body import library
from engine.body.skinning import bones_of
from engine.data.smpl_parameters import body_pose
from engine.errors import InputError
from engine.motion.pose import BodyPose
from engine.motion.rotations import quat_to_axis_angle, quat_to_matrix
from engine.motion.skeleton import SMPL_24
from engine.observation.headset_features import FeatureStream, features_of, headset_features
from engine.observation.lost_trackers import HANGING, Bridge, bridged
from engine.observation.trackers import TrackerSignals
from engine.observation.virtual_trackers import virtual_trackers

HEAD_AND_WRISTS = [15, 20, 21]
PIECES = {"frame by frame": (1,) * 30, "in pieces": (1, 9, 1, 2, 17)}


@pytest.fixture(autouse=True)
def tubes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_added", {"tubes": tube_body()})


def signals(frames: int = 30) -> TrackerSignals:
    return virtual_trackers(random_pose(frames))


def test_trackers_give_back_the_transforms_of_head_and_wrists() -> None:
    pose = random_pose(20)
    found, bones = virtual_trackers(pose, "clip"), bones_of(tube_body(), pose)
    assert np.abs(found.positions - bones.joints[:, HEAD_AND_WRISTS]).max() <= 1e-6
    assert np.abs(quat_to_matrix(found.rotations) - bones.turned[:, HEAD_AND_WRISTS]).max() <= 1e-6
    assert found.valid.all() and found.trackers == ("head", "left hand", "right hand") and found.name == "clip"


def test_a_person_s_own_bones_carry_the_trackers() -> None:
    pose = random_pose(5)
    longer = replace(pose, offsets=1.1 * tube_body().offsets(pose.shape))
    short, tall = (virtual_trackers(p).positions - p.root[:, None] for p in (pose, longer))
    assert tall == pytest.approx(1.1 * short, abs=1e-12)


@pytest.mark.parametrize("change", [{"root": None}, {"frame": "camera"}])
def test_a_body_without_a_place_in_the_world_wears_none(change: dict) -> None:
    with pytest.raises(InputError, match="no place in the world"):
        virtual_trackers(replace(random_pose(3), **change))


def published(angles: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """AvatarPoser's features of frames 1 .. T - 1 from SMPL's axis-angles (T, 24, 3) and world joints (T, 24, 3)."""
    rows = []
    turned = np.zeros((len(angles), 24, 3, 3))
    for t, frame in enumerate(angles):
        for j, vector in enumerate(frame):
            local = rodrigues(vector)
            turned[t, j] = local if j == 0 else turned[t, SMPL_24.parents[j]] @ local
    for t in range(1, len(angles)):
        row: list[float] = []
        for j in HEAD_AND_WRISTS:
            row += [*turned[t, j][:, 0], *turned[t, j][:, 1]]
        for j in HEAD_AND_WRISTS:
            since = np.linalg.inv(turned[t - 1, j]) @ turned[t, j]
            row += [*since[:, 0], *since[:, 1]]
        row += [x for j in HEAD_AND_WRISTS for x in joints[t, j]]
        row += [x for j in HEAD_AND_WRISTS for x in joints[t, j] - joints[t - 1, j]]
        rows.append(row)
    return np.array(rows)


def rodrigues(vector: np.ndarray) -> np.ndarray:
    angle = np.linalg.norm(vector)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def amass(frames: int) -> tuple[np.ndarray, BodyPose]:
    """SMPL's axis-angles in a world that is Z up, and the pose that a reader makes of them."""
    angles = quat_to_axis_angle(random_pose(frames, seed=3).rotations)
    times, trans = np.arange(frames) / 60, np.random.default_rng(1).normal(size=(frames, 3))
    return angles, body_pose(times, angles, trans, np.eye(3), 1.0, "tubes", np.zeros(10))


def test_the_features_at_60_hz_are_the_published_numbers() -> None:
    angles, pose = amass(12)
    found = features_of(virtual_trackers(pose))
    expected = published(angles, bones_of(tube_body(), pose).joints)
    assert found.shape == (12, 54)
    assert np.abs(found[1:] - expected).max() < 1e-9


def test_the_first_frame_has_a_place_and_no_velocity() -> None:
    found, moving = features_of(signals()), features_of(signals())[1]
    assert found[0, 18:36] == pytest.approx(np.tile([1, 0, 0, 0, 1, 0], 3), abs=1e-12)
    assert np.all(found[0, 45:] == 0) and np.abs(moving[45:]).max() > 0
    assert found[0, 36:45] == pytest.approx(signals().positions[0].ravel())


@pytest.mark.parametrize("hz", [30, 90, 120])
def test_velocities_are_real_at_any_frame_rate(hz: int) -> None:
    """A steady turn and a steady walk give the numbers of 60 Hz, whatever the frame rate."""

    def steady(rate: float) -> TrackerSignals:
        times = np.arange(8) / rate
        angle = 3.0 * times[:, None] * [0.5, 1, 1.5]
        rotations = np.stack([np.cos(angle / 2), *(np.sin(angle / 2) * axis for axis in (0.6, 0.0, 0.8))], -1)
        return replace(signals(8), times=times, positions=times[:, None, None] * np.ones((3, 3)), rotations=rotations)

    found, expected = features_of(steady(hz)), features_of(steady(60))
    assert found[1:, 18:36] == pytest.approx(np.broadcast_to(expected[1, 18:36], (7, 18)), abs=1e-9)
    assert found[1:, 45:] == pytest.approx(1 / 60)


@pytest.mark.parametrize("lengths", PIECES.values(), ids=list(PIECES))
def test_streamed_features_are_those_of_the_whole(lengths: tuple[int, ...]) -> None:
    given = replace(signals(), times=np.cumsum(np.random.default_rng(2).uniform(0.005, 0.05, 30)))
    stream, first, parts = FeatureStream(60.0), 0, []
    for length in lengths:
        parts.append(stream.step(given.take(slice(first, first + length))))
        first += length
    assert np.array_equal(np.concatenate(parts), features_of(given))


def test_features_of_many_windows_at_once_are_those_of_each() -> None:
    given = signals(20)
    cut = [slice(0, 10), slice(7, 17)]
    several = headset_features(*(np.stack([a[c] for c in cut]) for a in (given.positions, given.rotations)), np.ones(9))
    whole = features_of(given)
    for found, part in zip(several, cut, strict=True):
        assert np.abs(found - whole[part][1:]).max() < 1e-12


# -- lost trackers --------------------------------------------------------------------------------------------


def test_a_lost_hand_keeps_its_turn_and_goes_along_with_the_head() -> None:
    given = signals(6)
    given.valid[2:5, 1] = False
    blind = replace(given, positions=given.positions.copy())
    blind.positions[2:5, 1] = np.nan
    found = bridged(blind)
    kept = given.positions[1, 1] - given.positions[1, 0]
    assert found.positions[2:5, 1] == pytest.approx(given.positions[2:5, 0] + kept)
    assert np.array_equal(found.rotations[2:5, 1], np.repeat(given.rotations[1:2, 1], 3, 0))
    assert np.array_equal(found.positions[5], given.positions[5]) and np.array_equal(found.valid, given.valid)


def test_a_lost_head_stays_and_an_unseen_hand_hangs() -> None:
    given = signals(4)
    given.valid[2:, 0] = False
    given.valid[:, 2] = False
    found = bridged(given)
    assert np.array_equal(found.positions[2:, 0], np.repeat(given.positions[1:2, 0], 2, 0))
    assert found.positions[:, 2] == pytest.approx(found.positions[:, 0] + HANGING)
    assert np.array_equal(found.positions[:, 1], given.positions[:, 1])


def test_gaps_are_filled_in_a_stream_as_in_the_whole() -> None:
    given = signals()
    given = replace(given, valid=np.random.default_rng(0).random(given.valid.shape) > 0.4)
    stream = Bridge()
    parts = [stream.step(given.take(slice(k, k + 1))) for k in range(len(given))]
    whole = bridged(given)
    assert np.array_equal(np.concatenate([p.positions for p in parts]), whole.positions)
    assert np.array_equal(np.concatenate([p.rotations for p in parts]), whole.rotations)
