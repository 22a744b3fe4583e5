"""TRC (Motion Analysis, OpenSim): joint positions as markers, tab-separated text, millimetres.

The format names rate and unit; the axes, which it has no field for, stand behind the file's name in the first line.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.export.motion.clock import at_fixed_rate
from engine.export.motion.motion import MILLIMETRES, Motion, Written, lines, statement
from engine.progress import Progress
from engine.writing import save_text

HEADS = ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
         "OrigNumFrames")  # fmt: skip


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write joint positions; a frame's time is the motion's own, or at a fixed rate where it was resampled."""
    motion, rate = at_fixed_rate(motion)
    joints = motion.joints
    names = labels(joints.skeleton.names)
    said = "; ".join(lines(statement(motion, unit=MILLIMETRES, rate_hz=rate)))
    values = [f"{rate:.9g}", f"{rate:.9g}", len(joints), len(names), "mm", f"{rate:.9g}", 1, len(joints)]
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}\t{said}",
        "\t".join(HEADS),
        "\t".join(map(str, values)),
        "\t".join(["Frame#", "Time", *(f"{name}\t\t" for name in names)]),
        "\t".join(["", "", *(f"{axis}{k}" for k in range(1, len(names) + 1) for axis in "XYZ")]),
        "",
    ]
    rows = []
    positions = 1000 * joints.positions.reshape(len(joints), -1)
    for frame, (time, row) in enumerate(zip(joints.times, positions, strict=True)):
        if frame % 500 == 0:
            progress(frame / len(joints), f"frame {frame + 1} of {len(joints)}")
        known = ("" if np.isnan(value) else f"{value:.4f}" for value in row)
        rows.append("\t".join([str(frame + 1), f"{time:.7f}", *known]))
    save_text("\n".join([*head, *rows, ""]), path)
    return Written((path,), motion.notes)


def labels(names: tuple[str, ...]) -> list[str]:
    """Joint names without blanks, which programs that read such files take for the end of a name."""
    return [name.replace(" ", "_") for name in names]
