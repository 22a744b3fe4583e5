"""How long models take: a clip re-run and one streamed frame, on this machine's CPU."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from engine.models.lifter import Lifter, default_camera
from engine.models.registry import load_model
from engine.motion.clip import Keypoints2D
from engine.motion.skeleton import H36M_17

FRAMES = 243


def measure() -> dict[str, float]:
    """Milliseconds (medians) of the small models, with the threads that they take: a clip and a streamed frame."""
    clip = _keypoints()
    whole, causal = load_model("hummuss_small"), load_model("hummuss_small_causal")
    threads = torch.get_num_threads()
    where = f"{threads} thread{'s' if threads > 1 else ''}"
    figures = {
        f"clip of {FRAMES} frames, hummuss_small, {where}, ms": _median_ms(
            lambda: whole.predict(clip, height_m=1.7, rate=1.0), 10
        ),
        f"clip of {FRAMES} frames, irregular gaps, {where}, ms": _median_ms(
            lambda: whole.predict(clip, height_m=1.7, rate=np.ones(FRAMES)), 5
        ),
        f"streamed frame, hummuss_small_causal, {where}, ms": _stream_ms(causal, clip),
    }
    return figures


def _stream_ms(model: Lifter, clip: Keypoints2D) -> float:
    stream, camera = model.stream(height_m=1.7), default_camera()
    times = []
    for k in range(len(clip)):
        start = time.perf_counter()
        stream.push(clip.xy[k], clip.confidence[k], clip.times[k], camera=camera)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def _median_ms(run: Callable[[], object], repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def _keypoints() -> Keypoints2D:
    rng = np.random.default_rng(0)
    pose = rng.normal(500, 80, (1, 17, 2)) + np.cumsum(rng.normal(0, 3, (FRAMES, 17, 2)), 0)
    return Keypoints2D("bench", np.arange(FRAMES) / 60, pose, np.ones((FRAMES, 17)), H36M_17, (1000, 1000))


if __name__ == "__main__":
    import json

    print(json.dumps(measure(), indent=2))
