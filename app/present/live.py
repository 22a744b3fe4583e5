"""A live run in words. No Qt."""

from __future__ import annotations

import time

from engine.live.run import LiveRun
from engine.live.track import Track

QUIET_S = 1.0
"""Without a frame for so long, nobody is said to send."""


def state_of(run: LiveRun | None) -> str:
    """One sentence on what is going on."""
    if run is None or run.state == "stopped":
        return "Stopped."
    if run.state == "failed":
        return str(run.error)
    if run.state != "running":
        return f"{run.state.capitalize()} …"
    source, ticks = run.feed.source, [track.latest for track in run.tracks if track.latest is not None]
    where = f"{getattr(source, 'address', '')}:{getattr(source, 'port', '')}"
    if not ticks:
        return f"Listening on {where}; no headset was heard of yet."
    if time.perf_counter() - max(track.latency.last for track in run.tracks) > QUIET_S:
        return f"Nobody sends to {where} any more."
    lost = " and ".join(max(ticks, key=lambda tick: tick.time).lost)
    return f"{lost.capitalize()} lost, bridged." if lost else "Running; all trackers are seen."


def figures_of(track: Track) -> str:
    """Rate, latency, look-ahead and drops of a model over the latest minute; "" before the first prediction."""
    if not track.latency.count:
        return ""
    return " · ".join(
        (
            f"{track.latency.per_second:.1f} predictions a second",
            f"latency {track.latency.p50_ms:.1f} ms (p50), {track.latency.p95_ms:.1f} ms (p95)",
            f"look-ahead {1e3 * track.look_ahead_s:.0f} ms",
            f"{track.dropped} dropped",
        )
    )


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
