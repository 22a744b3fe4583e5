"""A live run in words. No Qt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.live.camera_feed import CameraFeed
from engine.live.rig.feed import RigFeed
from engine.live.run import LiveRun
from engine.live.steps import look_ahead_frames
from engine.live.tick import Tick
from engine.live.track import Track
from engine.models.card import ModelCard
from engine.motion.pose import ClassScores
from engine.observation.stands import stands_text

if TYPE_CHECKING:
    from app.workers.live import Started
    from app.workers.written import Written

QUIET_S = 1.0
"""Without a frame for so long, nobody is said to send."""


def state_of(run: LiveRun | None, started: Started | None = None) -> str:
    """One sentence on what is going on, and one on each output that does not do."""
    said = [_doing(run)]
    if started is not None:
        said += [str(track.recording_lost) for track in started.run.tracks if track.recording_lost is not None]
        said += [started.sender.refused] if started.sender is not None and started.sender.refused else []
        videos = (camera.video for camera in started.cameras)
        said += [str(video.lost) for video in videos if video is not None and video.lost is not None]
        said += [recorded(started.written)] if started.written.files else []
    return " ".join(said)


def recorded(written: Written) -> str:
    """Where a run is, or was, recorded to, how long, how much that is, and how much room is left."""
    files = written.files
    name = files[0].name if len(files) == 1 else f"{len(files)} files"
    minutes = "{}:{:02d}".format(*divmod(int(written.seconds), 60))
    left = "" if written.left is None else f", {_bytes(written.left)} left"
    return f"Recorded to {name} in {files[0].parent}: {minutes}, {' + '.join(map(_bytes, written.sizes))}{left}."


def _bytes(count: int) -> str:
    """In MB, or GB from 1 on: 12.3 MB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _doing(run: LiveRun | None) -> str:
    if run is None or run.state == "stopped":
        return "Stopped."
    if run.state == "failed":
        return str(run.error)
    if run.state != "running":
        return f"{run.state.capitalize()} …"
    if isinstance(run.feed, CameraFeed):
        return _watching(run.feed)
    if isinstance(run.feed, RigFeed):
        return _watching_several(run.feed)
    source, ticks = run.feed.source, [track.latest for track in run.tracks if track.latest is not None]
    where = f"{getattr(source, 'address', '')}:{getattr(source, 'port', '')}"
    if not ticks:
        return f"Listening on {where}; no headset was heard of yet."
    if time.perf_counter() - max(track.latency.last for track in run.tracks) > QUIET_S:
        return f"Nobody sends to {where} any more."
    lost = " and ".join(max(ticks, key=lambda tick: tick.time).lost)
    return f"{lost.capitalize()} lost, bridged." if lost else "Running; all trackers are seen."


def _watching(feed: CameraFeed) -> str:
    if feed.told:
        return feed.told
    if feed.latest is None:
        return f"Waiting for {feed.source.name}." if feed.detector.skeleton else "The detector is being opened."
    if feed.state == "stopped":
        return f"{feed.source.name} is over."
    return "Running." if feed.in_view else "Nobody is found in the picture."


def _watching_several(feed: RigFeed) -> str:
    if feed.told:
        return feed.told
    if not feed.watching:
        return "The detectors are being opened."
    if feed.state == "stopped":
        return f"{feed.name} is over."
    if not feed.frames:
        return f"Waiting for the cameras of {feed.name}."
    if time.perf_counter() - feed.handed.last > QUIET_S:
        return "Nobody is seen by two cameras at once."
    return "Running."


def camera_figures(run: LiveRun, feed: CameraFeed) -> str:
    """What becomes of a picture: rates, how long each part takes, and what was dropped on the way."""
    if not feed.detect.count or not run.tracks:
        return counts_of(run)
    first, lost = run.tracks[0], feed.dropped
    parts = [
        f"camera {feed.source_hz:.1f} Hz",
        f"waits {feed.capture.p50_ms:.0f}",
        f"detector {feed.detect.p50_ms:.0f}",
    ]
    if first.latency.count:
        parts.append(f"model {first.after_detector.p50_ms:.0f}")
        parts.append(f"all p50 {first.latency.p50_ms:.0f}, p95 {first.latency.p95_ms:.0f} ms")
    parts.append(f"dropped {lost['camera']} by the camera, {lost['detector busy']} as the detector was busy")
    if run.camera is not None:
        parts.append(f"the camera {stands_text(run.camera)}")
    if feed.observer.put_back:
        parts.append(f"left and right put back {feed.observer.put_back} times")
    return " · ".join(parts)


def labels_of(ticks: Sequence[Tick | None]) -> str:
    """The likeliest label of each model of actions, "" where there is none."""
    said = []
    for tick in ticks:
        if tick is not None and isinstance(tick.prediction, ClassScores):
            scores = tick.prediction.probabilities[-1]
            best = int(scores.argmax())
            said.append(f"{tick.prediction.labels[best]} {100 * scores[best]:.0f} %")
    return " · ".join(said)


def figures_of(track: Track) -> str:
    """Rate, latency, look-ahead and drops of a model over the latest minute; "" before the first prediction."""
    if not track.latency.count:
        return ""
    people = len(track.everybody)
    return " · ".join(
        (
            f"{track.latency.per_second:.1f} predictions a second{f' of {people} people' if people > 1 else ''}",
            f"p50 {track.latency.p50_ms:.0f}, p95 {track.latency.p95_ms:.0f} ms",
            f"look-ahead {1e3 * track.look_ahead_s:.0f} ms",
            f"{track.dropped} dropped",
        )
    )


def look_ahead_of(card: ModelCard, look_ahead_ms: float) -> str:
    """What a model answers and when, before it runs."""
    if card.causal:
        return "causal: answers the newest frame, look-ahead 0 ms"
    frames = look_ahead_frames(card, look_ahead_ms / 1000)
    return f"runs its latest window for each frame, look-ahead {1e3 * frames / card.rate_hz:.0f} ms"


def line_of(run: LiveRun | None) -> str:
    """The status line of the main window; "" where nothing is live."""
    if run is None or run.state != "running":
        return ""
    parts = [
        f"{track.latency.per_second:.0f} Hz, {track.latency.p50_ms:.0f} / {track.latency.p95_ms:.0f} ms, "
        f"{track.dropped} dropped"
        for track in run.tracks
        if track.latency.count > 1
    ]
    return f"live {' + '.join(parts)}" if parts else "live, waiting"


def counts_of(run: LiveRun | None) -> str:
    """Frames that came, and what was missing, left out and ignored; "" before the first."""
    if run is None or not run.feed.frames:
        return ""
    counts = run.feed.source.counts
    ignored = (counts.get("malformed") or 0) + (counts.get("foreign") or 0)
    parts = [f"{run.feed.frames} frames"]
    if counts.get("missing") is not None:
        parts.append(f"{counts['missing']} missing")
    if run.stresses.dropped:
        parts.append(f"{run.stresses.dropped} left out by stress")
    if ignored:
        parts.append(f"{ignored} messages ignored")
    return " · ".join(parts)
