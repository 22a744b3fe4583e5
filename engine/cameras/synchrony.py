"""Time offsets between cameras, from how fast points move in each of their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.triangulation import triangulate
from engine.errors import InputError

Float = NDArray[np.float64]

LONGEST_S = 1.0
LEAST_FRAMES = 20
SURE = 0.3  # correlation below which two views are taken to say nothing of each other


@dataclass(frozen=True, eq=False)
class Offsets:
    """seconds (V,) by which each camera's frames were taken later than their number says; the mean is 0.

    correlation  (V,) the best of each view with any other, 1 = the same
    """

    seconds: Float
    correlation: Float


def time_offsets(points: Float, confidences: Float, rate_hz: float, *, longest_s: float = LONGEST_S) -> Offsets:
    """Offsets from the speeds of points such as wrists: (T, V, J, 2) px, confidences (T, V, J), frames a second.

    Speeds of every pair of views are correlated over shifts up to longest_s; the peak is placed between frames by a
    parabola, and the pairs are reconciled by least squares, weighted by their correlation. Raises InputError for less
    than LEAST_FRAMES frames and for views that agree with no other.
    """
    frames, views = confidences.shape[:2]
    if frames < LEAST_FRAMES:
        raise InputError(f"{frames} frames are too few to find time offsets; give {LEAST_FRAMES} or more.")
    speeds = np.stack([_speed(points[:, v], confidences[:, v]) for v in range(views)])
    lags = min(round(longest_s * rate_hz), frames // 3)
    rows, right, best = [], [], np.zeros(views)
    for a, b in combinations(range(views), 2):
        lag, height = _peak(speeds[a], speeds[b], lags)
        best[[a, b]] = np.maximum(best[[a, b]], height)
        if height > SURE:
            row = np.zeros(views)
            row[a], row[b] = height, -height
            rows.append(row)
            right.append(height * lag)
    if (best <= SURE).any():
        view = int(best.argmin())
        raise InputError(f"View {view + 1} moves like no other (correlation {best[view]:.2f}); give a longer take.")
    solution = np.linalg.lstsq(np.array([*rows, np.ones(views)]), np.array([*right, 0.0]), rcond=None)[0]
    return Offsets(solution / rate_hz, best)


def _speed(xy: Float, confidence: Float) -> Float:
    """(T - 1,) Mean speed of the points of one view, logarithmic, so that near and far cameras look alike."""
    seen = (confidence[1:] > 0) & (confidence[:-1] > 0) & np.isfinite(xy[1:]).all(-1) & np.isfinite(xy[:-1]).all(-1)
    step = np.where(seen, np.linalg.norm(np.diff(np.nan_to_num(xy), axis=0), axis=-1), 0.0)
    speed = step.sum(1) / np.maximum(seen.sum(1), 1)
    speed = np.log(speed + 0.1 * np.median(speed) + 1e-9)
    smooth = np.convolve(np.pad(speed, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    return smooth - smooth.mean()


def _peak(a: Float, b: Float, lags: int) -> tuple[float, float]:
    """How many frames later a's clock is than b's, and the correlation there."""
    found = []
    for lag in range(-lags, lags + 1):
        x, y = (a[: len(a) - lag], b[lag:]) if lag >= 0 else (a[-lag:], b[: len(b) + lag])
        x, y = x - x.mean(), y - y.mean()
        found.append((x @ y) / max(float(np.sqrt((x @ x) * (y @ y))), 1e-12))
    values = np.array(found)
    k = int(values.argmax())
    if not 0 < k < len(values) - 1:
        return float(k - lags), float(values[k])
    left, middle, right = values[k - 1 : k + 2]
    bend = left - 2 * middle + right
    return float(k - lags + (0.5 * (left - right) / bend if bend < 0 else 0.0)), float(middle)


def shifted(points: Float, confidences: Float, seconds: Float, rate_hz: float) -> tuple[Float, Float]:
    """Detections as if every camera had kept the common clock: interpolated between frames, unseen beyond the ends."""
    frames = len(points)
    moved, trust = np.array(points), np.array(confidences)
    for view, offset in enumerate(np.asarray(seconds) * rate_hz):
        at = np.arange(frames) - offset
        low = np.clip(np.floor(at).astype(np.intp), 0, frames - 2)
        share = np.clip(at - low, 0, 1)
        a, b, c, d = points[low, view], points[low + 1, view], confidences[low, view], confidences[low + 1, view]
        moved[:, view] = a + (b - a) * share[:, None, None]
        inside = (at >= 0) & (at <= frames - 1)
        trust[:, view] = np.where(inside[:, None], np.minimum(c, d), 0.0)
    return moved, trust


def sharpened_offsets(
    cameras: Sequence[Camera],
    points: Float,
    confidences: Float,
    rate_hz: float,
    start: Float,
    *,
    reach_frames: float = 3.0,
    step_frames: float = 0.25,
) -> Offsets:
    """Offsets of calibrated cameras: each in turn takes the shift at which it agrees best with the others, twice.

    start (V,) seconds, from `time_offsets` or zeros; three cameras or more, all (T, V, J) of a person.
    """
    seconds = np.array(start, np.float64)
    shifts = np.arange(-reach_frames, reach_frames + step_frames / 2, step_frames) / rate_hz
    for _ in range(2):
        for view in range(len(cameras)):
            xy, trust = shifted(points, confidences, seconds, rate_hz)
            trust[:, view] = 0
            space = triangulate(cameras, xy, trust).points
            expected, depth = cameras[view].project(np.nan_to_num(space))
            costs = []
            for shift in shifts:
                moved = np.array(seconds)
                moved[view] += shift
                seen, sure = shifted(points[:, [view]], confidences[:, [view]], moved[[view]], rate_hz)
                good = (sure[:, 0] > 0) & np.isfinite(space[..., 0]) & (depth > 0)
                costs.append(
                    float(np.median(np.linalg.norm(seen[:, 0] - expected, axis=-1)[good])) if good.any() else np.inf
                )
            seconds[view] += shifts[int(np.argmin(costs))]
    return Offsets(seconds - seconds.mean(), np.ones(len(cameras)))
