"""How long models take on this machine's CPU: a clip re-run, one streamed frame, and SasMamba's training."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import numpy as np
import torch

from engine.models.devices import set_inference_threads
from engine.models.families import build
from engine.models.loading import load_model
from engine.models.model import Model
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.observation.detector_noise import Noise
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_views import seen_by_rig

FRAMES = 243
ADULT = Context(1.7)


def measure() -> dict[str, float]:
    """Milliseconds (medians) of the models, with the threads that they take: a clip and a streamed frame; training."""
    clip = _keypoints()
    set_inference_threads()
    whole, causal = load_model("hummuss_small"), load_model("hummuss_small_causal")
    threads = torch.get_num_threads()
    where = f"{threads} thread{'s' if threads > 1 else ''}"
    figures = {
        f"clip of {FRAMES} frames, hummuss_small, {where}, ms": _median_ms(lambda: whole.forward(clip, 1.0, ADULT), 10),
        f"clip of {FRAMES} frames, irregular gaps, {where}, ms": _median_ms(
            lambda: whole.forward(clip, np.ones(FRAMES), ADULT), 5
        ),
        f"streamed frame, hummuss_small_causal, {where}, ms": _stream_ms(causal, clip),
    }
    for name in ("sasmamba", "posemamba_small"):
        model = load_model(name)
        figures[f"clip of {FRAMES} frames, {name}, {where}, ms"] = _median_ms(
            lambda model=model: model.forward(clip, 1.0, ADULT), 3
        )
    for name in ("mv_ssm_keypoints", "mv_ssm_keypoints_mean", "mv_ssm_keypoints_time", "triangulation"):
        figures[f"streamed frame of 4 views, {name}, {where}, ms"] = _stream_ms(load_model(name), _views())
    return figures | _training()


def _views() -> MultiViewKeypoints:
    """Somebody who does not hold still, before four cameras."""
    positions = np.random.default_rng(0).normal([0, 0, 1], 0.3, (60, len(H36M_17), 3))
    clip = MotionClip("random", np.arange(60) / 60, positions, H36M_17)
    return seen_by_rig(clip, virtual_rig(positions, 4), height_m=1.7, noise=Noise(), rng=np.random.default_rng(0))


def _stream_ms(model: Model, clip: Keypoints2D | MultiViewKeypoints) -> float:
    stream = model.stream(ADULT)
    times = []
    for frame in [clip.take(slice(k, k + 1)) for k in range(len(clip))]:
        start = time.perf_counter()
        stream.step(frame)
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def _training() -> dict[str, float]:
    """SasMamba as it trains here and as its paper does: frames per second on one thread, and peak memory."""
    network = build("sasmamba").train()

    def step(windows: int, frames: int) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            prediction = network(torch.randn(windows, frames, len(H36M_17), 3))
        prediction.float().square().mean().backward()
        network.zero_grad()

    torch.set_num_threads(1)
    small_ms = _median_ms(lambda: step(4, 160), 3)
    step(16, FRAMES)
    return {
        "training sasmamba, 4 windows of 160 frames, 1 thread, frames/s": 4 * 160 / (1e-3 * small_ms),
        f"training sasmamba, 16 windows of {FRAMES} frames, peak memory of the process, GiB": (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        ),
    }


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
