"""What four live cameras keep up with: painted ones, the files of a real recording played as cameras, and fake ones.

    python tests/perf/bench_live_rig.py [SECONDS of the painted ones]

prints JSON. The painted ones and the files run as `kinestate live` in a process of its own, beside a detector's for
each camera. Latency is from the moment that a picture was taken to its prediction; processor time is that of all
processes, start-up included. The fake ones have a skew that is set, clocks of their own, and pictures that take up to
10 ms to arrive; one has half the rate.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
REAL = ROOT / "../shared/data/multiview/pose2sim_single"
MODELS, SECONDS = "mv_ssm_keypoints_time,triangulation", 20.0
SKEWS_MS, HALF = (0.0, 6.0, -11.0, 13.0), 2


def live(*given: str, seconds: float) -> dict[str, float]:
    """Figures of `kinestate live`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "o.json"
        command = [sys.executable, "-m", "engine.cli", "live", "--model", MODELS, "--seconds", str(seconds)]
        begun, used = time.perf_counter(), processor_s()
        done = subprocess.run([*command, *given, "--json", str(file)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        share = (processor_s() - used) / (time.perf_counter() - begun)
        return figures(json.loads(file.read_text())) | {"processor, cores": share}


def processor_s() -> float:
    """Of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def figures(found: dict[str, Any]) -> dict[str, float]:
    """What counts of it."""
    views = found["views"]
    sent = sum(view["frames"] + view["dropped"]["camera"] for view in views)
    named = {
        "cameras, Hz": mean([view["source_hz"] for view in views]),
        "detectors, Hz each": mean([view["processed_hz"] for view in views]),
        "pictures dropped, %": 100 * sum(sum(view["dropped"].values()) for view in views) / sent,
        "frames for models, Hz": found["per_second"],
        "cameras that see the person, of 4": sum(view["found_share"] for view in views),
        "until models have it p50, ms": found["latency_ms"]["views"]["p50"],
    }
    for model in found["models"]:
        total, errors = model["latency_ms"]["total"], list(model["reprojection_px"].values())
        named |= {f"{model['name']}, Hz": model["per_second"], f"{model['name']} p50, ms": total["p50"]}
        named |= {f"{model['name']} p95, ms": total["p95"], f"{model['name']}, px off": mean(errors)}
        named |= {} if model["mpjpe_mm"] is None else {f"{model['name']}, MPJPE mm": model["mpjpe_mm"]}
    return named


def mean(values: Sequence[float | None]) -> float:
    """Of those that are known; NaN where none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def told(seconds: float = 8.0) -> dict[str, float]:
    """How well skews and rates of fake cameras are told."""
    from live_rig_fakes import Grid, rig_around, rig_feed

    begin = time.perf_counter() + 0.5
    grids = [
        Grid(begin, 15.0 if k == HALF else 30.0, 0.05 + skew / 1000, 40.0 * k, late_s=0.01)
        for k, skew in enumerate(SKEWS_MS)
    ]
    feed = rig_feed(rig_around(), grids)
    feed.start()
    time.sleep(seconds)
    skews, rates = np.array(feed.skews_ms), [camera.source_hz for camera in feed.cameras]
    feed.stop()
    return {
        "skew, farthest off, ms": float(np.abs(skews - skews[0] - SKEWS_MS).max()),
        "30 Hz, farthest off, %": max(100 * abs(hz / 30 - 1) for k, hz in enumerate(rates) if k != HALF),
        "half the rate, off, %": 100 * abs(rates[HALF] / 15 - 1),
    }


def main() -> None:
    from engine.detector.library import installed

    found: dict[str, Any] = {"fake, 30 Hz and one at 15": told()}
    if "lite" in installed():
        seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
        for people in ("1", "2"):
            painted = ("--feed", "synthetic:walk", "--rig", "ring:4", "--people", people)
            found[f"painted, 640x480, 30 Hz, people sought: {people}"] = live(*painted, seconds=seconds)
        if REAL.is_dir():
            files = ("--feed", str(REAL / "videos"), "--calibration", str(REAL / "calibration"))
            for hz in ("15", "30"):
                found[f"four files of 1080x1920, 60 Hz, taken at {hz} Hz"] = live(*files, "--hz", hz, seconds=60)
    else:
        found["skipped"] = "the detector is not set up: kinestate detector setup --which lite"
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/engine/live")]
    main()
