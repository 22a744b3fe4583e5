"""Left and right that were exchanged on purpose are put back; people who turn are left alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from engine.detector.facing import SLACK, TURN, Facing
from engine.detector.swaps import _JOINTS, _MIRROR, HELD_S, Swaps
from engine.motion.conversions import to_h36m17
from engine.motion.generate.clips import CLIPS, clip_of
from engine.motion.interpolation import interpolate
from engine.motion.skeleton import H36M_17
from engine.observation.virtual_camera import CAMERA_PRESETS, preset_camera


@lru_cache
def seen(name: str, view: str, hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Times (T,) and pixels (T, 17, 2) of a clip."""
    clip = to_h36m17(clip_of(name))
    times = np.arange(0.0, min(clip.times[-1], 6.0), 1 / hz)
    camera = preset_camera(view, clip.positions)
    return times, camera.project(interpolate(clip.positions, clip.times, times))[0]


def exchanged(xy: np.ndarray, limbs: tuple[str, ...]) -> np.ndarray:
    order = np.arange(17)
    for limb in limbs:
        order[_JOINTS[limb]] = _MIRROR[_JOINTS[limb]]
    return xy[order]


def pushed(times, frames, confidence=None):
    swaps, sure = Swaps(), np.ones(17)
    found = [swaps.push(xy, sure if confidence is None else confidence[k], times[k]) for k, xy in enumerate(frames)]
    return swaps, found


@pytest.mark.parametrize("hz", [pytest.param(60.0, marks=pytest.mark.slow), 30.0, 15.0, 7.5])
@pytest.mark.parametrize("name", CLIPS)
def test_people_who_are_seen_rightly_are_left_alone(name, hz) -> None:
    """From every side, also while they turn; with twice the noise of real keypoints (0.4 % of the height)."""
    noise = np.random.default_rng(0)
    for view in CAMERA_PRESETS:
        times, frames = seen(name, view, hz)
        size = np.ptp(frames, axis=1).max(1)[:, None, None]
        swaps, _ = pushed(times, frames + 0.008 * size * noise.normal(0, 1, frames.shape))
        assert swaps.found == 0, view


@pytest.mark.parametrize("limbs", [("arms", "legs"), ("arms",), ("legs",)])
@pytest.mark.parametrize("run", [1, 5, 20])
@pytest.mark.parametrize("hz", [60.0, 30.0])
def test_runs_of_exchanged_frames_are_put_back(limbs, run, hz) -> None:
    """From the front, where left and right are far apart: every such frame, and no other."""
    for name in ("walk", "wave", "squat"):
        times, clean = seen(name, "front", hz)
        given = clean.copy()
        wrong = np.zeros(len(times), bool)
        for first in range(10, len(times) - run, 40):
            wrong[first : first + run] = True
        for k in np.flatnonzero(wrong):
            given[k] = exchanged(clean[k], limbs)
        swaps, found = pushed(times, given)
        right = np.array([np.array_equal(xy, clean[k]) for k, (xy, _, _) in enumerate(found)])
        assert right.all(), (name, np.flatnonzero(~right))
        assert [said for _, _, said in found] == [limbs if w else () for w in wrong]
        assert swaps.found == wrong.sum()


@pytest.mark.parametrize("hz", [15.0, 7.5])
def test_arms_and_legs_are_at_low_rates_too(hz) -> None:
    """Where limbs are elsewhere in the next frame, but nobody turns round."""
    limbs = ("arms", "legs")
    for name in ("walk", "wave", "squat"):
        times, clean = seen(name, "front", hz)
        wrong = np.arange(len(times)) % 8 >= 5
        given = np.array([exchanged(xy, limbs) if w else xy for xy, w in zip(clean, wrong, strict=True)])
        _, found = pushed(times, given)
        assert [said for _, _, said in found] == [limbs if w else () for w in wrong], name


