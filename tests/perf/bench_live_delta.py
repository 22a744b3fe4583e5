"""What each frame's own Δt is worth to a live model when frames come late or never.

    python tests/perf/bench_live_delta.py

prints JSON: MPJPE (mm) and jitter (m/s³) of three painted clips, six seconds at 30 Hz each, by how many frames come
late (up to a period) and how many never, for keypoints that are exact and for those of the detector. Δ follows each
frame (auto), is the median of the latest (nominal), or that of 30 Hz (assumed). It takes every frame, however long that
takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
MODEL, HZ, SECONDS = "hummuss_small_anyrate_causal", 30.0, 6.0
CLIPS = (("walk", "front-left"), ("wave", "front"), ("squat", "front-left"))
SHARES = (0.0, 0.15, 0.3)


def watched(clip: str, view: str, share: float, detector: Any) -> tuple[float, list[Any]]:
    """The person's height, and live frames of a painted clip; without a detector of the exact keypoints."""
    from live_detector_fakes import person

    from engine.experiment.named_clip import named_clip
    from engine.live.feeds.cameras.synthetic import SyntheticCamera
    from engine.live.frame import PictureFrame
    from engine.live.observer import Observer
    from engine.motion.skeleton import H36M_17

    camera = SyntheticCamera.of(named_clip(clip), view, hz=HZ, late=share, lost=share, seed=3)
    observer, frames = Observer(clip, camera.camera), []
    for number, at in camera.taken(SECONDS):
        picture, truth = camera.painted(at)
        people, skeleton = [person(camera.camera.project(truth.joints.positions[0])[0])], H36M_17
        if detector is not None:
            people, skeleton = detector.detect(picture), detector.skeleton
        _, live = observer.push(PictureFrame(at, 0.0, picture, number, truth), people, skeleton, 0.0, 0.0)
        if live is not None:
            frames.append(live)
    return camera.height_m, frames


def measured(model: Any, height_m: float, seen: list[Any], mode: str) -> tuple[float, float]:
    from engine.live.delta import live_delta
    from engine.live.scores import LiveScores
    from engine.live.steps import steps_of
    from engine.observation.trial import Context

    hz = model.card.rate_hz
    delta = live_delta("factor", hz / HZ) if mode == "assumed" else live_delta(mode)
    steps, scores, before = steps_of(model, Context(height_m, body="kinestate")), LiveScores(), None
    for frame in seen:
        rate = delta.push(1.0 if before is None else (frame.time - before) * hz)
        prediction, before = steps.push(frame.observation, rate), frame.time
        scores.push(prediction, frame.truth)
    means = scores.means()
    return means["mpjpe_mm"], means["jitter_m_s3"]


def main() -> None:
    from engine.detector.library import installed, open_detector
    from engine.models.loading import load_model

    model, found = load_model(MODEL), {}
    for name in ("exact keypoints", *(["full"] if "full" in installed() else [])):
        for share in SHARES:
            rows: dict[str, list[tuple[float, float]]] = {"auto": [], "nominal": [], "assumed": []}
            for clip, view in CLIPS:
                detector = None if name == "exact keypoints" else open_detector(name)
                height_m, seen = watched(clip, view, share, detector)
                for mode, values in rows.items():
                    values.append(measured(model, height_m, seen, mode))
            means = {mode: np.mean(values, axis=0) for mode, values in rows.items()}
            found[f"{name}, {share:.0%} late, {share:.0%} lost"] = {
                f"Δ {mode}, {what}": float(mean[k])
                for mode, mean in means.items()
                for k, what in enumerate(("MPJPE mm", "jitter m/s³"))
            }
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/engine/live")]
    main()
