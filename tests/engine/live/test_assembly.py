"""Frames from single trackers, and their clock."""

from __future__ import annotations

import numpy as np
import pytest

from engine.live.feeds.assembly import LOST_AFTER_S, Assembly
from engine.live.feeds.clock import FeedClock
from engine.live.osc.forms import DevicePose, Stamp
from engine.motion.rotations import IDENTITY

STEP = 1 / 60


def device(x: float) -> DevicePose:
    return DevicePose("any", "", np.array([x, 0.0, 1.0]), IDENTITY)


def packets(*frames: tuple[int, ...], stamped: bool = False, every: int = 1):
    """Trackers of each frame, one packet each: what comes out, by the order in which it does."""
    assembly, found = Assembly("test"), []
    for k, roles in enumerate(frames):
        received = k * STEP
        if stamped:
            found.append(assembly.stamp(Stamp(10 + k * STEP, k * every)))
            found.append(assembly.complete(received))
        for role in roles:
            found.append(assembly.pose(role, device(k), received))
            found.append(assembly.complete(received))
    return assembly, [frame for frame in found if frame is not None]


@pytest.mark.parametrize("stamped", [False, True])
def test_a_frame_is_there_when_all_trackers_came(stamped: bool) -> None:
    _, frames = packets(*5 * [(0, 1, 2)], stamped=stamped)
    assert [f.observation.positions[0, :, 0].tolist() for f in frames] == [[k, k, k] for k in range(5)]
    assert np.allclose(np.diff([f.time for f in frames]), STEP)
    assert all(f.observation.valid.all() for f in frames)


def test_times_of_the_sender_are_kept() -> None:
    _, frames = packets(*3 * [(0, 1, 2)], stamped=True)
    assert [f.time for f in frames] == [10 + k * STEP for k in range(3)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)], ids=["behind", "ahead"])
@pytest.mark.parametrize("stamped", [False, True])
def test_a_silent_tracker_is_lost_after_a_while(stamped: bool, order: tuple[int, ...]) -> None:
    others = tuple(role for role in order if role != 2)
    _, frames = packets(*5 * [order], *40 * [others], *5 * [order], stamped=stamped)
    last, back = 4 * STEP, 45 * STEP
    assert 48 <= len(frames) <= 50
    for frame in frames:
        if frame.received != back:  # there it may come behind its frame
            heard = frame.received - last <= LOST_AFTER_S or frame.received > back
            assert frame.observation.valid[0].tolist() == [True, True, heard]
    assert np.min(np.diff([f.time for f in frames])) > STEP / 2
    for frame in frames[-3:]:
        assert np.ptp(frame.observation.positions[0, :, 0]) == 0  # none of them lags behind


def test_numbers_that_are_missing_are_counted() -> None:
    assembly, frames = packets(*4 * [(0, 1, 2)], stamped=True, every=3)
    assert (len(frames), assembly.missing) == (4, 6)


def test_what_was_overtaken_is_left_out() -> None:
    assembly, frames = Assembly("test"), []
    for k, stamp in enumerate([0.0, 1.0, 3.0, 2.0, 4.0]):
        received = k * STEP
        assembly.stamp(Stamp(stamp * STEP, int(stamp)))
        for role in range(3):
            assembly.pose(role, device(stamp), received)
        frame = assembly.complete(received)
        frames += [] if frame is None else [frame]
    assert [f.observation.positions[0, 0, 0] for f in frames] == [0, 1, 3, 4]
    assert assembly.late == 1 and np.all(np.diff([f.time for f in frames]) > 0)


def test_a_sender_that_begins_again_goes_on() -> None:
    clock = FeedClock()
    stamps = [5.0, 5.1, 5.2, 0.0, 0.1, 0.2]
    times = [clock.time(stamp, 100 + 0.1 * k) for k, stamp in enumerate(stamps)]
    assert np.allclose(times, 5 + 0.1 * np.arange(6))


def test_a_clock_that_is_set_does_not_tear_the_motion() -> None:
    clock = FeedClock()
    times = [clock.time(stamp, 0.1 * k) for k, stamp in enumerate([0.0, 0.1, 1e9, 1e9 + 0.1])]
    assert np.allclose(times, 0.1 * np.arange(4), atol=1e-6)


def test_arrival_fills_in_for_a_stamp() -> None:
    clock = FeedClock()
    assert [clock.time(None, 7.0), clock.time(50.0, 7.5), clock.time(50.25, 7.75), clock.time(None, 8.0)] == [
        7.0, 7.5, 7.75, 8.0,
    ]  # fmt: skip