def test_sides_that_go_over_in_some_frames_are_put_back() -> None:
    """As detectors do it: shoulders and hips meet first, and a person seems to turn round within 0.1 s."""
    times, clean = seen("wave", "front", 30.0)
    given, other = clean.copy(), np.array([exchanged(xy, ("arms", "legs")) for xy in clean])
    share = np.clip((np.arange(len(times)) - 29.0) / 3, 0.0, 1.0)[:45, None, None]
    given[:45] = (1 - share) * clean[:45] + share * other[:45]
    _, found = pushed(times, given)
    said = [bool(limbs) for _, _, limbs in found]
    assert all(said[32:45]) and not any(said[:31]) and not any(said[46:])


def turned(degrees: float, roll: float = 0.0) -> np.ndarray:
    """Keypoints (17, 2) of a person of size 1 whose shoulders are 0.2 wide and hips 0.1, before a rolled camera."""
    xy = np.zeros((17, 2))
    for joint, width, height in (("shoulder", 0.2, 0.2), ("hip", 0.1, 0.5)):
        for side, sign in (("left", 1), ("right", -1)):
            xy[H36M_17.index(f"{side} {joint}")] = sign * width / 2 * np.cos(np.radians(degrees)), height
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return xy @ np.array([[c, s], [-s, c]])


@pytest.mark.parametrize("roll", [0.0, 37.0, 90.0, 180.0])
def test_angles_of_somebody_who_turns(roll) -> None:
    facing, everything = Facing(), np.ones(17, bool)
    for k, degrees in enumerate(range(0, 181, 5)):  # 300 degrees a second
        angles = facing.angles(turned(degrees, roll), everything, 1.0, k / 60)
        assert np.degrees(angles) == pytest.approx([degrees, degrees], abs=1e-3)
        assert (facing.too_fast(angles, k / 60) == 0).all()
        facing.push(angles, k / 60)
    back = np.zeros(2)  # from behind to the front within a frame
    frames = np.arange(31) / 60
    expected = np.mean(np.maximum(np.radians(180 - 300 * frames) - SLACK - TURN * (frames + 1 / 60), 0.0))
    assert facing.too_fast(back, 37 / 60) == pytest.approx([expected] * 2)


def test_angles_of_what_is_not_seen_are_not_known() -> None:
    facing, seen_ = Facing(), np.ones(17, bool)
    facing.push(facing.angles(turned(0), seen_, 1.0, 0.0), 0.0)
    seen_[H36M_17.index("left hip")] = False
    angles = facing.angles(turned(180), seen_, 1.0, 0.1)
    assert np.isnan(angles[1]) and facing.too_fast(angles, 0.1)[0] > 0 and facing.too_fast(angles, 0.1)[1] == 0


def test_confidence_goes_with_its_joint() -> None:
    times, clean = seen("wave", "front", 30.0)
    sure = np.linspace(0.1, 0.9, 17)
    order = exchanged(np.arange(17)[:, None], ("arms", "legs"))[:, 0]
    frames = [clean[0], clean[1], clean[2][order]]
    _, found = pushed(times[:3], frames, [sure, sure, sure[order]])
    assert np.array_equal(found[2][1], sure)


def test_a_detector_that_stays_with_it_is_believed_after_a_second() -> None:
    times, clean = seen("wave", "front", 30.0)
    given = np.array([xy if k < 20 else exchanged(xy, ("arms", "legs")) for k, xy in enumerate(clean)])
    _, found = pushed(times, given)
    held = [said != () for _, _, said in found]
    count = round(HELD_S * 30) + 1
    assert held == [20 <= k < 20 + count for k in range(len(times))]


def test_after_a_gap_the_detector_is_believed() -> None:
    """Whoever was not seen for a while may have turned; what is not seen says nothing."""
    times, clean = seen("wave", "front", 30.0)
    turned = exchanged(clean[4], ("arms", "legs"))
    assert pushed(np.array([0.0, 0.5]), [clean[0], turned])[1][1][2] == ()
    unseen = [np.zeros(17), np.ones(17)]
    assert pushed(times[:2], [clean[0], turned], unseen)[1][1][2] == ()
    assert pushed(times[:2], [clean[0], turned], unseen[::-1])[1][1][2] == ()
