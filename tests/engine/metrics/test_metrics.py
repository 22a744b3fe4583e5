"""Known answers and invariances of the pose and motion metrics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from engine.metrics.catalogue import mean_over_frames, measure, summarise
from engine.metrics.motion import acceleration_error_m_s2, derivative, jitter_m_s3, velocity_error_mm_s
from engine.metrics.pose import (
    PCK_JOINTS,
    aligned_joint_error_mm,
    auc,
    joint_error_mm,
    pck,
    procrustes,
    root_relative,
    scaled_joint_error_mm,
)
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17

seeds = st.integers(0, 2**32 - 1)


def poses(seed, frames=6):
    return np.random.default_rng(seed).normal(0.0, 0.4, (frames, 17, 3))


def measured(prediction, truth, times):
    """The series of poses (T, 17, 3) at times (T,)."""
    return measure(Joints(times, prediction, H36M_17), Joints(times, truth, H36M_17))


def irregular(seed, frames):
    return np.cumsum(np.random.default_rng(seed).uniform(0.005, 0.1, frames))


def similarity(seed, x):
    rng = np.random.default_rng(seed)
    turn = Rotation.random(len(x), rng).as_matrix()
    size, shift = rng.uniform(0.2, 5, (len(x), 1, 1)), rng.normal(0, 3, (len(x), 1, 3))
    return size * (x @ np.swapaxes(turn, -1, -2)) + shift


# -- pose ---------------------------------------------------------------------------------------------------


def test_one_joint_displaced_by_a_known_distance():
    truth = poses(0)
    prediction = truth.copy()
    prediction[:, 5] += [0.03, 0.0, 0.04]  # 50 mm
    error = joint_error_mm(prediction, truth)
    expected = np.zeros((6, 17))
    expected[:, 5] = 50.0
    np.testing.assert_allclose(error, expected, atol=1e-9)
    assert error.mean() == pytest.approx(50 / 17)


def test_the_root_itself_is_subtracted():
    truth = poses(1)
    prediction = truth.copy()
    prediction[:, 0] += [0.1, 0.0, 0.0]  # every other joint is now 100 mm off, the root 0
    np.testing.assert_allclose(joint_error_mm(prediction, truth).mean(0), [0.0] + [100.0] * 16, atol=1e-9)


def test_a_uniformly_scaled_pose_has_only_mpjpe():
    truth = poses(2)
    prediction = 1.25 * truth
    assert scaled_joint_error_mm(prediction, truth).max() < 1e-9
    expected = 0.25 * 1000 * np.linalg.norm(root_relative(truth), axis=-1)
    np.testing.assert_allclose(joint_error_mm(prediction, truth), expected)


def test_scale_is_the_best_one():
    prediction, truth = poses(3), poses(4)
    p, g = root_relative(prediction), root_relative(truth)
    for t in range(len(p)):
        best = np.linalg.lstsq(p[t].reshape(-1, 1), g[t].reshape(-1), rcond=None)[0][0]
        mine = scaled_joint_error_mm(prediction, truth)[t]
        np.testing.assert_allclose(mine, 1000 * np.linalg.norm(best * p[t] - g[t], axis=-1))


@given(seeds)
@settings(max_examples=50)
def test_similarity_copy_has_no_aligned_error(seed):
    truth = poses(seed)
    assert aligned_joint_error_mm(similarity(seed + 1, truth), truth).max() < 1e-9


def test_procrustes_does_not_reflect():
    truth = poses(5)
    mirrored = truth * [-1.0, 1.0, 1.0]
    assert aligned_joint_error_mm(mirrored, truth).mean() > 50.0


def test_procrustes_agrees_with_scipy_frame_by_frame():
    prediction, truth = poses(6), poses(7)
    aligned = procrustes(prediction, truth)
    for t in range(len(truth)):
        p, g = prediction[t] - prediction[t].mean(0), truth[t] - truth[t].mean(0)
        turn, _ = Rotation.align_vectors(g, p)
        turned = turn.apply(p)
        expected = (g * turned).sum() / (p * p).sum() * turned + truth[t].mean(0)
        np.testing.assert_allclose(aligned[t], expected, atol=1e-7)


@given(seeds)
@settings(max_examples=50)
def test_procrustes_is_a_least_squares_fit(seed):
    """Alignment may raise the mean of the distances, but never that of their squares."""
    prediction, truth = poses(seed), poses(seed ^ 1)
    plain = (joint_error_mm(prediction, truth) ** 2).mean(1)
    scaled = (scaled_joint_error_mm(prediction, truth) ** 2).mean(1)
    aligned = (aligned_joint_error_mm(prediction, truth) ** 2).mean(1)
    assert (scaled <= plain + 1e-6).all() and (aligned <= scaled + 1e-6).all()


@given(seeds)
@settings(max_examples=50)
def test_invariances(seed):
    """A common rotation and shift change nothing; the prediction's own shift does not either."""
    prediction, truth = poses(seed), poses(seed ^ 1)
    turn = Rotation.random(random_state=np.random.default_rng(seed)).as_matrix()
    times = irregular(seed, 6)
    before = summarise(measured(prediction, truth, times))
    after = summarise(measured(prediction @ turn.T + [1, 2, 3], truth @ turn.T - [3, 2, 1], times + 5.0))
    for key in before:
        assert after[key] == pytest.approx(before[key], rel=1e-7), key


