"""What a live camera keeps up with: a painted clip in two sizes and a loopback MJPEG stream, through the detector.

    python tests/perf/bench_live.py [SECONDS of each]

prints JSON. Each runs as `kinestate live` in a process of its own, beside the detector's. Latency is from the moment
that a picture was taken (the painted ones are painted after that) to its prediction; drops are per cent of the camera's
pictures.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODEL, CLIP, VIEW = "hummuss_small_anyrate_causal", "walk", "front-left"
SECONDS = 20.0
SIZES = ("640x480", "1280x720")


def live(*given: str, seconds: float) -> dict[str, Any]:
    """The JSON of `kinestate live`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "o.json"
        command = [sys.executable, "-m", "engine.cli", "live", "--model", MODEL, "--seconds", str(seconds)]
        done = subprocess.run([*command, *given, "--json", str(file)], cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        found: dict[str, Any] = json.loads(file.read_text())
        return found


def figures(found: dict[str, Any]) -> dict[str, float]:
    """What counts of it; milliseconds."""
    named = {
        f"{part} {percentile}, ms": value
        for part, latency in found["latency_ms"].items()
        for percentile, value in latency.items()
    }
    model = found["models"][0]
    errors = {} if model["mpjpe_mm"] is None else {"MPJPE, mm": model["mpjpe_mm"]}
    return {
        "camera, Hz": found["source_hz"],
        "detector, Hz": found["processed_hz"],
        "predictions, Hz": model["per_second"],
        "dropped, %": 100 * sum(found["dropped"].values()) / max(found["frames"], 1),
        "person found, %": 100 * found["found_share"],
        **named,
        **errors,
    }


def network(seconds: float) -> dict[str, Any]:
    """The painted clip as JPEG from a server in this process."""
    import cv2
    from camera_fakes import MjpegServer

    from engine.experiment.named_clip import named_clip
    from engine.live.feeds.cameras.synthetic import SyntheticCamera

    camera = SyntheticCamera.of(named_clip(CLIP), VIEW)
    jpegs = [bytes(cv2.imencode(".jpg", camera.painted(k / 30)[0])[1]) for k in range(240)]
    order = [*range(240), *range(238, 0, -1)]
    server = MjpegServer(shown=lambda number: jpegs[order[number % len(order)]])
    try:
        return live("--feed", server.url, seconds=seconds)
    finally:
        server.stop()


def main() -> None:
    from engine.detector.library import installed

    if "full" not in installed():
        print(json.dumps({"skipped": "the detector is not set up: kinestate detector setup"}))
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    painted = {
        f"painted, {size}": figures(
            live("--feed", f"synthetic:{CLIP}", "--view", VIEW, "--size", size, seconds=seconds)
        )
        for size in SIZES
    }
    print(json.dumps({**painted, "MJPEG over loopback, 640x480": figures(network(seconds))}, indent=2))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/engine/live")]
    main()
