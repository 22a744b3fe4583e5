"""Several cameras as one feed: fake ones whose skew, rate and end are known, and painted ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from live_fakes import until
from live_rig_fakes import Grid, bystander, rig_around, rig_feed, walker

from engine.errors import InputError
from engine.live.camera_feed import CameraFeed
from engine.live.rig.feed import RigFeed
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.live.track import Track
from engine.models.loading import load_model
from engine.observation.trial import Context

pytestmark = pytest.mark.slow


@dataclass
class Watched:
    run: LiveRun
    feed: RigFeed
    ticks: list[Tick]
    said: list[str] = field(default_factory=list)

    def errors(self, begin: float) -> np.ndarray:
        """Millimetres by which each tick's joints are off the walker's, who began to walk then."""
        started = self.feed.began - begin
        truth = np.stack([walker(tick.time + started) for tick in self.ticks])
        found = np.concatenate([tick.prediction.positions for tick in self.ticks])
        return 1e3 * np.linalg.norm(found - truth, axis=-1).mean(-1)


Watch = Callable[[RigFeed], Watched]


@pytest.fixture(scope="module")
def model():
    return load_model("triangulation")


@pytest.fixture
def watch(model) -> Iterator[Watch]:
    made: list[LiveRun] = []

    def begin(feed: RigFeed) -> Watched:
        ticks: list[Tick] = []
        run = LiveRun(feed, [Track(model, on_tick=ticks.append)], Context(1.7))
        watched = Watched(run, feed, ticks)
        feed.on_events.append(lambda said, at: watched.said.append(said))
        made.append(run)
        run.start()
        return watched

    yield begin
    for run in made:
        run.stop()
        assert all(camera.state in ("stopped", "failed") for camera in run.feed.cameras)


def soon() -> float:
    """When cameras of a test begin: models and threads are ready by then."""
    return time.perf_counter() + 1.0


def test_skews_rates_and_the_person_of_four_cameras(watch) -> None:
    """Each camera has a clock of its own and tells nothing of the way that its pictures take; one has half the rate.

    A walker's wrist is 8 mm further after 12 ms: between pictures, errors are below a tenth of that.
    """
    begin, skews = soon(), np.array([0.0, 0.006, -0.011, 0.012])
    grids = [
        Grid(begin, 15 if k == 2 else 30, 0.05 + skew, 40.0 * k, late_s=0.01) for k, skew in enumerate(skews)
    ]  # fmt: skip
    watched = watch(rig_feed(rig_around(), grids))
    until(lambda: watched.run.state == "failed" or len(watched.ticks) > 60, 60)
    assert watched.run.error is None
    feed = watched.feed
    found = np.array(feed.skews_ms)
    assert found - found[0] == pytest.approx(1e3 * (skews - skews[0]), abs=2.0)
    rates = [camera.source_hz for camera in feed.cameras]
    assert rates == pytest.approx([30, 30, 15, 30], rel=0.01)
    watched.run.stop()
    assert np.median(watched.errors(begin)) < 1.0
    assert (feed.saw > 0.5 * feed.given).all() and feed.given <= feed.frames
    assert {tick.observation.xy.shape for tick in watched.ticks} == {(4, 1, 1, 17, 2)}
    assert all(0 < tick.latency_s < 5 for tick in watched.ticks)
    assert feed.handed.count == feed.given and feed.handed_s(watched.ticks[-1].time) < watched.ticks[-1].latency_s
    times = [tick.time for tick in watched.ticks]
    assert times[0] >= 0 and (np.diff(times) > 0.005).all()


def test_a_camera_that_stops_is_blind_and_comes_back(watch) -> None:
    begin = soon()
    grids = [Grid(begin, 30, 0.0, 5.0) for _ in range(3)]
    watched = watch(rig_feed(rig_around(3), grids))
    until(lambda: len(watched.ticks) > 20, 60)
    grids[1].stopped = True

    def sees() -> bool:
        return bool(watched.ticks[-1].observation.confidence[1].any())

    until(lambda: not sees(), 60)
    count = len(watched.ticks)
    until(lambda: len(watched.ticks) > count + 15, 60)
    assert not sees()
    grids[1].stopped = False
    until(sees, 60)
    watched.run.stop()
    assert np.median(watched.errors(begin)) < 2.0 and watched.feed.people.stream == 1
    assert watched.feed.saw[1] < watched.feed.saw[0]


def test_a_camera_that_is_late_costs_what_the_walker_went_and_a_blind_one_nothing(watch) -> None:
    """At 0.5 m/s, 80 ms are 40 mm: one of four cameras takes the triangulated joints along by some of that."""
    begin = soon()
    watched = watch(rig_feed(rig_around(), [Grid(begin, 30) for _ in range(4)]))

    def off(after: int) -> float:
        count = len(watched.ticks) + 10
        until(lambda: len(watched.ticks) > count + after, 60)
        return float(np.median(watched.errors(begin)[count:]))

    until(lambda: len(watched.ticks) > 10, 60)
    before = off(20)
    watched.feed.views[1].late_s = 0.08
    late = off(20)
    watched.feed.views[1].blind = True
    blind = off(20)
    assert not watched.ticks[-1].observation.confidence[1].any() and watched.feed.people.stream == 1
    watched.run.stop()
    assert before < 1.0 and blind < 1.0 and 3 < late < 40


def test_two_people_in_every_camera(watch) -> None:
    """The one who stands still is found first in two of them."""
    begin = soon()
    seen = [[bystander, walker], [walker, bystander], [bystander, walker], [walker]]
    watched = watch(rig_feed(rig_around(), [Grid(begin, 20) for _ in range(4)], seen))
    until(lambda: len(watched.ticks) > 60, 60)
    watched.run.stop()
    assert np.median(watched.errors(begin)[40:]) < 2.0 and len(watched.feed.people.there) == 2


def test_cameras_that_end_one_after_the_other_end_the_feed(watch) -> None:
    begin = soon()
    watched = watch(rig_feed(rig_around(3), [Grid(begin, 30, ends=ends) for ends in (20, 40, 60)], takes_s=0.005))
    until(lambda: watched.run.over, 60)
    assert watched.run.error is None and watched.feed.state == "stopped"
    assert 0.8 < watched.ticks[-1].time < 1.4  # two are needed: the last one alone gives nothing
    assert all(feed.detect.count + feed.dropped["detector busy"] == feed.frames for feed in watched.feed.cameras)


def test_a_detector_that_refuses_ends_the_run_and_trouble_is_told_with_the_cameras_name(watch) -> None:
    begin = soon()
    feed = rig_feed(rig_around(2), [Grid(begin), Grid(begin)])
    watched = watch(feed)
    until(lambda: len(watched.ticks) > 3, 60)
    feed.cameras[1].detector.trouble = "The detector ended; it was started again."
    until(lambda: watched.said, 60)
    assert watched.said[0] == "camera 2: The detector ended; it was started again." == feed.trouble

    def refuse(*given: object) -> tuple:
        raise InputError("No.")

    feed.cameras[0].detector.detect = refuse
    until(lambda: watched.run.state == "failed", 60)
    assert str(watched.run.error) == "No."


def test_a_model_of_one_camera_is_refused() -> None:
    with pytest.raises(InputError, match="observes keypoints, which this feed does not give"):
        LiveRun(
            rig_feed(rig_around(2), [Grid(0.0), Grid(0.0)]), [Track(load_model("hummuss_small_causal"))], Context(1.7)
        )


def test_a_feed_that_never_began_stops(watch) -> None:
    feed = rig_feed(rig_around(2), [Grid(0.0), Grid(0.0)])
    feed.prepare()
    feed.stop()
    assert feed.state == "stopped" and all(isinstance(camera, CameraFeed) for camera in feed.cameras)
