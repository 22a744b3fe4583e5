"""Up axis and unit of length: found from the skeleton, or given by the person.

Shared by the readers of formats that say neither (BVH, ASF/AMC, keypoint tables).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error

Float = NDArray[np.float64]

UNITS: dict[str, float] = {  # metres per unit
    "metres": 1.0,
    "centimetres": 0.01,
    "millimetres": 0.001,
    "inches": 0.0254,
    "decimetres": 0.1,
    "1/0.45 inch": 0.0254 / 0.45,  # CMU's ASF/AMC files and what was converted from them
}
_SPELLINGS = {
    "m": "metres", "metre": "metres", "meter": "metres", "meters": "metres",
    "cm": "centimetres", "centimetre": "centimetres", "centimeter": "centimetres",
    "centimeters": "centimetres", "mm": "millimetres", "millimetre": "millimetres",
    "millimeter": "millimetres", "millimeters": "millimetres",
    "in": "inches", "inch": "inches", "dm": "decimetres", "cmu": "1/0.45 inch",
}  # fmt: skip

RATES_HZ = (0.1, 10_000.0)  # what can be a frame rate
LARGEST = 1e7  # no position or angle of a motion file is larger, in any unit

PERSON_M = (1.2, 2.2)  # how tall people are
TYPICAL_M = 1.7

TO_Z_UP: dict[str, Float] = {  # file axes -> Kinestate's; +Z of a Y-up file is where its subject faces
    "Y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "Z": np.eye(3),
}


def metres_per_unit(unit: str) -> tuple[float, str]:
    """Return metres per unit and its name, for a unit as a person writes it: "cm", "inches", "0.039" (metres).

    Raises InputError for anything else.
    """
    name = unit.strip().lower()
    name = _SPELLINGS.get(name, name)
    if name in UNITS:
        return UNITS[name], name
    if re.fullmatch(r"[0-9]*\.?[0-9]+(e-?[0-9]+)?", name) and float(name) > 0:
        return float(name), f"{float(name):g} m"
    raise InputError(f"Unit {unit!r} is not known; give one of {', '.join(UNITS)}, or metres as a number.")


def guess_unit(height: float) -> tuple[float, str, str]:
    """Guess metres per unit, its name and the reason, for a person `height` units tall."""
    for name, metres in UNITS.items():
        if PERSON_M[0] <= height * metres <= PERSON_M[1]:
            return metres, name, f"the person is then {height * metres:.2f} m tall"
    metres = TYPICAL_M / height
    return metres, f"{metres:.4g} m", f"no usual unit fits, so the person was scaled to {TYPICAL_M} m"


def check_up(up: str) -> str:
    """Return "Y" or "Z" for an axis as a person writes it; raises InputError for anything else."""
    if up.strip().upper() not in TO_Z_UP:
        raise InputError(f"Up axis {up!r} is not known; give Y or Z.")
    return up.strip().upper()


def check_rate(path: Path, rate_hz: float) -> float:
    """Return the rate itself; raises InputError unless it lies in RATES_HZ."""
    if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
        raise file_error(
            path,
            "rate",
            f"is {rate_hz:g} frames per second",
            f"give one from {RATES_HZ[0]:g} to {RATES_HZ[1]:g} Hz",
        )
    return float(rate_hz)


def check_finite(path: Path, values: Float) -> None:
    """Raise InputError, naming the frame, unless (T, C) values are finite and below LARGEST."""
    wrong = ~(np.abs(values) < LARGEST)
    if wrong.any():
        frame, column = (int(k) for k in np.argwhere(wrong)[0])
        problem = f"holds {values[frame, column]:g} where a position or an angle belongs"
        raise file_error(path, f"frame {frame}", problem, "repair the file or cut that frame")
