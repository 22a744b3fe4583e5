"""Degradations: bit-identical at level zero, seeded, of the size asked for, independent of each other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.experiment.pipeline import degrade
from engine.experiment.settings import InputSettings
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.stress.bar import bar_centre
from engine.stress.catalogue import STRESSES
from engine.stress.limbs import LIMB_JOINTS


def settings_with(*, subsample=1, seed=0, **given) -> InputSettings:
    """Levels and options by their fields."""
    levels = {field: given[field] for field in given if field in STRESSES}
    options = {field: given[field] for field in given if field not in STRESSES}
    return InputSettings(subsample=subsample, seed=seed, levels=levels, options=options)


def keypoints(frames=120):
    rng = np.random.default_rng(0)
    shape = (frames, 17)
    return Keypoints2D(
        "k", np.arange(frames) / 60, rng.uniform(0, 1000, (*shape, 2)), np.ones(shape), H36M_17, (1000, 1000)
    )


def test_level_zero_changes_nothing_bit_for_bit():
    clean = keypoints()
    nothing = settings_with(
        subsample=1, noise_px=0, mask=0, limbs=0, bar=0, bar_direction="level", drop=0, clock_jitter=0, seed=5
    )
    same = degrade(clean, nothing)
    for name in ("times", "xy", "confidence"):
        assert getattr(same, name).tobytes() == getattr(clean, name).tobytes()


def test_same_seed_same_input_other_seed_other_input():
    clean = keypoints()
    level = settings_with(subsample=2, noise_px=2, mask=0.2, limbs=0.3, bar=0.2, drop=0.3, clock_jitter=0.3, seed=3)
    first, again = degrade(clean, level), degrade(clean, level)
    other = degrade(clean, level.model_copy(update={"seed": 4}))
    for name in ("times", "xy", "confidence"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
        assert not np.array_equal(getattr(first, name), getattr(other, name))


@pytest.mark.parametrize("field", ["noise_px", "mask", "limbs", "bar", "drop", "clock_jitter"])
def test_every_stress_draws_from_its_seed(field):
    clean = keypoints(600)
    seen = [degrade(clean, settings_with(**{field: 0.4}, seed=seed)) for seed in (1, 1, 2)]
    given = [(k.times.tobytes(), k.xy.tobytes(), k.confidence.tobytes()) for k in seen]
    assert given[0] == given[1] != given[2]


def test_noise_has_its_size_and_the_mask_its_share():
    clean = keypoints(600)
    noisy = degrade(clean, settings_with(noise_px=3.0))
    assert np.std(noisy.xy - clean.xy) == pytest.approx(3.0, rel=0.03)
    masked = degrade(clean, settings_with(mask=0.15))
    assert (masked.confidence == 0).mean() == pytest.approx(0.15, abs=1e-4)
    np.testing.assert_array_equal(masked.xy, clean.xy)


def test_stresses_do_not_disturb_each_other():
    """A kept frame looks the same at every rate, noise the same with and without mask, masks are nested."""
    clean = keypoints()

    def at(**settings):
        return degrade(clean, settings_with(seed=1, **settings))

    np.testing.assert_array_equal(at(noise_px=2, subsample=4).xy, at(noise_px=2).xy[::4])
    np.testing.assert_array_equal(at(noise_px=2, mask=0.3).xy, at(noise_px=2).xy)
    for field in ("mask", "limbs", "bar"):
        assert (at(**{field: 0.1}).confidence >= at(**{field: 0.3}).confidence).all()
        np.testing.assert_array_equal(at(**{field: 0.3}, subsample=4).confidence, at(**{field: 0.3}).confidence[::4])
    assert set(at(drop=0.5).times) < set(at(drop=0.2).times)
    for field in ("mask", "limbs", "bar", "noise_px", "drop"):
        alone, beside = at(**{field: 0.3}), at(**{field: 0.3}, **{"bar" if field != "bar" else "limbs": 0.2})
        np.testing.assert_array_equal(alone.xy, beside.xy)
        assert (alone.confidence >= beside.confidence).all()


@pytest.mark.parametrize("share", [0.15, 0.5, 1.0])
def test_limbs_are_hidden_whole_and_for_a_while(share):
    hidden = degrade(keypoints(1200), settings_with(limbs=share)).confidence == 0
    assert hidden[:, [j for limb in LIMB_JOINTS for j in limb]].mean() == pytest.approx(share, abs=0.04)
    assert not np.delete(hidden, [j for limb in LIMB_JOINTS for j in limb], axis=1).any()
    for upper, lower in LIMB_JOINTS:
        np.testing.assert_array_equal(hidden[:, upper], hidden[:, lower])
        edges = np.flatnonzero(np.diff(hidden[:, upper]))
        assert (np.diff(edges) >= 59).all()  # a second at 60 Hz


def test_limbs_cost_no_more_where_the_clip_has_a_gap_of_years():
    clean = keypoints(240)
    times = clean.times + np.where(np.arange(240) < 120, 0.0, 1e9)
    hidden = degrade(replace(clean, times=times), settings_with(limbs=0.5)).confidence == 0
    assert 0.3 < hidden[:, [j for limb in LIMB_JOINTS for j in limb]].mean() < 0.7


def test_the_bar_hides_what_is_beneath_and_nothing_else():
    clean = keypoints(480)
    for direction, axis in (("upright", 0), ("level", 1)):
        seen = degrade(clean, settings_with(bar=0.2, bar_direction=direction, seed=2))
        centre = 1000 * bar_centre(clean.times, 2)
        np.testing.assert_array_equal(seen.confidence == 0, np.abs(clean.xy[..., axis] - centre[:, None]) < 100)
    assert centre.min() < 20 and centre.max() > 980
    assert np.abs(np.diff(centre)).max() == pytest.approx(1000 / (60 * 2))  # across in two seconds


def test_dropped_frames_are_gone_but_never_the_first():
    clean = keypoints(201)
    for share in (0.1, 0.5, 0.99):
        left = degrade(clean, settings_with(drop=share))
        assert len(left) == 201 - round(200 * share) and left.times[0] == 0
        index = np.round(left.times * 60).astype(int)
        np.testing.assert_array_equal(left.xy, clean.xy[index])
    assert len(degrade(keypoints(1), settings_with(drop=0.5))) == 1


@pytest.mark.parametrize("r", [1, 4])
def test_an_unsteady_clock_shows_what_was_there_at_the_time_it_says(r):
    """Joints on straight lines: between the frames, too, there is no doubt where they were."""
    lines = keypoints(240)
    speed = np.random.default_rng(1).uniform(-200, 200, (17, 2))
    moving = replace(lines, xy=300 + lines.times[:, None, None] * speed)
    seen = degrade(moving, settings_with(clock_jitter=0.45, subsample=r))
    np.testing.assert_allclose(seen.xy, 300 + seen.times[:, None, None] * speed, atol=1e-9)
    shifts = (seen.times - moving.times[::r]) * 60 / r
    assert seen.times[0] == 0 and (np.diff(seen.times) > 0).all() and seen.times[-1] <= moving.times[-1]
    assert np.abs(shifts).max() <= 0.45 and np.std(shifts) == pytest.approx(0.45 / np.sqrt(3), rel=0.2)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=60), st.integers(1, 4), st.integers(0, 9))
def test_an_unsteady_clock_keeps_the_order_of_frames_that_came_irregularly(gaps, r, seed):
    times = np.concatenate([[0.0], np.cumsum(gaps)]) / 120
    clean = replace(keypoints(len(times)), times=times)
    seen = degrade(clean, settings_with(clock_jitter=0.49, subsample=r, seed=seed))
    assert (np.diff(seen.times) > 0).all() and seen.times[0] == 0 and seen.times[-1] <= times[-1]


def test_an_unsteady_clock_does_not_guess_what_was_not_seen():
    clean = keypoints(60)
    clean.confidence[30, 4] = 0
    seen = degrade(clean, settings_with(clock_jitter=0.3))
    hidden = np.flatnonzero(seen.confidence[:, 4] == 0)
    assert 30 in hidden and set(hidden) <= {29, 30, 31}
    assert (np.delete(seen.confidence, 4, axis=1) > 0).all()
