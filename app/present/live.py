"""A live run in words. No Qt."""

from __future__ import annotations

import time

from engine.live.run import LiveRun

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
    source, tick = run.feed.source, run.latest
    where = f"{getattr(source, 'address', '')}:{getattr(source, 'port', '')}"
    if tick is None:
        return f"Listening on {where}; no headset was heard of yet."
    if time.perf_counter() - run.latency.last > QUIET_S:
        return f"Nobody sends to {where} any more."
    lost = " and ".join(tick.lost)
    return f"{lost.capitalize()} lost, bridged." if lost else "Running; all trackers are seen."


def figures_of(run: LiveRun | None) -> str:
    """Rate, latency and counts of the latest minute; "" before the first prediction."""
    if run is None or not run.latency.count:
        return ""
    counts = run.feed.source.counts
    ignored = (counts.get("malformed") or 0) + (counts.get("foreign") or 0)
    parts = [
        f"{run.latency.per_second:.1f} predictions a second",
        f"latency {run.latency.p50_ms:.1f} ms (p50), {run.latency.p95_ms:.1f} ms (p95)",
        f"{run.dropped} dropped",
    ]
    if counts.get("missing") is not None:
        parts.append(f"{counts['missing']} missing")
    if ignored:
        parts.append(f"{ignored} messages ignored")
    return " · ".join(parts)
