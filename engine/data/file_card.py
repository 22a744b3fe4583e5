"""The file card: what was loaded, what was found in the file and what was assumed, as rows of text."""

from __future__ import annotations

import numpy as np

from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.conversions import to_h36m17
from engine.motion.stature import stature
from engine.observation.keypoints import Keypoints2D

Rows = list[tuple[str, str]]


def file_card(motion: MotionClip | Keypoints2D) -> Rows:
    """Rows (label, value) for the window and the command line; a row that would be empty is left out."""
    found = motion.provenance
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
        ("Skeleton", f"{motion.skeleton.name}, {len(motion.skeleton)} joints"),
    ]
    if isinstance(motion, MotionClip):
        rows += [
            ("Height", _height(motion)),
            ("Rotations", "yes" if motion.rotations is not None else "no, positions only"),
            ("Cameras", ", ".join(c.name for c in motion.cameras)),
            ("Subject", motion.subject),
            ("Category", motion.category),
            ("Generated", "yes, not a recording" if found.generated else ""),
        ]
    else:
        width, height = motion.image_size
        rows += [
            ("Picture", f"{width} x {height} pixels"),
            ("Camera", motion.camera.name if motion.camera else "unknown"),
            ("Seen", f"{100 * float(np.mean(motion.confidence > 0)):.1f} % of the joints"),
        ]
    return [row for row in rows if row[1]] + [("Note", note) for note in found.notes]


def _rate(motion: MotionClip | Keypoints2D) -> str:
    """The rate as the timestamps have it."""
    steps = np.diff(motion.times)
    return f"{1 / np.median(steps):.4g} Hz" if len(steps) else "a single frame"


def _gaps(motion: MotionClip | Keypoints2D) -> str:
    steps = np.diff(motion.times)
    if len(steps) == 0 or steps.max() <= 1.01 * steps.min():
        return ""
    return f"irregular, {1000 * steps.min():.1f} to {1000 * steps.max():.1f} ms between frames"


def _height(clip: MotionClip) -> str:
    try:
        converted = to_h36m17(clip, floor=False)
    except InputError:
        return "unknown, the skeleton lacks joints of the body"
    height = f"{stature(converted.positions):.2f} m"
    approximate = any("Approximate" in note for note in converted.provenance.notes)
    return f"{height} or more, the skeleton has no head top" if approximate else height
