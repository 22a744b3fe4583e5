"""The CMU training data: archives of ASF/AMC and BVH clips with an index, as H36M-17 clips at one rate.

The index says what the files do not: the true rate of a clip (some headers are wrong), how many leading
frames are a T-pose, subject, category. CMU's recordings hold single-frame marker jumps; they are bridged
here, and each clip's provenance says how many frames were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from engine.data.registry import expand
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.conversions import to_h36m17
from engine.observation.recording import clip_of
from engine.writing import written_beside

Float = NDArray[np.float64]

MAX_SPEED = 20.0  # m/s; a fist reaches 10, CMU's jumps begin at 20
MAX_ACCELERATION = 600.0  # m/s^2; a punch or a landing reaches 400
BRIDGE_SPEED = 15.0  # m/s; a kick reaches 13
BRIDGE_SECONDS = 0.1  # how far beyond a jump, on either side, frames may be given up

EXTRA = "extra_short_runs.tar.xz"  # five runs, shorter than any clip of the index; they belong with train


def load_split(
    folder: Path, split: str, rate_hz: float = 60.0, *, progress: Callable[[str], None] | None = None
) -> list[MotionClip]:
    """Load the clips of <folder>/<split>.tar.xz (train, val or test) as H36M-17 at `rate_hz`, in the order of paths.

    train includes extra_short_runs.tar.xz where it lies beside. `progress` is told each clip's name.
    Raises InputError when the archive is missing or a clip of it has no row in index.csv.
    """
    read = clips_of_split(folder, split, progress=progress)
    return [resample(_cleaned(to_h36m17(clip)), rate_hz) for clip in read]


def clips_of_split(folder: Path, split: str, *, progress: Callable[[str], None] | None = None) -> Iterator[MotionClip]:
    """The clips of `load_split` as they were read, one after the other, with subject and category."""
    sources = expand(Path(folder) / f"{split}.tar.xz")
    strangers = [source.member for source in sources if source.row is None]
    if strangers:
        raise InputError(f"index.csv: has no row for {strangers[0]} of {split}.tar.xz; put the right one beside it.")
    if split == "train" and (Path(folder) / EXTRA).exists():
        sources += expand(Path(folder) / EXTRA)
    for source in sources:
        if progress is not None:
            progress(source.name)
        clip = clip_of(source.open())
        if clip is None:
            raise InputError(f"{source.origin}: holds 2D keypoints; a split holds 3D clips.")
        if source.row is None:
            clip = replace(clip, subject="expU_running", category="running")
        yield clip


def cache_split(folder: Path, split: str, cache_file: Path, rate_hz: float = 60.0) -> None:
    """Write a split as one npz that loads at once.

    positions float32 (N, 17, 3) metres, all clips end to end; starts int64 (K + 1,): clip k is
    positions[starts[k]:starts[k + 1]]; names, subjects, categories (K,) text; rate_hz.
    """
    clips = load_split(folder, split, rate_hz)
    with written_beside(cache_file) as part:
        np.savez(
            part,
            positions=np.concatenate([c.positions for c in clips]).astype(np.float32),
            starts=np.cumsum([0, *map(len, clips)]).astype(np.int64),
            names=np.array([c.name for c in clips]),
            subjects=np.array([c.subject for c in clips]),
            categories=np.array([c.category for c in clips]),
            rate_hz=np.array(rate_hz),
        )


def bridge_jumps(positions: Float, rate_hz: float) -> tuple[Float, int]:
    """Replace frames with impossible motion by straight lines between their neighbours.

    positions (T, J, 3) metres. A frame is bad where a joint moves faster than MAX_SPEED or is accelerated by
    more than MAX_ACCELERATION. Where the body is somewhere else after a jump, frames beside it are given up
    too, until the line is no faster than BRIDGE_SPEED. Returns new positions and how many frames it replaced.
    """
    frames = len(positions)
    step = np.diff(positions, axis=0)
    fast = np.linalg.norm(step, axis=-1).max(1, initial=0.0) * rate_hz > MAX_SPEED
    bad = np.zeros(frames + 2, bool)  # a border that is always good
    bad[1:-2] |= fast
    bad[2:-1] |= fast
    if frames > 2:
        bad[2:-2] |= np.linalg.norm(np.diff(step, axis=0), axis=-1).max(1) * rate_hz**2 > MAX_ACCELERATION
    edges = np.flatnonzero(np.diff(bad.astype(int)))
    reach = max(1, round(BRIDGE_SECONDS * rate_hz))
    replaced = np.zeros(frames, bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):  # bad frames first .. last - 1
        for _ in range(reach):
            a, b = max(first - 1, 0), min(last, frames - 1)
            distance = float(np.linalg.norm(positions[b] - positions[a], axis=-1).max())
            if distance * rate_hz <= BRIDGE_SPEED * (b - a):
                break
            first, last = max(first - 1, 0), min(last + 1, frames)
        replaced[first:last] = True
    if not replaced.any() or replaced.all():
        return positions, 0
    good = np.flatnonzero(~replaced)
    flat = positions.reshape(frames, -1).copy()
    for column in flat.T:
        column[replaced] = np.interp(np.flatnonzero(replaced), good, column[good])
    return flat.reshape(positions.shape), int(replaced.sum())


def resample(clip: MotionClip, rate_hz: float) -> MotionClip:
    """Resample positions: every n-th frame where that is exact, else a cubic spline on real time.

    Rotations are dropped when interpolating.
    """
    ratio = clip.rate_hz / rate_hz
    stride = round(ratio)
    if stride >= 1 and abs(ratio - stride) < 1e-9:
        return clip.take(slice(None, None, stride)) if stride > 1 else clip
    frames = int(np.floor(clip.times[-1] * rate_hz + 1e-6)) + 1
    times = np.arange(frames) / rate_hz
    positions = CubicSpline(clip.times, clip.positions, axis=0)(np.minimum(times, clip.times[-1]))
    note = f"Resampled from {clip.rate_hz:g} to {rate_hz:g} Hz by a cubic spline."
    provenance = replace(clip.provenance, notes=(*clip.provenance.notes, note))
    return replace(clip, times=times, positions=positions, rotations=None, offsets=None, provenance=provenance)


def _cleaned(clip: MotionClip) -> MotionClip:
    positions, bridged = bridge_jumps(clip.positions, clip.rate_hz)
    if not bridged:
        return clip
    notes = (*clip.provenance.notes, f"{bridged} frames with marker jumps bridged.")
    return replace(clip, positions=positions, provenance=replace(clip.provenance, notes=notes))
