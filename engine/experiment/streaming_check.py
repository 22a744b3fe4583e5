"""Streamed equals whole: the promise of every causal model, shown on any clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.experiment.pipeline import Model
from engine.experiment.prepared import Prepared
from engine.experiment.rate import Rate, RatePolicy
from engine.kinds import as_joints
from engine.motion.pose import ClassScores, Prediction
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context, Observation
from engine.progress import Cancel, Cancelled, Progress

Float = NDArray[np.float64]
TOLERANCE_M = 1e-5
LONGEST_CHUNK = 64


@dataclass(frozen=True)
class StreamingCheck:
    """Largest distance of any joint from where the whole-clip prediction has it, metres.

    frame_by_frame_m  one frame at a time
    chunked_m         pieces of random length, as `chunks`
    unit              "m"; "" where a model of labels is checked: then both are distances of its probabilities
    """

    model: str
    clip: str
    frames: int
    frame_by_frame_m: float
    chunked_m: float
    chunks: tuple[int, ...]
    unit: Literal["m", ""] = "m"

    @property
    def max_difference_m(self) -> float:
        return max(self.frame_by_frame_m, self.chunked_m)

    @property
    def passed(self) -> bool:
        return self.max_difference_m <= TOLERANCE_M

    def to_json(self) -> dict[str, Any]:
        found = {"max_difference_m": self.max_difference_m, "tolerance_m": TOLERANCE_M, "passed": self.passed}
        return found | asdict(self)


def check_streaming(
    model: Model,
    prepared: Prepared,
    policy: RatePolicy | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> StreamingCheck:
    """Predict what was prepared whole, frame by frame and in random chunks, and compare.

    policy  None: Δ follows the timestamps; input is never resampled here, as a live camera's is not
    Raises InputError for a model that does not stream or runs live by its latest window, and Cancelled.
    """
    if model.card.streams == "sliding window":
        raise InputError(
            f"{model.card.name} runs live by its latest window, a recording by windows that do not overlap: the two "
            "differ; choose a causal model."
        )
    observed, context = prepared.observation(model.card, cancel), prepared.context
    model.stream(context)  # refuses a model that does not stream before any work is done
    policy = policy or RatePolicy()
    if policy.mode == "resample":
        policy = RatePolicy()
    _, rate = policy.given(observed, model.card)
    whole = _numbers(model.forward(observed, rate, context, cancel=cancel))
    chunks = tuple(_random_chunks(len(observed), np.random.default_rng(seed)))
    differences = []
    for number, lengths in enumerate(((1,) * len(observed), chunks)):
        parts, done = [], 0
        for part in _streamed(model, observed, lengths, context, rate):
            parts.append(part)
            done += len(part)
            if cancel is not None and cancel():
                raise Cancelled
            if progress is not None:
                progress((number + done / len(observed)) / 2, "in random chunks" if number else "frame by frame")
        differences.append(float(np.linalg.norm(np.concatenate(parts) - whole, axis=-1).max()))
    unit: Literal["m", ""] = "" if model.card.predicts == "scores" else "m"
    single, chunked = differences
    return StreamingCheck(model.card.name, observed.name, len(observed), single, chunked, chunks, unit)


def _numbers(prediction: Prediction) -> Float:
    """What is compared: joints (T, J, 3) metres, or the probabilities (T, C) of labels."""
    if isinstance(prediction, ClassScores):
        return prediction.probabilities
    return as_joints(prediction, H36M_17).positions


def _streamed(
    model: Model, observed: Observation, lengths: tuple[int, ...], context: Context, rate: Rate
) -> Iterator[Float]:
    stream, first = model.stream(context), 0
    for length in lengths:
        piece = slice(first, first + length)
        pose = stream.step(observed.take(piece), rate if isinstance(rate, float) else rate[piece])
        yield _numbers(pose)
        first += length


def _random_chunks(frames: int, rng: np.random.Generator) -> Iterator[int]:
    while frames > 0:
        length = min(int(rng.integers(1, LONGEST_CHUNK + 1)), frames)
        yield length
        frames -= length
