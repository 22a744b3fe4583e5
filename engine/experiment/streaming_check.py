"""Streamed equals whole: the promise of every causal model, shown on any clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.experiment.pipeline import frame_rate
from engine.experiment.settings import DeltaSetting
from engine.observation.keypoints import Keypoints2D
from engine.progress import Cancel, Cancelled, Progress

if TYPE_CHECKING:
    from engine.models.lifting.lifter import Lifter

Float = NDArray[np.float64]
TOLERANCE_M = 1e-5
LONGEST_CHUNK = 64


@dataclass(frozen=True)
class StreamingCheck:
    """Largest distance of any joint from where the whole-clip prediction has it, metres.

    frame_by_frame_m  one frame at a time
    chunked_m         pieces of random length, as `chunks`
    """

    model: str
    clip: str
    frames: int
    frame_by_frame_m: float
    chunked_m: float
    chunks: tuple[int, ...]

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
    lifter: Lifter,
    keypoints: Keypoints2D,
    *,
    height_m: float,
    delta: DeltaSetting | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> StreamingCheck:
    """Lift the keypoints (H36M-17) whole, frame by frame and in random chunks, and compare.

    Raises InputError for a bidirectional model, and Cancelled.
    """
    lifter.stream(height_m=height_m)  # refuses a bidirectional model before any work is done
    rate = frame_rate(keypoints.times, delta or DeltaSetting(), lifter.card.trained_hz)
    whole = lifter.predict(keypoints, height_m=height_m, rate=rate)
    chunks = tuple(_random_chunks(len(keypoints), np.random.default_rng(seed)))
    differences = []
    for number, lengths in enumerate(((1,) * len(keypoints), chunks)):
        parts, done = [], 0
        for part in _streamed(lifter, keypoints, lengths, height_m, rate):
            parts.append(part)
            done += len(part)
            if cancel is not None and cancel():
                raise Cancelled
            if progress is not None:
                progress((number + done / len(keypoints)) / 2, "in random chunks" if number else "frame by frame")
        differences.append(float(np.linalg.norm(np.concatenate(parts) - whole, axis=-1).max()))
    return StreamingCheck(lifter.card.name, keypoints.name, len(keypoints), differences[0], differences[1], chunks)


def _streamed(
    lifter: Lifter, keypoints: Keypoints2D, lengths: tuple[int, ...], height_m: float, rate: float | Float
) -> Iterator[Float]:
    from engine.models.lifting.lifter import default_camera

    stream, first = lifter.stream(height_m=height_m), 0
    camera = keypoints.camera or default_camera(keypoints.image_size)
    for length in lengths:
        piece = slice(first, first + length)
        yield stream.push_many(
            keypoints.xy[piece],
            keypoints.confidence[piece],
            keypoints.times[piece],
            camera=camera,
            rate=rate if isinstance(rate, float) else rate[piece],
        )
        first += length


def _random_chunks(frames: int, rng: np.random.Generator) -> Iterator[int]:
    while frames > 0:
        length = min(int(rng.integers(1, LONGEST_CHUNK + 1)), frames)
        yield length
        frames -= length
