"""What a streamed frame costs as its past grows, on this machine's CPU; `kinestate bench streaming` prints tables."""

from __future__ import annotations

import json

from engine.bench.streaming import bench_streaming


def measure() -> dict[str, float]:
    """Milliseconds per frame (medians) and MB kept between frames, 16 M parameters each."""
    bench = bench_streaming()
    figures = {f"{row.system}, {row.variant}, {row.context} frames, ms": row.ms for row in bench.rows}
    kept = {f"{row.system}, {row.context} frames, MB kept": row.state_bytes / 1e6 for row in bench.rows}
    return figures | kept


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
