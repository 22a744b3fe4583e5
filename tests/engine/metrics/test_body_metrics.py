"""Metrics of bodies: against the public codes' arithmetic in plain loops, known answers, one frame at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from scipy.spatial.transform import Rotation

from engine.body import library
from engine.body.model import FROM_SMPL
from engine.body.skinning import pose_joints, posed_vertices
from engine.metrics.catalogue import METRICS, mean_over_frames, measure, summarise
from engine.metrics.contact import (
    FEET,
    body_contact,
    floating_cm,
    foot_contact,
    foot_skate_cm,
    lowest_foot_m,
    penetration_cm,
)
from engine.metrics.mesh import mean_vertex_error_mm, vertex_error_mm
from engine.metrics.metric import Series
from engine.metrics.online import OnlineMetrics
from engine.metrics.rotation import geodesic_error_deg, rotation_error_deg
from engine.metrics.world import (
    HANDS,
    LOWER,
    ROOT,
    UPPER,
    joints_of,
    world_error_cm,
    world_jitter_100_m_s3,
    world_velocity_error_cm_s,
)
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, axis_angle_to_quat, change_axes, multiply, quat_to_matrix
from engine.motion.skeleton import SMPL_24

OF_BODIES = [key for key, metric in METRICS.items() if not metric.common]
HZ = 60.0


@pytest.fixture(autouse=True)
def tubes(monkeypatch):
    monkeypatch.setattr(library, "_added", {"tubes": tube_body()})


@pytest.fixture(scope="module")
def poses():
    """A prediction and its truth; some rotations are beyond half a turn apart."""
    truth = random_pose(12, amount=1.6, seed=1)
    prediction = random_pose(12, amount=1.6, seed=2)
    return replace(prediction, root=truth.root + 0.03), truth


# -- rotations --------------------------------------------------------------------------------------


def public_mpjre(prediction: BodyPose, truth: BodyPose) -> float:
    """AvatarPoser and AGRoL: of 21 rotation vectors, absolute differences wrapped once, times 57.2958."""
    total, count = 0.0, 0
    for t in range(len(prediction)):
        for j in range(1, 22):
            p, g = (Rotation.from_quat(x.rotations[t, j, [1, 2, 3, 0]]).as_rotvec() for x in (prediction, truth))
            for c in range(3):
                difference = g[c] - p[c]
                if difference > math.pi:
                    difference = difference - 2 * math.pi
                if difference < -math.pi:
                    difference = difference + 2 * math.pi
                total, count = total + abs(difference), count + 1
    return total / count * 57.2958


def test_mpjre_is_the_public_codes(poses):
    found = rotation_error_deg(poses[0].rotations, poses[1].rotations)
    assert found.shape == (12, 21)
    assert found.mean() == pytest.approx(public_mpjre(*poses), rel=1e-6)


def test_mpjre_wraps_and_so_differs_from_the_angle():
    prediction, truth = (np.tile(IDENTITY, (1, 24, 1)) for _ in range(2))
    prediction[0, 5], truth[0, 5] = axis_angle_to_quat(np.radians([[179.0, 0, 0], [-179.0, 0, 0]]))
    found = rotation_error_deg(prediction, truth)
    assert found[0, 4] == pytest.approx(2.0 / 3) and found.sum() == found[0, 4]
    assert geodesic_error_deg(prediction, truth)[0, 4] == pytest.approx(2.0)
    prediction[0, 5], truth[0, 5] = axis_angle_to_quat(np.radians([[0, 90.0, 0], [0, 0, 90.0]]))
    assert rotation_error_deg(prediction, truth)[0, 4] == pytest.approx(60.0)
    assert geodesic_error_deg(prediction, truth)[0, 4] == pytest.approx(120.0)


def test_mpjre_is_the_same_in_smpl_s_axes(poses):
    ours = rotation_error_deg(*(pose.rotations for pose in poses))
    theirs = rotation_error_deg(*(change_axes(pose.rotations, FROM_SMPL.T) for pose in poses))
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_the_angle_between_rotations(poses):
    found = geodesic_error_deg(poses[0].rotations, poses[1].rotations)
    p, g = (quat_to_matrix(pose.rotations) for pose in poses)
    for t in range(12):
        for j in range(1, 22):
            cosine = (np.trace(p[t, j].T @ g[t, j]) - 1) / 2
            assert found[t, j - 1] == pytest.approx(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))), abs=1e-4)


def test_root_and_hands_do_not_count(poses):
    prediction, truth = poses
    changed = prediction.rotations.copy()
    changed[:, [0, 22, 23]] = IDENTITY
    for error in (rotation_error_deg, geodesic_error_deg):
        np.testing.assert_array_equal(error(changed, truth.rotations), error(prediction.rotations, truth.rotations))


def test_a_small_turn_is_measured_exactly():
    truth = random_pose(3).rotations
    turned = multiply(truth, axis_angle_to_quat(np.array([0.0, 1e-7, 0.0])))
    np.testing.assert_allclose(geodesic_error_deg(turned, truth), math.degrees(1e-7), rtol=1e-6)


# -- mesh -------------------------------------------------------------------------------------------


def test_mpve_by_vertices_and_regressed_pelvis(poses):
    body = tube_body()
    prediction, truth = (pose.take(slice(0, 3)) for pose in poses)
    found = mean_vertex_error_mm(prediction, truth)
    assert found.shape == (3, 1)
    p, g = (posed_vertices(body, pose) for pose in (prediction, truth))
    for t in range(3):
        regressor = body.regressors["H36M-17"]
        p_root, g_root = regressor[0] @ p[t], regressor[0] @ g[t]
        total = 0.0
        for v in range(len(body)):
            total += math.dist(p[t, v] - p_root, g[t, v] - g_root)
        assert found[t, 0] == pytest.approx(1000 * total / len(body), rel=1e-9)
    each = vertex_error_mm(p, g, p[:, 0], g[:, 0])
    assert each.shape == (3, len(body)) and (each[:, 0] == 0).all()


def test_mpve_leaves_out_where_a_body_stands_and_longer_clips_are_cut():
    pose = random_pose(150, amount=0.2)
    moved = replace(pose, root=pose.root + [1.0, 2.0, 3.0])
    found = mean_vertex_error_mm(moved, pose)
    assert found.shape == (150, 1) and found.max() < 1e-9


def test_meshes_of_two_bodies_are_not_compared(poses):
    library.add(replace(tube_body(), name="other"))
    other = replace(poses[0], body="other")
    assert "mpve_mm" in measure(*poses) and "mpve_mm" not in measure(other, poses[1])
    assert "mpjre_deg" in measure(other, poses[1])


# -- the world --------------------------------------------------------------------------------------


def test_parts_of_the_body_are_the_published_lists():
    assert sorted(UPPER + LOWER) == list(range(22))
    assert [SMPL_24.names[j] for j in HANDS + ROOT] == ["left wrist", "right wrist", "pelvis"]


def test_errors_in_the_world_in_plain_loops(poses):
    found = measure(*poses)
    p, g = (pose_joints(tube_body(), pose) for pose in poses)
    lists = {
        "world_mpjpe_cm": range(22), "hand_pe_cm": (20, 21), "root_pe_cm": (0,),
        "upper_pe_cm": (3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21), "lower_pe_cm": (0, 1, 2, 4, 5, 7, 8, 10, 11),
    }  # fmt: skip
    for key, joints in lists.items():
        each = [100 * math.dist(p[t, j], g[t, j]) for t in range(12) for j in joints]
        assert found[key].mean() == pytest.approx(sum(each) / len(each), rel=1e-12), key
    each = [math.dist(p[t, j] - p[t - 1, j], g[t, j] - g[t - 1, j]) * HZ * 100 for t in range(1, 12) for j in range(22)]
    assert found["world_mpjve_cm_s"].mean() == pytest.approx(sum(each) / len(each), rel=1e-9)


def test_jitter_as_agrol_prints_it(poses):
    found = measure(*poses)
    for pose, key in zip(poses, ("world_jitter_100_m_s3", "world_jitter_truth_100_m_s3"), strict=True):
        x = pose_joints(tube_body(), pose)[:, :22]
        each = []
        for t in range(len(x) - 3):
            for j in range(22):
                each.append(np.linalg.norm((x[t + 3, j] - 3 * x[t + 2, j] + 3 * x[t + 1, j] - x[t, j]) * HZ**3))
        assert found[key].mean() == pytest.approx(sum(each) / len(each) / 100, rel=1e-6)


def test_known_answers_in_the_world():
    times = np.arange(20) / 30
    truth = np.zeros((20, 24, 3))
    prediction = truth + [0.03, 0.0, 0.04]
    np.testing.assert_allclose(world_error_cm(prediction, truth), 5.0)
    prediction = truth + times[:, None, None] * [0.6, 0.0, 0.8]
    np.testing.assert_allclose(world_velocity_error_cm_s(prediction, truth, times), 100.0)
    cubic = truth + (50 * times**3)[:, None, None] * [1.0, 0.0, 0.0]  # third derivative 300 m/s^3
    np.testing.assert_allclose(world_jitter_100_m_s3(cubic, times), 3.0, rtol=1e-6)
    assert world_error_cm(prediction, truth).shape == (20, 22)


def test_without_a_place_there_is_no_error_in_the_world(poses):
    nowhere = replace(poses[0], root=None)
    found = measure(nowhere, poses[1])
    assert set(found) == {"mpve_mm", "mpjre_deg", "mpjre_geodesic_deg"}
    seen = replace(poses[0], frame="camera")
    assert set(measure(seen, poses[1])) == set(found)
    alone = measure(poses[0], None)
    assert set(alone) == {"world_jitter_100_m_s3", "floating_cm", "penetration_cm"}


# -- feet -------------------------------------------------------------------------------------------


def test_contact_and_skating_in_plain_loops():
    random = np.random.default_rng(0)
    times = np.cumsum(random.uniform(0.01, 0.05, 60))
    points = np.cumsum(random.normal(0, 0.004, (60, 4, 3)), axis=0) + [0, 0, 0.04]
    clearance = np.array([0.01, 0.02, 0.0, 0.03])
    contact = foot_contact(points, times, clearance_m=clearance, floor_m=0.005)
    skate = foot_skate_cm(points, contact)
    total = count = 0.0
    for t in range(1, 60):
        for n in range(4):
            low = points[t, n, 2] - 0.005 - clearance[n] < 0.05
            slow = math.dist(points[t, n], points[t - 1, n]) / (times[t] - times[t - 1]) < 0.2
            assert contact[t - 1, n] == (low and slow)
            if low and slow:
                total += 100 * math.hypot(*(points[t, n, :2] - points[t - 1, n, :2]))
                count += 1
    assert 0 < count < 59 * 4
    assert Series(times, skate, partial=True).mean() == pytest.approx(total / count, rel=1e-12)
    assert np.isnan(skate[~contact]).all()


def test_contact_by_hand():
    times = np.arange(4) / 10
    foot = np.zeros((4, 1, 3))
    foot[:, 0, 2] = [0.0, 0.01, 0.06, 0.01]  # low, low, high, low; 0.1, 0.5 and 0.5 m/s
    assert foot_contact(foot, times)[:, 0].tolist() == [True, False, False]
    assert foot_contact(foot, times, slow_m_s=1.0)[:, 0].tolist() == [True, False, True]
    assert foot_contact(foot, times, slow_m_s=1.0, low_m=0.1)[:, 0].tolist() == [True, True, True]


def test_floating_and_penetration_by_hand():
    lowest = np.array([0.02, -0.01, 0.0])
    np.testing.assert_allclose(floating_cm(lowest)[:, 0], [2, 0, 0])
    np.testing.assert_allclose(penetration_cm(lowest)[:, 0], [0, 1, 0])
    np.testing.assert_allclose(penetration_cm(lowest, floor_m=0.03)[:, 0], [1, 4, 3])


def standing(frames: int = 30, *, lift: float = 0.0, slide: float = 0.0) -> BodyPose:
    """A body in its rest pose, its sole `lift` metres above the floor, that slides `slide` metres a frame."""
    body, shape = tube_body(), np.zeros(10)
    root = body.joints(shape)[0] + [0, 0, lift - body.shaped(shape)[:, 2].min()]
    roots = root + slide * np.arange(frames)[:, None] * [1.0, 0.0, 0.0]
    return BodyPose(np.arange(frames) / HZ, np.tile(IDENTITY, (frames, 24, 1)), roots, shape, "tubes")


def test_somebody_who_stands_touches_and_one_who_slides_skates():
    still = measure(standing(), standing())
    assert still["foot_contact_percent"].mean() == 100 and still["foot_skate_cm_per_frame"].mean() == 0
    assert lowest_foot_m(standing()) == pytest.approx(0.0, abs=1e-12)
    found = measure(standing(slide=0.002), standing())  # 0.12 m/s
    assert found["foot_skate_cm_per_frame"].mean() == pytest.approx(0.2)
    assert found["foot_skate_truth_cm_per_frame"].mean() == 0
    assert body_contact(standing(), joints_of(standing())).shape == (29, len(FEET))
    high, deep = measure(standing(lift=0.07), standing()), measure(standing(lift=-0.02), standing())
    assert high["floating_cm"].mean() == pytest.approx(7.0) and high["penetration_cm"].mean() == pytest.approx(0.0)
    assert deep["penetration_cm"].mean() == pytest.approx(2.0) and deep["floating_cm"].mean() == pytest.approx(0.0)
    assert high["floating_truth_cm"].mean() == pytest.approx(0.0, abs=1e-9)
    assert high["foot_contact_percent"].mean() == 0
    jumping = summarise(measure(standing(), standing(lift=0.5)))
    assert math.isnan(jumping["foot_skate_cm_per_frame"])  # the truth is never on the floor


# -- all of them ------------------------------------------------------------------------------------


def test_the_truth_has_no_error(poses):
    _, truth = poses
    found = summarise(measure(truth, truth))
    for key in OF_BODIES:
        metric = METRICS[key]
        if metric.truth_key:
            assert found[key] == pytest.approx(found[metric.truth_key], nan_ok=True)
        elif metric.better == "lower" and "truth" not in key:
            assert found[key] == pytest.approx(0.0, abs=1e-9), key
    assert found["foot_contact_percent"] == 100


@pytest.mark.parametrize("frames", [1, pytest.param(2, marks=pytest.mark.slow), 3, 4, 30])
@pytest.mark.parametrize("key", OF_BODIES)
def test_streamed_equals_whole(key, frames):
    metric = METRICS[key]
    prediction, truth = standing(frames, slide=0.001), standing(frames)
    if not key.startswith("foot"):
        prediction, truth = random_pose(frames, seed=3), random_pose(frames, seed=4)
    stream = metric.stream()
    parts = [(prediction.take(slice(k, k + 1)), truth.take(slice(k, k + 1))) for k in range(frames)]
    came = [stream.push(*part) for part in parts]
    whole = metric.compute(prediction, truth)
    assert len(whole) == max(frames - metric.order, 0)
    assert [value is None for value in came] == [k < metric.order for k in range(frames)]
    np.testing.assert_allclose([v for v in came if v is not None] or np.zeros((0, whole.shape[1])), whole, atol=1e-9)


def test_online_equals_batch(poses):
    prediction, truth = replace(poses[0], root=poses[0].root - [0, 0, 0.4]), standing(12)
    online = OnlineMetrics()
    for k in range(12):
        row = online.push(prediction.take(slice(k, k + 1)), truth.take(slice(k, k + 1)))
    expected = summarise(measure(prediction, truth))
    assert set(online.means()) == set(expected) >= set(row)
    for key, value in expected.items():
        assert online.means()[key] == pytest.approx(value, rel=1e-6, abs=1e-9, nan_ok=True), key


def test_series_of_some_frames_alone():
    nan = np.nan
    series = Series(np.arange(4.0), np.array([[1.0, nan], [3.0, 5.0], [nan, nan]]), partial=True)
    np.testing.assert_array_equal(series.per_frame(), [nan, 1.0, 4.0, nan])
    np.testing.assert_array_equal(series.per_joint(), [2.0, 5.0])
    assert series.mean() == 3.0
    assert np.isnan(Series(np.arange(2.0), np.full((1, 2), nan), partial=True).mean())
    assert np.isnan(replace(series, partial=False).mean())  # elsewhere NaN is not left out


def test_clips_without_a_body_do_not_count_in_its_metrics(poses):
    with_body = summarise(measure(*poses))
    without = {key: 1.0 for key in with_body if METRICS[key].common}
    pooled = mean_over_frames([(12, without), (12, with_body)])
    assert list(pooled) == [*without, *(key for key in with_body if key not in without)]
    assert pooled["mpve_mm"] == pytest.approx(with_body["mpve_mm"])
