"""Standing feet and their soles, memories and filters over time."""

import numpy as np
from scipy.signal import savgol_filter

from engine.body.retarget.matrices import X, Y, about, nearest_rotation, turn
from engine.body.retarget.points import NAMES, at
from engine.body.retarget.smoothing import CausalSmoothing, OneWay, running_mean, smoothed_rotations, two_way
from engine.body.retarget.standing import ANKLES, ground_of, level_soles, sole_tilt, standing_share, stands
from engine.body.retarget.targets import Targets


def feet(heights, speeds=0.0, slope=0.2):
    """Targets of two feet at heights (T,) of their ankles, moving forward; the toes lie before and below."""
    frames = len(heights)
    points = np.full((frames, len(NAMES), 3), np.nan)
    times = np.arange(frames) / 60
    for side, x in (("left", 0.1), ("right", -0.1)):
        ankle = np.stack([np.full(frames, x), -np.cumsum(np.broadcast_to(speeds, frames)) / 60, heights], axis=-1)
        points[:, at(f"{side} ankle")] = ankle
        points[:, at(f"{side} foot")] = ankle + 0.15 * np.array([0.0, -np.cos(slope), -np.sin(slope)])
    return Targets(times, points)


def test_a_foot_stands_where_it_is_low_and_slow():
    heights = np.concatenate([np.full(60, 0.08), np.full(60, 0.3)])
    targets = feet(heights, np.where(np.arange(120) < 30, 0.0, 1.5))
    standing = stands(targets, ground_of(targets))
    assert standing[5:25].all() and not standing[35:].any()
    share = standing_share(targets, ground_of(targets))
    assert share[5:25].min() == 1 and share[70:].max() == 0 and np.ptp(share) == 1


def test_soles_are_levelled_where_feet_stand_and_nowhere_else():
    targets = feet(np.full(50, 0.08), slope=0.0)
    turned = np.tile(about(Y, np.radians(20.0)), (50, 24, 1, 1))
    levelled = turned.copy()
    level_soles(levelled, targets, np.repeat([[1.0, 0.0]], 50, axis=0))
    tilt = np.degrees(sole_tilt(levelled))
    assert np.allclose(tilt[:, 0], 0, atol=1e-4) and np.allclose(tilt[:, 1], 20)
    others = np.setdiff1d(np.arange(24), [ANKLES[0], at("left foot")])
    assert np.array_equal(levelled[:, others], turned[:, others])


def test_feet_that_point_down_or_lie_on_an_edge_keep_their_roll():
    for slope, roll in ((1.2, 20.0), (0.0, 80.0)):
        turned = np.tile(about(X, slope) @ about(Y, np.radians(roll)), (10, 24, 1, 1))
        levelled = turned.copy()
        level_soles(levelled, feet(np.full(10, 0.08), slope=slope), np.ones((10, 2)))
        assert np.abs(levelled - turned).max() < 1e-9


def test_the_parabola_is_savitzky_and_golay_s():
    rotations = turn(0.3 * np.random.default_rng(0).normal(size=(60, 2, 3)))
    expected = nearest_rotation(savgol_filter(rotations, 7, 2, axis=0, mode="interp"))
    assert np.abs(smoothed_rotations(rotations, np.arange(60) / 60) - expected).max() < 1e-12


def test_memories_fade_with_time_on_any_clock():
    random = np.random.default_rng(1)
    times = np.cumsum(random.uniform(0.01, 0.05, 40))
    values = random.normal(size=(40, 3)) + 1j * random.normal(size=(40, 3))
    weights = np.exp(-np.abs(times[:, None] - times) / 0.5)
    assert np.allclose(two_way(0.5)(values, times), weights @ values)
    assert np.allclose(OneWay(0.5)(values, times), np.tril(weights) @ values)


def test_the_causal_filter_follows_without_overshoot():
    steps = np.where(np.arange(60) < 20, 0.0, 1.0)
    smooth = CausalSmoothing()(about(X, steps)[:, None], np.arange(60) / 60)
    angles = np.arcsin(np.clip(smooth[:, 0, 2, 1], -1, 1))
    assert (np.diff(angles) >= -1e-9).all() and angles[19] == 0 and abs(angles[-1] - 1) < 1e-3


def test_the_running_mean_keeps_what_is_constant_and_the_sum():
    times = np.arange(200) / 120
    assert np.allclose(running_mean(np.full((200, 2), 0.7), times), 0.7)
    pulse = np.zeros((200, 1))
    pulse[100] = 1
    assert np.isclose(running_mean(pulse, times).sum(), 1) and running_mean(pulse, times).max() < 0.12
