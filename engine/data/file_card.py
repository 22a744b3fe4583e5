"""File card: rows of text on what was loaded, what the file says and what was assumed."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

import numpy as np

from engine.errors import InputError
from engine.motion.clip import MotionClip, Provenance
from engine.motion.stature import stature
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording, as_h36m17

Rows = list[tuple[str, str]]


def file_card(motion: Recording) -> Rows:
    """List rows (label, value) for the window and the command line; a row that would be empty is left out."""
    found = _provenance(motion)
    rows: Rows = [
        ("Name", motion.name),
        ("Source", found.source),
        ("Format", found.format),
        ("Frames", str(len(motion))),
        ("Duration", f"{motion.times[-1] - motion.times[0]:.2f} s"),
        ("Rate", found.rate or _rate(motion)),
        ("Timing", _gaps(motion)),
        ("Unit", found.unit),
        ("Up axis", found.up),
        ("Assumed", "; ".join(found.assumed)),
        ("Skeleton", f"{motion.skeleton.name}, {len(motion.skeleton)} joints"),
    ]
    rows += _own(motion)
    rows += [
        ("Subject", motion.subject),
        ("Category", motion.category),
        ("Generated", "yes, not a recording" if found.generated else ""),
    ]
    return [row for row in rows if row[1]] + [("Note", note) for note in found.notes]


def _provenance(motion: Recording) -> Provenance:
    """Return what its reader and the conversion to the models' joints say, or why there is no conversion."""
    try:
        return as_h36m17(motion).provenance
    except InputError as error:
        said = motion.provenance
        return replace(said, notes=(*said.notes, f"No model can be run on it: {error}"))


@singledispatch
def _own(motion: Recording) -> Rows:
    """Return the rows that only recordings of this kind have."""
    raise TypeError(f"{type(motion).__name__} is no recording")


@_own.register
def _(motion: MotionClip) -> Rows:
    return [
        ("Height", _height(motion)),
        ("Rotations", "yes" if motion.rotations is not None else "no, positions only"),
        ("Cameras", ", ".join(c.name for c in motion.cameras)),
    ]


@_own.register
def _(motion: Keypoints2D) -> Rows:
    width, height = motion.image_size
    return [
        ("Image", f"{width} x {height} pixels"),
        ("Camera", motion.camera.name if motion.camera else "unknown"),
        ("Seen", f"{100 * float(np.mean(motion.confidence > 0)):.1f} % of the joints"),
    ]


def _rate(motion: Recording) -> str:
    """Return the rate as the timestamps have it."""
    steps = np.diff(motion.times)
    return f"{1 / np.median(steps):.4g} Hz" if len(steps) else "a single frame"


def _gaps(motion: Recording) -> str:
    steps = np.diff(motion.times)
    if len(steps) == 0 or steps.max() <= 1.01 * steps.min():
        return ""
    return f"irregular, {1000 * steps.min():.1f} to {1000 * steps.max():.1f} ms between frames"


def _height(clip: MotionClip) -> str:
    try:
        seen = as_h36m17(clip)
        assert isinstance(seen, MotionClip)
        return f"{stature(seen.positions):.2f} m"
    except InputError:
        return "unknown, the skeleton lacks joints of the body"
