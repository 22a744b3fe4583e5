"""TRC (Motion Analysis, OpenSim, OpenCap, Pose2Sim): markers or joints by name, tab-separated text.

    PathFileType  4  (X/Y/Z)  name
    DataRate  CameraRate  NumFrames  NumMarkers  Units …
    60        60          120        22          mm    …
    Frame#  Time  Neck      RHip      …
                  X1 Y1 Z1  X2 Y2 Z2  …
    1  0.0  0.01  …

An empty cell or NaN is a marker that was not seen. The format has no field for its axes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import uniform_times
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import with_gaps
from engine.data.joints.markers import joints_of
from engine.data.scale import check_rate, stated_unit
from engine.errors import file_error
from engine.motion.clip import MotionClip
from engine.progress import passing
from engine.untrusted.limits import LIMITS, read_bytes

Float = NDArray[np.float64]

_REMEDY = "export it again"
_MOST_MARKERS = 1000
_EVEN = 0.1  # of a period by which a time may be off, where the column has few digits


def matches(head: bytes, path: Path) -> bool:
    """Tell whether a file begins as TRC does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:12] == b"PathFileType"


def read(path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None) -> MotionClip:
    """Read joints, or the joints of H36M-17 from markers; times are those of the file unless a rate is given.

    unit against Units, up against what the posture says. Raises InputError.
    """
    path = Path(path)
    lines = read_bytes(path, LIMITS.text).decode("utf-8-sig", errors="replace").splitlines()
    rows = [k for k, line in enumerate(lines[:20]) if line.lstrip().lower().startswith("frame#")]
    if len(lines) < 3 or not rows:
        raise file_error(path, "the head", "has no line Frame#", _REMEDY)
    stated = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    names = [name.strip() for name in lines[rows[0]].split("\t")[2:]]
    names = [name for name in names if name] if len(names) > 1 else lines[rows[0]].split()[2:]
    if not 0 < len(names) <= _MOST_MARKERS:
        raise file_error(path, "Frame#", f"names {len(names)} markers", _REMEDY)
    times, positions = _values(path, lines[rows[0] + 1 :], len(names))
    metres, unit_name = stated_unit(path, "Units", stated.get("Units", "mm"), unit)
    stated_hz = _rate(path, stated)
    even = np.abs(times - times[0] - np.arange(len(times)) / stated_hz).max() < _EVEN / stated_hz
    if rate_hz is not None or even or not (np.diff(times) > 0).all():
        times, rate = uniform_times(path, len(times), rate_hz, stated_hz, "from DataRate")
    else:
        rate = f"{1 / np.median(np.diff(times)):.6g} Hz from the Time column"
    skeleton, joints, notes = joints_of(path, tuple(names), positions * metres)
    says = FileSays(f"TRC ({len(names)} markers)", (1.0, unit_name), notes=tuple(notes))
    return clip_of_joints(path, path.stem, times - times[0], rate, joints, skeleton, says, up=up)


def _values(path: Path, lines: list[str], markers: int) -> tuple[Float, Float]:
    """Return times (T,) and positions (T, M, 3), NaN where a cell is empty."""
    width = 2 + 3 * markers
    rows = []
    for number, line in enumerate(lines):
        if number % 1000 == 0:
            passing(number / len(lines))
        cells = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
        if not cells or not cells[0].strip().isdecimal():  # X1 Y1 Z1, and blank lines
            continue
        row = [cell.strip() or "nan" for cell in cells[:width]]
        row += ["nan"] * (width - len(row))
        try:
            rows.append(np.array(row, np.float64))
        except ValueError:
            raise file_error(path, f"row {number + 1}", "holds a word where a number belongs", _REMEDY) from None
    if not rows:
        raise file_error(path, "frames", "are missing", _REMEDY)
    values = with_gaps(path, "rows", np.array(rows), (None, width))
    return np.nan_to_num(values[:, 1]), values[:, 2:].reshape(len(rows), markers, 3)


def _rate(path: Path, stated: dict[str, str]) -> float:
    try:
        return check_rate(path, float(stated["DataRate"]))
    except (KeyError, ValueError):
        raise file_error(path, "DataRate", "is missing or no rate", _REMEDY) from None
