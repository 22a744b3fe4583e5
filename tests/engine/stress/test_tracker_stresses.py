"""Degradations of a headset's trackers: of the size asked for, seeded, the same whatever the frame rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.experiment.pipeline import degrade
from engine.experiment.settings import InputSettings
from engine.motion.rotations import axis_angle_to_quat, conjugate, multiply, quat_to_axis_angle
from engine.observation.trackers import TrackerSignals
from engine.stress.hand_drift import wander
from engine.stress.lost_hands import STRETCH_S

LEVELS = {"tracker_noise_mm": 3.0, "lost_hands": 0.3, "hand_drift_cm": 2.0}


def signals(frames: int = 600) -> TrackerSignals:
    rng = np.random.default_rng(0)
    shape = (frames, 3)
    turned = axis_angle_to_quat(rng.normal(size=(*shape, 3)))
    return TrackerSignals("t", np.arange(frames) / 60, rng.normal(size=(*shape, 3)), turned, np.ones(shape, bool))


def with_levels(seed: int = 0, subsample: int = 1, **levels: float) -> TrackerSignals:
    return degrade(signals(), InputSettings(levels=levels, seed=seed, subsample=subsample))


def bits(found: TrackerSignals) -> tuple[bytes, ...]:
    return tuple(a.tobytes() for a in (found.times, found.positions, found.rotations, found.valid))


def test_noise_has_its_size_in_places_and_rotations():
    clean, noisy = signals(), with_levels(tracker_noise_mm=3.0)
    assert np.std(noisy.positions - clean.positions) == pytest.approx(0.003, rel=0.03)
    turns = quat_to_axis_angle(multiply(conjugate(clean.rotations), noisy.rotations))
    assert np.degrees(np.std(turns)) == pytest.approx(0.3, rel=0.03)
    np.testing.assert_allclose(np.linalg.norm(noisy.rotations, axis=-1), 1, atol=1e-12)
    twice = with_levels(tracker_noise_mm=6.0)
    np.testing.assert_allclose(twice.positions - clean.positions, 2 * (noisy.positions - clean.positions), atol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_each_hand_is_lost_for_its_share_and_for_a_while_the_head_never(share):
    lost = ~with_levels(lost_hands=share).valid
    assert not lost[:, 0].any()
    assert lost[:, 1:].mean() == pytest.approx(share, abs=0.06)
    for hand in (1, 2):
        edges = np.flatnonzero(np.diff(lost[:, hand]))
        assert (np.diff(edges) >= 60 * STRETCH_S - 1).all()
    if share < 1:
        assert (lost[:, 1] != lost[:, 2]).any(), "each at moments of its own"
        assert (lost <= ~with_levels(lost_hands=share + 0.3).valid).all(), "a larger share contains a smaller one"


def test_hands_wander_slowly_and_by_what_was_asked():
    clean, off = signals(), with_levels(hand_drift_cm=2.0)
    np.testing.assert_array_equal(off.positions[:, 0], clean.positions[:, 0])
    np.testing.assert_array_equal(off.rotations, clean.rotations)
    long = wander(np.arange(0, 4000, 0.1), seed=3)
    np.testing.assert_allclose(np.sqrt((long**2).sum(-1).mean(0)), 1, rtol=0.02)
    moved = off.positions[:, 1:] - clean.positions[:, 1:]
    np.testing.assert_allclose(moved, 0.02 * wander(clean.times, 0), atol=1e-12)
    assert np.linalg.norm(np.diff(moved, axis=0) * 60, axis=-1).max() < 0.1, "metres a second"


def test_only_the_trackers_that_there_are_suffer():
    head = signals()
    alone = replace(
        head, positions=head.positions[:, :1], rotations=head.rotations[:, :1], valid=head.valid[:, :1],
        trackers=("head",),
    )  # fmt: skip
    found = degrade(alone, InputSettings(levels={"lost_hands": 1.0, "hand_drift_cm": 5.0}))
    assert bits(found) == bits(alone)


@pytest.mark.parametrize("field", LEVELS)
def test_seeds_rates_and_level_zero(field):
    level = {field: LEVELS[field]}
    assert bits(with_levels(**{field: 0.0})) == bits(signals())
    assert bits(with_levels(1, **level)) == bits(with_levels(1, **level)) != bits(with_levels(2, **level))
    assert bits(with_levels(subsample=4, **level)) == bits(with_levels(**level).take(slice(None, None, 4)))


def test_keypoints_and_trackers_are_taken_at_the_same_times_by_an_unsteady_clock():
    from test_stress import keypoints

    settings = InputSettings(levels={"clock_jitter": 0.4, "drop": 0.2}, subsample=2, seed=5)
    seen = [degrade(observation, settings).times for observation in (signals(120), keypoints(120))]
    assert seen[0].tobytes() == seen[1].tobytes() and np.std(np.diff(seen[0])) > 0.001
