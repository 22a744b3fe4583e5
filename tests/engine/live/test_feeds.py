"""The contract of every feed: a fake one with known truth, and one over a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from live_fakes import free_port, swaying, until

from engine.errors import InputError
from engine.live.feeds.fake import FakeSource
from engine.live.feeds.feed import Feed
from engine.live.feeds.known import KnownSource
from engine.live.feeds.osc import OscSource
from engine.live.frame import LiveFrame
from engine.live.sender import send_trackers
from engine.live.truth import LiveTruth
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.trackers import TrackerSignals

Made = tuple[Feed, Callable[[], None]]
"""A feed, and what makes it be sent frames once it runs."""


def fake(signals: TrackerSignals) -> Made:
    return Feed(FakeSource(signals)), lambda: None


def osc(form) -> Callable[[TrackerSignals], Made]:
    def made(signals: TrackerSignals) -> Made:
        source = OscSource(0)

        def send() -> None:
            threading.Thread(target=send_trackers, args=(signals, "127.0.0.1", source.port, form), daemon=True).start()

        return Feed(source), send

    return made


MADE = {"fake": fake, "plain": osc("plain"), "vmc": osc("vmc")}


@pytest.fixture(params=list(MADE))
def made(request) -> Callable[[TrackerSignals], Made]:
    return MADE[request.param]


def taken(feed: Feed, count: int, seconds: float = 10.0) -> list[LiveFrame]:
    """Until so many frames were offered."""
    frames: list[LiveFrame] = []
    end = time.monotonic() + seconds
    while len(frames) + feed.slot.dropped < count and time.monotonic() < end:
        frame = feed.slot.take(0.05)
        frames += [] if frame is None else [frame]
    return frames


def test_frames_are_what_was_sent(made) -> None:
    signals = swaying(30)
    feed, send = made(signals)
    assert feed.state == "stopped"
    feed.start()
    assert feed.state == "running"
    send()
    frames = taken(feed, 30)
    assert len(frames) + feed.slot.dropped == 30 == feed.frames
    assert len(frames) > 10
    for frame in frames:
        k = round(frame.time * 60)
        assert frame.time == frame.observation.times[0] == pytest.approx(signals.times[k], abs=1e-6)
        assert np.abs(frame.observation.positions[0] - signals.positions[k]).max() < 1e-6
        assert np.abs(frame.observation.rotations[0] - signals.rotations[k]).max() < 1e-6
        assert frame.observation.valid.all()
        assert 0 <= time.perf_counter() - frame.received < 20
    assert np.all(np.diff([f.time for f in frames]) > 0)
    feed.stop()
    assert feed.state == "stopped"


def test_it_stops_and_starts_again(made) -> None:
    feed, send = made(swaying(600))
    feed.start()
    send()
    until(lambda: feed.frames > 2)
    with pytest.raises(RuntimeError):
        feed.start()
    feed.stop()
    assert feed.state == "stopped" and feed.error is None
    seen = feed.frames
    time.sleep(0.1)
    assert feed.frames == seen
    feed.stop()
    feed.start()
    until(lambda: feed.frames > seen + 2)
    feed.stop()
    assert feed.state == "stopped"


def test_a_fake_feed_ends_and_knows_the_truth() -> None:
    signals = swaying(5)
    truth = truth_of(signals)
    feed = Feed(FakeSource(signals, truth))
    feed.start()
    frames = taken(feed, 5)
    until(lambda: feed.state == "stopped")
    for frame in frames:
        assert np.array_equal(frame.truth.joints.positions[0], truth.joints.positions[round(frame.time * 60)])


@pytest.mark.parametrize("form", ["plain", "vmc"])
def test_a_sender_that_plays_a_known_clip(form) -> None:
    """The truth is that of the sender's times, whichever frames come; none beyond its end."""
    signals = swaying(30)
    truth = truth_of(signals).take(slice(0, 20))
    source = OscSource(0)
    feed = Feed(KnownSource(source, truth))
    feed.start()
    threading.Thread(target=send_trackers, args=(signals, "127.0.0.1", source.port, form), daemon=True).start()
    frames = taken(feed, 30)
    feed.stop()
    assert feed.source.counts["malformed"] == 0 and len(frames) > 10
    for frame in frames:
        k = round(frame.time * 60)
        if k >= 20:
            assert frame.truth is None
        else:
            assert np.abs(frame.truth.joints.positions[0] - truth.joints.positions[k]).max() < 1e-4


def truth_of(signals: TrackerSignals) -> LiveTruth:
    places = np.random.default_rng(0).normal(size=(len(signals), 17, 3))
    return LiveTruth(Joints(signals.times, places, H36M_17))


def test_a_port_that_is_taken() -> None:
    first = Feed(OscSource(free_port()))
    first.start()
    second = Feed(OscSource(first.source.port))
    with pytest.raises(InputError, match=r"Port \d+ of 127.0.0.1 is in use by another program; close that, or"):
        second.start()
    assert second.state == "failed" and isinstance(second.error, InputError)
    first.stop()
    second.start()
    assert second.state == "running"
    second.stop()


def test_a_source_that_breaks_fails() -> None:
    class Broken(FakeSource):
        def read(self, seconds):
            raise ZeroDivisionError

    feed = Feed(Broken(swaying(2)))
    feed.start()
    until(lambda: feed.state == "failed")
    assert isinstance(feed.error, ZeroDivisionError)


def test_loopback_unless_asked() -> None:
    assert OscSource().address == "127.0.0.1"
