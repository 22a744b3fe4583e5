"""Stresses of a feed: levels that change, draws that look at nothing to come."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals
from engine.stress.catalogue import STRESSES, apply
from engine.stress.live import LiveLevels, LiveStresses, live_stresses

FRAMES = 600


def trackers() -> TrackerSignals:
    rng = np.random.default_rng(1)
    q = rng.normal(size=(FRAMES, 3, 4))
    q /= np.linalg.norm(q, axis=-1, keepdims=True)
    seen = np.ones((FRAMES, 3), bool)
    return TrackerSignals("t", np.arange(FRAMES) / 60, rng.normal(size=(FRAMES, 3, 3)), q, seen)


def keypoints() -> Keypoints2D:
    rng = np.random.default_rng(2)
    xy, seen = rng.uniform(0, 900, (FRAMES, 17, 2)), np.ones((FRAMES, 17))
    return Keypoints2D("k", np.arange(FRAMES) / 60, xy, seen, H36M_17, (1000, 1000))


KINDS = {"TrackerSignals": trackers, "Keypoints2D": keypoints}
CASES = [(kind, stress.field) for kind in KINDS for stress in live_stresses(kind)]
ARRAYS = {"TrackerSignals": ("times", "positions", "rotations", "valid"), "Keypoints2D": ("times", "xy", "confidence")}


def pushed(observation, chosen, stresses: LiveStresses):
    """The frames that are left; chosen(k) is in force for frame k."""
    left = []
    for k in range(len(observation)):
        stresses.chosen = chosen(k)
        found = stresses.push(observation.take(slice(k, k + 1)))
        left += [] if found is None else [found]
    return left


def at(field: str, level: float):
    return lambda k: LiveLevels({field: level})


def same(one, other) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS[type(one).__name__]) and len(
        one
    ) == len(other)


@pytest.mark.parametrize("kind", KINDS)
def test_level_zero_changes_nothing(kind) -> None:
    given, stresses = KINDS[kind](), LiveStresses()
    for k in range(20):
        frame = given.take(slice(k, k + 1))
        assert stresses.push(frame) is frame
    assert stresses.dropped == 0


@pytest.mark.parametrize(("kind", "field"), CASES)
def test_what_comes_later_has_no_part_in_it(kind, field) -> None:
    """Levels that change afterwards, and those that were there before, change no other frame."""
    given, level = KINDS[kind](), STRESSES[field].levels[-1]
    steady = pushed(given, at(field, level), LiveStresses(seed=3))
    switched = pushed(given, lambda k: LiveLevels({field: level if k >= 300 else 0.0}), LiveStresses(seed=3))
    clean = {float(given.times[k]): given.take(slice(k, k + 1)) for k in range(FRAMES)}
    by_time = {float(frame.times[0]): frame for frame in steady}
    for frame in switched:
        time = float(frame.times[0])
        assert same(frame, clean[time] if time < 300 / 60 - 1e-9 else by_time[time])
    assert any(not same(frame, clean[float(frame.times[0])]) for frame in steady) or len(steady) < FRAMES


@pytest.mark.parametrize("field", ["tracker_noise_mm", "hand_drift_cm", "noise_px", "bar"])
def test_those_that_draw_frame_by_frame_equal_the_whole(field) -> None:
    kind = STRESSES[field].applies_to[0]
    given, level = KINDS[kind](), STRESSES[field].levels[2]
    whole = apply(given, {field: level}, {}, 1, 5)
    for k, frame in enumerate(pushed(given, at(field, level), LiveStresses(seed=5))):
        for name in ARRAYS[kind]:
            assert np.allclose(getattr(frame, name)[0], getattr(whole, name)[k], rtol=0, atol=1e-12), name


def hidden(frames, kind: str) -> np.ndarray:
    return np.concatenate([~f.valid[:, 1:] if kind == "TrackerSignals" else f.confidence == 0 for f in frames])


@pytest.mark.parametrize(("kind", "field", "share"), [
    ("TrackerSignals", "lost_hands", 1.0), ("Keypoints2D", "mask", 1.0), ("Keypoints2D", "limbs", 8 / 17),
])  # fmt: skip
def test_fractions_in_the_long_run(kind, field, share) -> None:
    given = KINDS[kind]()
    times = np.arange(FRAMES) * 0.2  # two minutes
    given = dataclasses.replace(given, times=times)
    little, much = (hidden(pushed(given, at(field, x), LiveStresses()), kind) for x in (0.2, 0.5))
    assert not (little & ~much).any()
    assert little.mean() == pytest.approx(0.2 * share, abs=0.06 * share)
    assert much.mean() == pytest.approx(0.5 * share, abs=0.08 * share)
    if field != "mask":  # in stretches of half a second or a second
        assert (np.diff(little.any(1).astype(int)) != 0).sum() < 0.5 * len(little)


def test_frames_are_lost_and_thinned_out() -> None:
    given = trackers()
    little, much = ({float(f.times[0]) for f in pushed(given, at("drop", x), LiveStresses(seed=1))} for x in (0.2, 0.5))
    assert much < little and 0.0 in much
    assert len(little) / FRAMES == pytest.approx(0.8, abs=0.06)
    stresses = LiveStresses()
    thin = pushed(given, lambda k: LiveLevels(subsample=4), stresses)
    assert [f.times[0] for f in thin] == list(given.times[::4])
    assert stresses.dropped == FRAMES - len(thin)


def test_which_there_are() -> None:
    assert {s.field for s in live_stresses("TrackerSignals")} == {
        "tracker_noise_mm",
        "lost_hands",
        "hand_drift_cm",
        "drop",
    }
