"""Every stress has a one-frame twin: streamed equals whole, bit for bit, alone and one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.stress.catalogue import STRESSES, apply, clean, clean_stream, stream
from engine.stress.stress import Setting

ARRAYS = {
    "MultiViewKeypoints": ("times", "xy", "confidence", "tall", "rotations"),
    "Keypoints2D": ("times", "xy", "confidence", "tall"),
    "TrackerSignals": ("times", "positions", "rotations", "valid"),
}


def arrays(observation):
    return ARRAYS[type(observation).__name__]


def keypoints(frames, *, regular=True):
    rng = np.random.default_rng(frames)
    times = np.arange(frames) / 60 if regular else np.cumsum(rng.uniform(0.005, 0.1, frames))
    shape = (frames, 17)
    seen = rng.uniform(0.2, 1, shape) * (rng.random(shape) > 0.1)
    xy, tall = rng.uniform(-50, 1100, (*shape, 2)), rng.uniform(200, 900, frames)
    return Keypoints2D("k", times, xy, seen, H36M_17, (1000, 900), tall=tall)


def trackers(frames, *, regular=True):
    rng = np.random.default_rng(frames)
    times = np.arange(frames) / 60 if regular else np.cumsum(rng.uniform(0.005, 0.1, frames))
    shape = (frames, 3)
    turned = axis_angle_to_quat(rng.normal(size=(*shape, 3)))
    return TrackerSignals("t", times, rng.normal(size=(*shape, 3)), turned, rng.random(shape) > 0.1)


def views(frames, *, regular=True):
    rng, seen = np.random.default_rng(frames), keypoints(frames, regular=regular)
    rig, shape = virtual_rig(rng.normal(0, 0.3, (frames, 17, 3)), 4), (4, frames, 1, 17)
    xy, confidence = rng.uniform(-50, 1100, (*shape, 2)), rng.uniform(0.2, 1, shape) * (rng.random(shape) > 0.1)
    tall = rng.uniform(200, 900, shape[:3])
    return MultiViewKeypoints("v", seen.times, xy, confidence, H36M_17, rig, tall=tall)


def array_of(observation, name):
    """One of its arrays, frames first; the rig is the same in every frame."""
    if isinstance(observation, MultiViewKeypoints) and name != "times":
        if name == "rotations":
            return np.stack([[camera.rotation for camera in observation.rig]] * len(observation))
        return np.moveaxis(getattr(observation, name), 1, 0)
    return getattr(observation, name)


def observations(stress, frames, *, regular=True):
    """One of each kind that the stress degrades."""
    made = (make(frames, regular=regular) for make in (keypoints, trackers, views))
    return [each for each in made if type(each).__name__ in stress.applies_to]


def streamed(stream, whole):
    """One frame after the other through a stream; the pieces put together, and how many came at once."""
    given = [stream.push(whole.take(slice(k, k + 1))) for k in range(len(whole))] + [stream.end()]
    pieces = [piece for found in given for piece in found]
    found = {name: np.concatenate([array_of(piece, name) for piece in pieces]) for name in arrays(whole)}
    return found, list(map(len, given))


def assert_same(found, expected):
    for name in arrays(expected):
        assert found[name].tobytes() == array_of(expected, name).tobytes(), name


@pytest.mark.parametrize("frames", [1, 2, 3, 30, pytest.param(150, marks=pytest.mark.slow)])
@pytest.mark.parametrize("regular", [True, False])
@pytest.mark.parametrize("subsample", [1, 4])
@pytest.mark.parametrize("field", STRESSES)
def test_streamed_equals_whole(field, subsample, regular, frames):
    stress = STRESSES[field]
    seen = observations(stress, frames, regular=regular)
    assert seen
    kinds = [{option.field: key} for option in stress.options for key in option.choices] or [{}]
    for options in kinds:
        for seed in (0, 7):
            setting = Setting(seed, subsample, options)
            for level in stress.levels[1:]:
                for clean_input in seen:
                    twin = stress.stream(level, setting, clean_input.times)
                    whole = stress.whole(clean_input, level, setting)
                    found, _ = streamed(twin, clean_input)
                    assert_same(found, whole)
                    assert twin.schedule.tobytes() == whole.times.tobytes()


@pytest.mark.parametrize("subsample", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
@pytest.mark.parametrize("kind", [keypoints, trackers, views])
def test_all_stresses_one_after_the_other(kind, subsample, seed):
    rng = np.random.default_rng(seed)
    recorded = kind(200, regular=bool(seed % 2))
    apply_to_it = {f: s for f, s in STRESSES.items() if type(recorded).__name__ in s.applies_to}
    for _ in range(3):
        levels = {field: float(rng.choice(stress.levels)) for field, stress in apply_to_it.items()}
        options = {"bar_direction": str(rng.choice(["upright", "level"]))}
        twin = stream(recorded.times, levels, options, subsample, seed)
        whole = apply(recorded, levels, options, subsample, seed)
        assert_same(streamed(twin, recorded)[0], whole)
        assert twin.schedule.tobytes() == whole.times.tobytes()
        perfect = clean(recorded, levels, subsample, seed)
        assert perfect.times.tobytes() == whole.times.tobytes()
        assert_same(streamed(clean_stream(recorded.times, levels, subsample, seed), recorded)[0], perfect)


def test_an_unsteady_clock_waits_for_the_next_frame_and_holds_no_more_than_it_needs():
    recorded = keypoints(300)
    twin = STRESSES["clock_jitter"].stream(0.45, Setting(1, 4, {}), recorded.times)
    held = []
    for k in range(len(recorded)):
        twin.push(recorded.take(slice(k, k + 1)))
        held.append(len(twin._held))
    assert max(held) <= 6  # frames shift by up to 1.8 periods to either side
    twin = STRESSES["clock_jitter"].stream(0.45, Setting(1, 1, {}), recorded.times)
    _, counts = streamed(twin, recorded)
    assert {0, 1, 2} <= set(counts) and sum(counts) == 300
