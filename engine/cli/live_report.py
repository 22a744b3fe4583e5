"""A live run's figures: as a line for each model, and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.live.camera_feed import CameraFeed
    from engine.live.latency import Latency
    from engine.live.run import LiveRun
    from engine.live.scores import PersonFigures
    from engine.live.tick import Tick
    from engine.live.track import Track
    from engine.motion.skeleton import Skeleton

SAID = ("mpjpe_mm", "jitter_m_s3", "jitter_truth_m_s3")


def line(track: Track) -> str:
    """Rate, latency, look-ahead, drops and the figures that matter most of one model."""
    from engine.metrics.catalogue import METRICS

    latency, figures = track.latency, track.figures
    means, people = figures.means, track.people
    several = f" of {len(people)} people" if any(each.person is not None for each in people) else ""
    return "; ".join(
        (
            f"{track.name}: {latency.count} predictions{several}, {latency.per_second:.1f} a second",
            f"latency p50 {latency.p50_ms:.1f} ms, p95 {latency.p95_ms:.1f} ms",
            f"look-ahead {1e3 * track.look_ahead_s:.0f} ms",
            f"{track.dropped} dropped",
            *(f"{METRICS[k].label} {means[k]:.1f} {METRICS[k].unit}" for k in SAID if not math.isnan(means[k])),
        )
    )


def report(run: LiveRun, ticks: Mapping[str, Sequence[Tick]]) -> dict[str, Any]:
    """The JSON of a run that has ended; ticks by the model's name.

    Rates and latencies are those of the last minute. left_out: frames that sub-sampling and losses took; the other
    counts are the feed's.
    """
    return {
        "frames": run.feed.frames,
        "left_out": run.stresses.dropped,
        "height_m": run.context.height_m,
        **run.feed.source.counts,
        "models": [_of_model(track, ticks[track.name]) for track in run.tracks],
    }


def camera_line(feed: CameraFeed) -> str:
    """Rate of the camera and of the detector, in how many pictures the person was, how long each took."""
    observer, lost = feed.observer, feed.dropped
    return "; ".join(
        (
            f"{feed.source.name}: {feed.frames} pictures, {feed.source_hz:.1f} a second",
            f"{feed.detector.name} looked at {feed.detect.count}, {feed.detect.per_second:.1f} a second",
            f"{'people' if observer.each else 'person'} in {100 * observer.found / max(observer.frames, 1):.0f} %",
            f"waited p50 {feed.capture.p50_ms:.1f} ms, detected p50 {feed.detect.p50_ms:.1f}, "
            f"p95 {feed.detect.p95_ms:.1f} ms",
            f"dropped {', '.join(f'{count} {why}' for why, count in lost.items())}",
            f"left and right put back in {observer.put_back}",
        )
    )


def camera_report(run: LiveRun, feed: CameraFeed, ticks: Mapping[str, Sequence[Tick]]) -> dict[str, Any]:
    """The JSON of a camera's run that has ended; ticks by the model's name.

    Rates and latencies are those of the last minute: of pictures until the detector had them (capture), of its answer,
    from there to the first model's prediction, and of all of it. people: in the newest picture. Where each is followed,
    a model's figures are means over its people, and poses stand with each of these.
    """
    from engine.observation.stands import stands

    first, observer, stood = run.tracks[0], feed.observer, run.camera
    parts = {
        "capture": feed.capture, "detect": feed.detect, "model": first.after_detector, "total": first.latency,
    }  # fmt: skip
    return {
        "source": feed.source.name,
        "detector": feed.detector.name,
        "source_hz": known(feed.source_hz),
        "processed_hz": known(feed.detect.per_second),
        "frames": feed.frames,
        "dropped": {
            **feed.dropped, "left out": run.stresses.dropped, **{track.name: track.dropped for track in run.tracks}
        },
        "found_share": observer.found / max(observer.frames, 1),
        "latency_ms": {part: percentiles(latency) for part, latency in parts.items()},
        "people": len(feed.latest.people) if feed.latest is not None else 0,
        "follow": "each" if observer.each else "one",
        "swaps_put_back": observer.put_back,
        "detector_restarts": feed.detector.restarts,
        "height_m": run.context.height_m,
        "camera": None if stood is None else stands(stood),
        **feed.source.counts,
        "models": [camera_model_report(track, ticks[track.name]) for track in run.tracks],
    }  # fmt: skip


def camera_model_report(track: Track, ticks: Sequence[Tick]) -> dict[str, Any]:
    """Figures of one model on cameras, and its poses."""
    from engine.motion.skeleton import H36M_17

    people = [each for each in track.people if each.person is not None]
    poses: dict[str, Any] = _poses(ticks, H36M_17)
    if people:
        own = {each.person: [tick for tick in ticks if tick.person == each.person] for each in people}
        poses = {"people": [_of_person(each) | _poses(own[each.person], H36M_17) for each in people]}
    return {
        "name": track.name,
        "predictions": track.latency.count,
        "per_second": known(track.latency.per_second),
        "latency_ms": {"model": percentiles(track.after_detector), "total": percentiles(track.latency)},
        "dropped": track.dropped,
        "look_ahead_ms": 1e3 * track.look_ahead_s,
        **_figures(track.figures),
        **poses,
    }


def _of_person(figures: PersonFigures) -> dict[str, Any]:
    return {"person": figures.person, "predictions": figures.predictions, **_figures(figures)}


def _figures(figures: PersonFigures) -> dict[str, Any]:
    return {
        "jitter_m_s3": known(figures.means["jitter_m_s3"]),
        "bone_length_sd_mm": known(figures.bone_length_sd_mm),
        "mpjpe_mm": known(figures.means["mpjpe_mm"]),
        "metrics": {key: mean for key, mean in figures.means.items() if not math.isnan(mean)},
    }


def percentiles(latency: Latency) -> dict[str, float | None]:
    """Milliseconds."""
    return {"p50": known(latency.p50_ms), "p95": known(latency.p95_ms)}


def known(value: float) -> float | None:
    """None for NaN, which JSON has not."""
    return None if math.isnan(value) else value


def _of_model(track: Track, ticks: Sequence[Tick]) -> dict[str, Any]:
    from engine.motion.skeleton import SMPL_24

    return {
        "name": track.name,
        "predictions": track.latency.count,
        "per_second": track.latency.per_second,
        "latency_p50_ms": track.latency.p50_ms,
        "latency_p95_ms": track.latency.p95_ms,
        "dropped": track.dropped,
        "look_ahead_frames": track.look_ahead,
        "look_ahead_ms": 1e3 * track.look_ahead_s,
        "frames_with_lost_trackers": sum(bool(tick.lost) for tick in ticks),
        "metrics": {key: mean for key, mean in track.figures.means.items() if not math.isnan(mean)},
    } | _poses(ticks, SMPL_24)


def _poses(ticks: Sequence[Tick], skeleton: Skeleton) -> dict[str, Any]:
    """Times (T,) in seconds and positions (T, J, 3) in metres, with a digest of the latter."""
    import hashlib

    import numpy as np

    from engine.kinds import as_joints
    from engine.motion.pose import ClassScores

    ticks = [tick for tick in ticks if not isinstance(tick.prediction, ClassScores)]
    positions = np.array([as_joints(tick.prediction, skeleton).positions[0] for tick in ticks])
    digest = hashlib.sha256(np.ascontiguousarray(positions).tobytes()).hexdigest()
    return {"times": [tick.time for tick in ticks], "positions": positions.tolist(), "positions_sha256": digest}
