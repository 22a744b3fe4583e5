"""What each frame's own Δt is worth to a live model when frames come late or never.

Δ follows each frame (auto), is the median of the latest (nominal), or that of 30 Hz (assumed). Every frame is taken,
however long that takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.detector.detection import Detection
from engine.detector.library import open_detector
from engine.experiment.named_clip import named_clip
from engine.live.delta import live_delta
from engine.live.feeds.cameras.synthetic import HZ, SyntheticCamera
from engine.live.frame import LiveFrame, PictureFrame
from engine.live.observer import Observer
from engine.live.scores import LiveScores
from engine.live.steps import LiveModel, steps_of
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context
from engine.progress import Progress
from engine.report.chain.figures import TRUE

SECONDS = 6.0
CLIPS = (("walk", "front-left"), ("wave", "front"), ("squat", "front-left"))
SHARES = (0.0, 0.15, 0.3)
MODES = ("auto", "nominal", "assumed")
SEED = 3


@dataclass(frozen=True)
class LateRow:
    """Means over the clips. source: `TRUE` or a detector's name; share of the frames late, and as many lost."""

    source: str
    share: float
    mode: str
    mpjpe_mm: float
    jitter_m_s3: float


def measure_late(
    model: LiveModel,
    sources: Sequence[str],
    clips: Sequence[tuple[str, str]] = CLIPS,
    shares: Sequence[float] = SHARES,
    seconds: float = SECONDS,
    progress: Progress | None = None,
) -> list[LateRow]:
    """A causal model on painted clips (names, views). Raises InputError for a detector that is not set up."""
    rows, cases = [], [(source, share) for source in sources for share in shares]
    for number, (source, share) in enumerate(cases):
        found: dict[str, list[tuple[float, float]]] = {mode: [] for mode in MODES}
        for k, (clip, view) in enumerate(clips):
            if progress is not None:
                progress((number + k / len(clips)) / len(cases), f"{clip}, {share:.0%} late, {source}")
            height_m, frames = _watched(clip, view, share, source, seconds)
            for mode, figures in found.items():
                figures.append(_measured(model, height_m, frames, mode))
        rows += [LateRow(source, share, mode, *map(float, np.mean(each, axis=0))) for mode, each in found.items()]
    return rows


def _watched(clip: str, view: str, share: float, source: str, seconds: float) -> tuple[float, list[LiveFrame]]:
    """The person's height, and what a live model gets of them."""
    camera = SyntheticCamera.of(named_clip(clip), view, late=share, lost=share, seed=SEED)
    detector = None if source == TRUE else open_detector(source)
    observer, frames = Observer(clip, camera.camera), []
    for number, at in camera.taken(seconds):
        picture, truth = camera.painted(at)
        people, skeleton = [_seen(camera.camera.project(truth.joints.positions[0])[0])], H36M_17
        if detector is not None:
            people, skeleton = detector.detect(picture), detector.skeleton
        _, live = observer.push(PictureFrame(at, 0.0, picture, number, truth), people, skeleton, 0.0, 0.0)
        if live is not None:
            frames.append(live)
    return camera.height_m, frames


def _seen(xy: np.ndarray) -> Detection:
    low, high = xy.min(0), xy.max(0)
    return Detection(xy, np.ones(len(xy)), 1.0, (low[0], low[1], high[0], high[1]))


def _measured(model: LiveModel, height_m: float, frames: Sequence[LiveFrame], mode: str) -> tuple[float, float]:
    """MPJPE, mm, and jitter, m/s³."""
    hz = model.card.rate_hz
    delta = live_delta("factor", hz / HZ) if mode == "assumed" else live_delta(mode)
    steps, scores, before = steps_of(model, Context(height_m, body="kinestate")), LiveScores(), None
    for frame in frames:
        rate = delta.push(1.0 if before is None else (frame.time - before) * hz)
        prediction, before = steps.push(frame.observation, rate), frame.time
        if prediction is not None:
            scores.push(prediction, frame.truth)
    means = scores.means()
    return means["mpjpe_mm"], means["jitter_m_s3"]
