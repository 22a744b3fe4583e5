"""From the camera to the tick: detector's process, one person, model, recording; against the whole run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from camera_fakes import MjpegServer, picture, write_video
from killed import killed
from live_detector_fakes import KnowsTruth, Wooden, not_set_up
from live_fakes import Full, until

from engine.cameras.video_file import VideoFile
from engine.data.registry import expand, open_motion
from engine.detector.library import installed, open_detector
from engine.errors import InputError
from engine.live.camera_feed import CameraFeed
from engine.live.detector.process import DetectorProcess
from engine.live.feeds.cameras.faulty import FaultySource
from engine.live.feeds.cameras.mjpeg import MjpegSource
from engine.live.feeds.cameras.played import PlayedSource
from engine.live.feeds.cameras.synthetic import SyntheticCamera
from engine.live.feeds.feed import Source
from engine.live.feeds.steady import Steady
from engine.live.observer import Observer
from engine.live.recording import Recorder, read_recording, replay
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.live.track import Track
from engine.models.loading import load_model
from engine.motion.generate.clips import clip_of
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context

pytestmark = pytest.mark.slow

CONTEXT = Context(1.75, body="kinestate")
SAME_M = 1e-5
STEADY = {"again_s": 0.1, "stalled_s": 0.6}


@pytest.fixture(scope="module")
def model():
    return load_model("hummuss_small_causal")


@dataclass
class Watched:
    """A run on a camera, with the ticks of each of its models."""

    run: LiveRun
    feed: CameraFeed
    ticks: list[list[Tick]]
    said: list[str] = field(default_factory=list)


Watch = Callable[..., Watched]


@pytest.fixture
def watch() -> Iterator[Watch]:
    made: list[LiveRun] = []

    def begin(source: Source[Any], opening: Any, *models: Any, camera: Any = None, **given: Any) -> Watched:
        exact, hung_s = given.pop("exact", False), given.pop("hung_s", 2.0)
        feed = CameraFeed(source, DetectorProcess(opening, hung_s=hung_s), Observer("seen", camera), exact=exact)
        ticks: list[list[Tick]] = [[] for _ in models]
        tracks = [Track(one, on_tick=kept.append, **given) for one, kept in zip(models, ticks, strict=True)]
        run = LiveRun(feed, tracks, CONTEXT, exact=exact)
        watched = Watched(run, feed, ticks)
        feed.on_events += [track.event for track in tracks]
        feed.on_events.append(lambda said, at: watched.said.append(said))
        made.append(run)
        run.start()
        return watched

    yield begin
    for run in made:
        run.stop()
        assert run.feed.state in ("stopped", "failed")


def running(watched: Watched, count: int = 5) -> None:
    """Until so many more frames were answered by every model."""
    before = [len(kept) for kept in watched.ticks]
    until(lambda: watched.run.state == "failed" or all(
        len(kept) >= had + count for kept, had in zip(watched.ticks, before, strict=True)
    ), 60)  # fmt: skip
    assert watched.run.error is None


def shown(ticks: list[Tick]) -> np.ndarray:
    return np.concatenate([tick.prediction.positions for tick in ticks])


def whole(model, ticks: list[Tick]) -> np.ndarray:
    """All frames that the model got at once, in the camera's axes, each with the time before it in its periods."""
    seen = ticks[0].observation
    for tick in ticks[1:]:
        seen = seen.then(tick.observation)
    rates = np.concatenate([[1.0], np.diff(seen.times) * model.card.rate_hz])
    return model.forward(seen, rates, CONTEXT).positions


def painted_camera(hz: float = 30.0, **given: Any) -> tuple[SyntheticCamera, partial[KnowsTruth]]:
    """A painted clip, small, and the detector that knows its keypoints by the picture's number."""
    source = SyntheticCamera.of(clip_of("wave"), "front-left", (96, 72), hz, **given)
    keypoints = []
    for k in range(round(20 * hz)):
        there = source._span - abs(source._span - k / hz % (2 * source._span))
        keypoints.append(source.camera.project(source._truth.at(source._first + there).joints.positions[0])[0])
    return source, partial(KnowsTruth, np.array(keypoints))


