"""CSV: joint positions in metres, a row a frame at its own time, under comment lines (#) that state what they are."""

from __future__ import annotations

from pathlib import Path

from engine.export.motion.motion import METRES, Motion, Written, lines, statement
from engine.progress import Progress
from engine.writing import save_text


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write columns frame, time_s, and x, y, z of every joint; an empty cell where a joint is not known."""
    joints = motion.joints
    columns = ["frame", "time_s", *(f"{name}.{axis}" for name in joints.skeleton.names for axis in "xyz")]
    text = [*(f"# {line}" for line in lines(statement(motion, unit=METRES))), ",".join(columns)]
    positions = joints.positions.reshape(len(joints), -1)
    for frame, (time, row) in enumerate(zip(joints.times, positions, strict=True)):
        if frame % 500 == 0:
            progress(frame / len(joints), f"frame {frame + 1} of {len(joints)}")
        known = ("" if value != value else f"{value:.6f}" for value in row)
        text.append(",".join([str(frame), f"{time:.9f}", *known]))
    save_text("\n".join([*text, ""]), path)
    return Written((path,), motion.notes)
