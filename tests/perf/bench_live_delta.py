"""What each frame's own Δt is worth to a live model when frames come late or never.

    python tests/perf/bench_live_delta.py

prints JSON: MPJPE (mm) and jitter (m/s³) of three painted clips, six seconds at 30 Hz each, by how many frames come
late (up to a period) and how many never, for keypoints that are exact and for those of the detector
(`engine.report.chain.late_frames`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL, DETECTOR = "hummuss_small_anyrate_causal", "full"


def main() -> None:
    from engine.detector.library import installed
    from engine.models.loading import load_model
    from engine.report.chain.figures import TRUE
    from engine.report.chain.late_frames import measure_late

    found: dict[str, dict[str, float]] = {}
    for row in measure_late(load_model(MODEL), [TRUE, *({DETECTOR} & set(installed()))]):
        said = found.setdefault(f"{row.source}, {row.share:.0%} late, {row.share:.0%} lost", {})
        said[f"Δ {row.mode}, MPJPE mm"], said[f"Δ {row.mode}, jitter m/s³"] = row.mpjpe_mm, row.jitter_m_s3
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    main()