def test_streamed_equals_whole_and_the_error_is_the_models_own(model, watch) -> None:
    """Two models at once; truth and keypoints are exact, so that errors are those of lifting: some millimetres."""
    source, opening = painted_camera()
    other = load_model("hummuss_small_anyrate_causal")
    watched = watch(source, opening, model, other, camera=source.camera)
    running(watched, 40)
    watched.run.stop()
    for one, ticks in zip((model, other), watched.ticks, strict=True):
        camera = source.camera
        turned = (shown(ticks) - shown(ticks)[:, :1]) @ camera.rotation.T
        assert np.abs(turned - whole(one, ticks)).max() < SAME_M
        times = np.array([tick.time for tick in ticks])
        assert [tick.rate for tick in ticks[1:]] == pytest.approx(np.diff(times) * 60)
        assert 5 < np.mean([tick.figures["mpjpe_mm"] for tick in ticks]) < 60
        pelvis = shown(ticks)[:, 0] - np.concatenate([tick.truth.joints.positions[:, 0] for tick in ticks])
        assert np.linalg.norm(pelvis, axis=-1).mean() < 0.4  # where it stands, seen by one camera
    found = ticks[-1].found
    assert found.followed == 0 and found.frame.picture.shape == (72, 96, 3) and len(found.people) == 1
    assert ticks[-1].latency_s >= found.done - found.begun > 0
    feed = watched.feed
    assert feed.source_hz == pytest.approx(30, rel=0.01) and feed.detect.count == feed.capture.count
    assert feed.frames >= feed.detect.count + feed.dropped["detector busy"]
    assert feed.observer.found == feed.observer.frames >= len(ticks)


def test_lost_and_late_frames_reach_the_model_with_their_own_gap(model, watch) -> None:
    source, opening = painted_camera(late=0.3, lost=0.3, seed=2)
    watched = watch(source, opening, model, camera=source.camera)
    running(watched, 40)
    watched.run.stop()
    (ticks,) = watched.ticks
    rates = np.array([tick.rate for tick in ticks[1:]])
    assert rates == pytest.approx(np.diff([tick.time for tick in ticks]) * 60)
    assert rates.min() < 1.9 and rates.max() > 3.9 and watched.feed.dropped["camera"] > 0
    turned = (shown(ticks) - shown(ticks)[:, :1]) @ source.camera.rotation.T
    assert np.abs(turned - whole(model, ticks)).max() < SAME_M


def test_a_slow_detector_gets_the_newest_picture(model, watch) -> None:
    source, opening = painted_camera(60.0)
    watched = watch(source, partial(opening, takes_s=0.1), model, camera=source.camera)
    running(watched, 8)
    busy, (ticks,) = watched.feed.dropped["detector busy"], watched.ticks
    assert busy > 3 * len(ticks) and watched.feed.detect.p50_ms > 99
    assert watched.feed.capture.p50_ms < 60  # not a queue


def test_a_recording_opens_as_keypoints_and_replays_what_was_shown(model, watch, tmp_path) -> None:
    source, opening = painted_camera()
    recorder = Recorder(tmp_path / "run.jsonl", model.card.name, observes="keypoints")
    watched = watch(source, opening, model, camera=source.camera, recorder=recorder)
    running(watched, 20)
    watched.run.tracks[0].event("The camera was moved.", 1.0)
    running(watched, 3)
    watched.run.stop()
    (ticks,) = watched.ticks
    recording = read_recording(tmp_path / "run.jsonl")
    (segment,) = recording.segments
    assert recording.events == ((1.0, "The camera was moved."),)
    assert np.array_equal(segment.joints, shown(ticks))
    again = np.concatenate([pose.positions for pose in replay(recording, model)])
    assert np.abs(again - shown(ticks)).max() < SAME_M
    (listed,) = expand(tmp_path / "run.jsonl")
    clip = listed.open()
    assert isinstance(clip, Keypoints2D) and len(clip) == len(ticks)
    assert np.array_equal(clip.xy, np.concatenate([tick.observation.xy for tick in ticks]))
    assert clip.times == pytest.approx([tick.time - ticks[0].time for tick in ticks], abs=1e-12)
    for name in ("rotation", "centre", "focal", "principal", "image_size"):
        assert np.array_equal(getattr(clip.camera, name), getattr(source.camera, name)), name
    assert "Recorded live with hummuss_small_causal. The camera was moved." in " ".join(clip.provenance.notes)
    resampled = open_motion(tmp_path / "run.jsonl", rate_hz=10.0)
    assert resampled.times[:3] == pytest.approx([0, 0.1, 0.2])


def test_a_full_disk_ends_the_recording_and_not_the_session(model, watch, tmp_path) -> None:
    source, opening = painted_camera()
    recorder = Recorder(tmp_path / "run.jsonl", model.card.name, observes="keypoints")
    recorder._file = Full(recorder._file, 6)
    watched = watch(source, opening, model, camera=source.camera, recorder=recorder)
    running(watched, 12)
    watched.run.stop()
    assert str(watched.run.tracks[0].recording_lost) == "run.jsonl: file takes no more; make room."
    assert watched.run.state == "stopped" and len(read_recording(tmp_path / "run.jsonl").segments[0].signals) == 5


