"""A whole clip in overlapping chunks: a start, least squares, smoothing, least squares again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.head import place_neck
from engine.body.retarget.measures import HOLD, Measures, weights
from engine.body.retarget.smoothing import smoothed_rotations
from engine.body.retarget.solve import refine
from engine.body.retarget.starts import Start
from engine.body.retarget.targets import Targets
from engine.body.retarget.trunk import root_at_hips
from engine.progress import Cancel, Cancelled, Progress

Float = NDArray[np.float64]

CHUNK = 1024
"""Frames that are fitted at a time: memory does not grow with the clip but for the result."""
_BLOCK = 256
"""Frames of one batch of least squares; between two the caller may cancel."""
_STEPS, _STEPS_AFTER_SMOOTHING = 3, 2


def fit_in_chunks(
    targets: Targets,
    measures: Measures,
    start: Start,
    *,
    chunk: int = CHUNK,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> tuple[Float, Float]:
    """Global rotations (T, 24, 3, 3) and root (T, 3) metres of every frame. Raises Cancelled."""
    frames = len(targets)
    turned, root = np.empty((frames, 24, 3, 3)), np.empty((frames, 3))
    period = float(np.median(np.diff(targets.times))) if frames > 1 else 1.0
    margin = int(np.ceil(start.margin_s / period))
    for first in range(0, frames, chunk):
        if progress is not None:
            progress(first / frames, "fitting the body")
        last = min(first + chunk, frames)
        around = slice(max(0, first - margin), min(frames, last + margin))
        kept = slice(first - around.start, last - around.start)
        found = _fitted(targets.take(around), measures, start, around, cancel)
        turned[first:last], root[first:last] = found[0][kept], found[1][kept]
    return turned, root


def _fitted(
    targets: Targets, measures: Measures, start: Start, frames: slice, cancel: Cancel | None
) -> tuple[Float, Float]:
    turned = start.rotations(frames, targets, measures)
    root = root_at_hips(turned, targets, measures.offsets)
    turned, root = _refined(turned, root, targets, measures, _STEPS, cancel)
    if start.smooth:
        turned = smoothed_rotations(turned, targets.times)
        turned, root = _refined(turned, root, targets, measures, _STEPS_AFTER_SMOOTHING, cancel)
    place_neck(turned)
    return turned, root


def _refined(
    turned: Float, root: Float, targets: Targets, measures: Measures, steps: int, cancel: Cancel | None
) -> tuple[Float, Float]:
    result = np.empty_like(turned), np.empty_like(root)
    for first in range(0, len(turned), _BLOCK):
        if cancel is not None and cancel():
            raise Cancelled
        block = slice(first, first + _BLOCK)
        result[0][block], result[1][block] = refine(
            turned[block], root[block], measures.offsets, targets.points[block], weights(targets), HOLD, steps=steps
        )
    return result
