"""C3D: joint positions as points, millimetres. POINT holds rate, unit and screen axes, KINESTATE all that is stated."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import numpy as np

from engine.export.motion.clock import EVEN_S, at_fixed_rate
from engine.export.motion.motion import MILLIMETRES, Motion, Written, statement
from engine.export.motion.trc import labels
from engine.progress import Progress
from engine.writing import save_bytes

LONGEST_TEXT = 255
"""Characters of one text of a parameter: a C3D dimension is a byte."""


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write joint positions; a joint that is not known gets the residual -1, as the format has it."""
    from c3d import Writer

    motion, rate = at_fixed_rate(motion)
    drift = (len(motion) - 1) * abs(1 / float(np.float32(rate)) - 1 / rate)
    if drift > EVEN_S:
        motion = motion.noting(
            f"C3D holds the rate in single precision: its last frame is off by {1e6 * drift:.2g} µs."
        )
    writer = Writer(point_rate=rate, point_units="mm")
    writer.set_point_labels(labels(motion.joints.skeleton.names))
    writer.set_screen_axis("+X", "+Z")
    texts = _pieces(json.dumps(statement(motion, unit=MILLIMETRES, rate_hz=rate)))
    about = writer.add_group(writer.numeric_key_next, "KINESTATE", "What this file holds, as JSON in pieces")
    about.add_str("ABOUT", "JSON in pieces", "".join(texts), LONGEST_TEXT, len(texts))

    positions = 1000 * motion.joints.positions
    points = np.zeros((*positions.shape[:2], 5), np.float32)  # x, y, z, residual, cameras
    points[..., :3] = np.nan_to_num(positions)
    points[..., 3] = np.where(np.isnan(positions).any(-1), -1, 0)
    for frame, point in enumerate(points):
        if frame % 500 == 0:
            progress(frame / len(points), f"frame {frame + 1} of {len(points)}")
        writer.add_frames([(point, np.zeros((0, 0)))])
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No analog data")
        writer.write(file)
    save_bytes(file.getvalue(), path)
    return Written((path,), motion.notes)


def _pieces(text: str) -> list[str]:
    """A text in pieces of equal length."""
    return [text[k : k + LONGEST_TEXT].ljust(LONGEST_TEXT) for k in range(0, len(text), LONGEST_TEXT)]