def test_exact_takes_every_picture_of_a_video(model, watch, tmp_path) -> None:
    """Though the detector is slower than the video, and a model slower than the detector."""
    write_video(tmp_path / "v.mp4", np.arange(40) / 100)
    other, slow = load_model("hummuss_small"), PlayedSource(VideoFile(tmp_path / "v.mp4"), np.inf)
    watched = watch(slow, partial(Wooden, tmp_path), model, other, exact=True)
    until(lambda: watched.run.over or watched.run.state == "failed", 60)
    watched.run.stop()
    assert watched.run.error is None
    for ticks in watched.ticks:
        assert len(ticks) == 40 and [round(tick.time * 100) for tick in ticks] == list(range(40))
    assert set(watched.feed.dropped.values()) == {0}
    seen = watched.ticks[0][7].observation
    assert seen.xy[0, 13, 1] == 7 and seen.camera is None and seen.image_size == (128, 96)


@pytest.mark.parametrize("what", ["hang", "die"])
def test_exact_asks_again_where_the_detector_fails(model, watch, tmp_path, what) -> None:
    write_video(tmp_path / "v.mp4", np.arange(12) / 100)
    (tmp_path / what).touch()
    source = PlayedSource(VideoFile(tmp_path / "v.mp4"), np.inf)
    watched = watch(source, partial(Wooden, tmp_path), model, exact=True, hung_s=0.6)
    until(lambda: watched.run.over or watched.run.state == "failed", 60)
    assert watched.run.error is None and len(watched.ticks[0]) == 12 and watched.feed.detector.restarts == 1


def test_a_detector_that_hangs_is_said_and_started_again(model, watch, tmp_path) -> None:
    source = FaultySource(partial(picture))
    recorder = Recorder(tmp_path / "r.jsonl", model.card.name, observes="keypoints")
    watched = watch(source, partial(Wooden, tmp_path), model, hung_s=0.6, recorder=recorder)
    running(watched)
    (tmp_path / "hang").touch()
    until(lambda: watched.feed.trouble)
    assert watched.feed.trouble == "The detector gave no answer for 0.6 s; it was started again."
    running(watched)
    until(lambda: watched.said[-1:] == ["Frames come again."])
    assert watched.feed.trouble == "" and watched.feed.dropped["detector failed"] == 1
    running(watched, 2)
    watched.run.stop()
    assert np.diff([tick.time for tick in watched.ticks[0]]).max() > 0.6
    assert [said for _, said in read_recording(tmp_path / "r.jsonl").events] == watched.said


def test_a_camera_that_is_unplugged_is_said_and_comes_back(model, watch, tmp_path) -> None:
    source = FaultySource(picture)
    watched = watch(Steady(source, **STEADY), partial(Wooden, tmp_path), model)
    running(watched)
    source.unplugged = True
    until(lambda: watched.feed.trouble)
    assert watched.feed.trouble == "faulty is unplugged; plug it in." and watched.run.state == "running"
    source.unplugged = False
    running(watched)
    until(lambda: watched.said == ["faulty is unplugged; plug it in.", "Frames come again."])


def test_pictures_without_anybody_are_gaps(model, watch, tmp_path) -> None:
    source = FaultySource(picture)
    watched = watch(source, partial(Wooden, tmp_path), model)
    running(watched)
    (tmp_path / "nobody").touch()
    until(lambda: watched.feed.observer.found < watched.feed.observer.frames)
    running(watched)
    watched.run.stop()
    assert max(tick.rate for tick in watched.ticks[0]) > 3


def test_pictures_of_another_size_begin_a_new_stream(model, watch, tmp_path) -> None:
    size = [(128, 96)]
    source = FaultySource(lambda number: picture(number, size[0]))
    recorder = Recorder(tmp_path / "r.jsonl", model.card.name, observes="keypoints")
    watched = watch(source, partial(Wooden, tmp_path), model, recorder=recorder)
    running(watched)
    size[0] = (64, 48)
    until(lambda: watched.ticks[0][-1].observation.image_size == (64, 48))
    running(watched, 3)
    watched.run.stop()
    first, second = read_recording(tmp_path / "r.jsonl").segments
    assert (first.signals.image_size, second.signals.image_size) == ((128, 96), (64, 48))
    assert [source.name for source in expand(tmp_path / "r.jsonl")] == ["r 1", "r 2"] and second.rates[0] == 1.0


