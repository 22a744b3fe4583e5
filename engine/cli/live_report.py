"""A live run's figures: as a line for each model, and as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.live.run import LiveRun
    from engine.live.tick import Tick
    from engine.live.track import Track

SAID = ("mpjpe_mm", "jitter_m_s3", "jitter_truth_m_s3")


def line(track: Track) -> str:
    """Rate, latency, look-ahead, drops and the figures that matter most of one model."""
    from engine.metrics.catalogue import METRICS

    latency, means = track.latency, track.scores.means()
    return "; ".join(
        (
            f"{track.name}: {latency.count} predictions, {latency.per_second:.1f} a second",
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


def _of_model(track: Track, ticks: Sequence[Tick]) -> dict[str, Any]:
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
        "metrics": {key: mean for key, mean in track.scores.means().items() if not math.isnan(mean)},
    } | _poses(ticks)


def _poses(ticks: Sequence[Tick]) -> dict[str, Any]:
    """Times (T,) in seconds and positions (T, 24, 3) in metres, with a digest of the latter."""
    import hashlib

    import numpy as np

    from engine.kinds import as_joints
    from engine.motion.skeleton import SMPL_24

    positions = np.array([as_joints(tick.prediction, SMPL_24).positions[0] for tick in ticks])
    digest = hashlib.sha256(np.ascontiguousarray(positions).tobytes()).hexdigest()
    return {"times": [tick.time for tick in ticks], "positions": positions.tolist(), "positions_sha256": digest}