def test_degenerate_poses_give_numbers():
    truth, nothing = poses(8), np.zeros((6, 17, 3))
    for p, g in ((nothing, truth), (truth, nothing), (nothing, nothing)):
        assert all(np.isfinite(v.values).all() for v in measured(p, g, np.arange(6) / 60).values())


def test_pck_and_auc_by_hand():
    error = np.zeros((2, 17))
    error[0, 10] = 150.0  # head top of frame 0: on the threshold, so wrong
    error[1, 0] = error[1, 7] = error[1, 9] = 999.0  # pelvis, spine and nose do not count
    error[1, 6] = 72.0
    hit = pck(error)
    assert hit.shape == (2, 14) and set(np.unique(hit)) == {0.0, 100.0}
    assert hit.mean() == pytest.approx(100 * 27 / 28)
    area = auc(error)  # thresholds 0, 5, ..., 150; strict: an error of 0 counts at 30 of 31
    assert area[0, PCK_JOINTS.index(10)] == 0.0
    assert area[1, PCK_JOINTS.index(6)] == pytest.approx(100 * 16 / 31)  # 75, 80, ..., 150
    assert area[0, 1] == pytest.approx(100 * 30 / 31)


def test_pck_joints_follow_the_published_order_of_3dhp():
    to_h36m = [14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4]  # 3DHP index of each H36M-17 joint
    assert [to_h36m[j] for j in PCK_JOINTS] == list(range(14))
    assert [H36M_17.names[j] for j in PCK_JOINTS[:3]] == ["head top", "thorax", "right shoulder"]


# -- motion -------------------------------------------------------------------------------------------------


@given(seeds, st.integers(1, 3))
@settings(max_examples=50)
def test_derivative_is_exact_on_polynomials_at_any_sampling(seed, order):
    rng = np.random.default_rng(seed)
    times = irregular(seed, 9)
    powers = rng.normal(size=(order + 1, 4))
    values = sum(c * times[:, None] ** n for n, c in enumerate(powers))
    factorial = (1, 1, 2, 6)[order]
    found = derivative(values, times, order)
    assert found.shape == (9 - order, 4)
    np.testing.assert_allclose(found, np.broadcast_to(factorial * powers[-1], found.shape), atol=1e-4)


@pytest.mark.parametrize("hz", [3.75, 60.0, 120.0])
def test_uniform_formulas(hz):
    """The published finite differences times fps^n."""
    p, g, times = poses(9, 12), poses(10, 12), np.arange(12) / hz
    rp, rg = root_relative(p), root_relative(g)
    d = rp - rg
    np.testing.assert_allclose(
        velocity_error_mm_s(p, g, times), 1000 * hz * np.linalg.norm(d[1:] - d[:-1], axis=-1), rtol=1e-9
    )
    second = (d[2:] - 2 * d[1:-1] + d[:-2]) * hz**2
    np.testing.assert_allclose(acceleration_error_m_s2(p, g, times), np.linalg.norm(second, axis=-1), rtol=1e-9)
    third = (p[3:] - 3 * p[2:-1] + 3 * p[1:-2] - p[:-3]) * hz**3
    np.testing.assert_allclose(jitter_m_s3(p, times), np.linalg.norm(third, axis=-1), rtol=1e-9)


def test_cubic_motion_has_constant_jitter_at_any_rate():
    for times in (np.arange(40) / 60, np.arange(10) / 15, irregular(3, 40)):
        positions = np.zeros((len(times), 17, 3))
        positions[..., 0] = (0.5 * times**3 - times**2)[:, None]  # third derivative 3
        np.testing.assert_allclose(jitter_m_s3(positions, times), 3.0, rtol=1e-5)


def test_motion_errors_do_not_depend_on_the_frame_rate():
    for hz in (60.0, 15.0):
        times = np.arange(0, 2, 1 / hz)
        truth = np.zeros((len(times), 17, 3))
        prediction = truth.copy()
        prediction[:, 3, 0] = 0.17 * times  # 170 mm/s on one of 17 joints
        prediction[:, 4, 1] = 0.5 * 1.7 * times**2  # 1.7 m/s^2 on another
        assert acceleration_error_m_s2(prediction, truth, times).mean() == pytest.approx(0.1)
        assert velocity_error_mm_s(prediction, truth, times)[:, 3].mean() == pytest.approx(170.0)


# -- summary ------------------------------------------------------------------------------------------------


def test_mean_over_frames_is_that_of_the_pooled_values():
    parts = [(poses(k, 5 + k), poses(k + 50, 5 + k), np.arange(5 + k) / 30) for k in range(4)]
    found = [measured(*part) for part in parts]
    pooled = mean_over_frames(
        [(len(p[0]), {**summarise(m), "ms_per_frame": 2.0}) for p, m in zip(parts, found, strict=True)]
    )
    for key in found[0]:
        assert pooled[key] == pytest.approx(np.concatenate([m[key].values for m in found]).mean()), key
    assert pooled["ms_per_frame"] == pytest.approx(2.0)


def test_too_short_clips_give_nan_and_do_not_count():
    short = summarise(measured(poses(0, 2), poses(1, 2), np.arange(2) / 60))
    assert np.isnan(short["jitter_m_s3"]) and np.isfinite(short["mpjve_mm_s"])
    long = summarise(measured(poses(0, 9), poses(1, 9), np.arange(9) / 60))
    assert mean_over_frames([(2, short), (9, long)])["jitter_m_s3"] == pytest.approx(long["jitter_m_s3"])