def test_what_cannot_begin_says_why(model, watch, tmp_path) -> None:
    source, _ = painted_camera()
    watched = watch(source, not_set_up, model)
    until(lambda: watched.run.state == "failed", 60)
    assert "is not set up here" in str(watched.run.error)
    with pytest.raises(InputError, match="ssd_poser_small_causal observes trackers, which this feed does not give"):
        watch(source, not_set_up, load_model("ssd_poser_small_causal"))
    missing = watch(PlayedSource(VideoFile(tmp_path / "none.mp4")), partial(Wooden, tmp_path), model)
    until(lambda: missing.run.state == "failed", 60)
    assert "none.mp4: video cannot be opened" in str(missing.run.error) and missing.feed.detector.pid is None
    with pytest.raises(InputError, match="A camera is not calibrated by standing still"):
        missing.run.calibrate()


def test_a_network_camera_end_to_end(model, watch, tmp_path) -> None:
    """A loopback server, a recording, and the same poses when it is read and run again."""
    server = MjpegServer(size=(160, 120))
    recorder = Recorder(tmp_path / "r.jsonl", model.card.name, observes="keypoints")
    watched = watch(Steady(MjpegSource(server.url), **STEADY), partial(Wooden, tmp_path), model, recorder=recorder)
    running(watched, 30)
    watched.run.stop()
    server.stop()
    recording = read_recording(tmp_path / "r.jsonl")
    again = np.concatenate([pose.positions for pose in replay(recording, model)])
    assert np.abs(again - shown(watched.ticks[0])).max() < SAME_M
    assert watched.feed.source_hz == pytest.approx(30, rel=0.02)
    numbers = [int(tick.observation.xy[0, 13, 1]) for tick in watched.ticks[0]]
    assert numbers == sorted(set(numbers))


@pytest.mark.skipif("full" not in installed(), reason="the detector is not set up: kinestate detector setup")
def test_the_real_detector_on_a_network_camera_end_to_end(model, watch, tmp_path) -> None:
    """A painted person, sent as JPEG, found, followed, recorded, opened and run again."""
    source = SyntheticCamera.of(clip_of("wave"), "front-left", (320, 240))
    jpegs = [bytes(cv2.imencode(".jpg", source.painted(k / 30)[0])[1]) for k in range(90)]
    server = MjpegServer(shown=lambda number: jpegs[min(number, 89)])
    recorder = Recorder(tmp_path / "r.jsonl", model.card.name, observes="keypoints")
    seen = Steady(MjpegSource(server.url), **STEADY)
    watched = watch(seen, partial(open_detector, "full"), model, recorder=recorder, camera=source.camera)
    running(watched, 20)
    watched.run.stop()
    server.stop()
    (ticks,) = watched.ticks
    for tick in ticks:
        at = round(tick.time * 30)
        truth = source.painted(min(at, 89) / 30)[1].joints.positions[0]
        off = np.linalg.norm(tick.observation.xy[0] - source.camera.project(truth)[0], axis=-1)
        assert np.median(off) < 10, at  # of 240 pixels
    assert watched.feed.observer.found == watched.feed.observer.frames
    again = np.concatenate([pose.positions for pose in replay(read_recording(tmp_path / "r.jsonl"), model)])
    assert np.abs(again - shown(ticks)).max() < SAME_M


RUN = """
    from camera_fakes import picture
    from live_detector_fakes import Wooden
    from engine.live.camera_feed import CameraFeed
    from engine.live.detector.process import DetectorProcess
    from engine.live.feeds.cameras.faulty import FaultySource
    from engine.live.observer import Observer
    from engine.live.recording import Recorder
    from engine.live.run import LiveRun
    from engine.live.track import Track
    from engine.models.loading import load_model
    from engine.observation.trial import Context
    model = load_model("hummuss_small_causal")
    feed = CameraFeed(FaultySource(picture), DetectorProcess(partial(Wooden, folder)), Observer("seen"))
    recorder = Recorder(folder / "r.jsonl", model.card.name, observes="keypoints")
    run = LiveRun(feed, [Track(model, recorder=recorder)], Context(1.75, body="kinestate"))
    run.start()
    while run.tracks[0].latency.count < 20:
        time.sleep(0.01)
    print(run.tracks[0].latest.time, flush=True)
    time.sleep(60)
"""


def test_what_was_recorded_before_a_kill_opens(model, tmp_path) -> None:
    last = killed(RUN, tmp_path)
    recording = read_recording(tmp_path / "r.jsonl")
    (segment,) = recording.segments
    assert segment.signals.times[-1] >= last and len(segment.signals) >= 20
    again = np.concatenate([pose.positions for pose in replay(recording, model)])
    assert np.abs(again - segment.joints).max() < SAME_M
    assert len(open_motion(tmp_path / "r.jsonl")) == len(segment.signals)
    with (tmp_path / "r.jsonl").open() as file:
        assert json.loads(file.readline())["keypoints"] == "H36M-17"
