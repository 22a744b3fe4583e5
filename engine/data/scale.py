"""Unit of length, found from the skeleton or given, and checks of the axis and the rate that are given."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError, file_error
from engine.motion.crown import body_height
from engine.motion.kinematics import joints_at_rest
from engine.motion.rigs import Rig
from engine.motion.roles import match_roles
from engine.motion.skeleton import Skeleton
from engine.motion.up_axis import TO_Z_UP

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

UNIT_M = (1e-6, 1e3)  # what a unit of length may be
PERSON_M = (1.2, 2.2)  # how tall people are
TYPICAL_M = 1.7


def metres_per_unit(unit: str) -> tuple[float, str]:
    """Return metres per unit and its name, for a unit as a person writes it: "cm", "inches", "0.039" (metres).

    Raises InputError for anything else.
    """
    name = unit.strip().lower()
    name = _SPELLINGS.get(name, name)
    if name in UNITS:
        return UNITS[name], name
    if re.fullmatch(r"[0-9]*\.?[0-9]+(e-?[0-9]+)?", name) and UNIT_M[0] <= float(name) <= UNIT_M[1]:
        return float(name), f"{float(name):g} m"
    raise InputError(f"Unit {unit!r} is not known; give one of {', '.join(UNITS)}, or metres as a number.")


def stated_unit(path: Path, field: str, stated: str, unit: str | None) -> tuple[float, str]:
    """Return `metres_per_unit` of a unit that is given, else of what a field of the file states. Raises InputError."""
    if unit is not None:
        return metres_per_unit(unit)
    try:
        return metres_per_unit(stated)
    except InputError:
        raise file_error(path, field, f"are {stated[:20]!r}", "give the unit") from None


def unit_of(tall: float, rig: Rig | None) -> tuple[float, str, str, tuple[str, ...]]:
    """Return metres per unit of a person `tall` units high, its name, the reason, and what of it is assumed.

    A known rig's unit where the person is then as tall as people are, else the usual unit in which they are.
    """
    if rig is not None and is_person(tall * rig.metres_per_unit):
        return rig.metres_per_unit, rig.unit, f"that of the {rig.name} rig", ()
    for name, metres in UNITS.items():
        if is_person(tall * metres):
            return metres, name, "the one in which this is a person's size", ()
    metres, name = TYPICAL_M / tall, f"{TYPICAL_M / tall:.4g} m"
    why = f"no usual unit fits, so the person was scaled to {TYPICAL_M} m"
    return metres, name, why, (f"person scaled to {TYPICAL_M} m",)


def person_units(path: Path, skeleton: Skeleton, offsets: Float, heights: Float) -> float:
    """Return how tall the person is in units of the file: along the bones, else by joint heights (T, J).

    offsets (J, 3) of the rest pose. Raises InputError where that is nothing.
    """
    if is_body(skeleton):
        rest = joints_at_rest(skeleton, offsets)[None]
        tall = body_height(skeleton, match_roles(skeleton.names, skeleton.parents), rest)
    else:
        tall = float(np.percentile(np.ptp(heights, axis=1), 90))
    if tall <= 0:
        raise file_error(path, "the skeleton", "has no height that would tell its unit", "give the unit")
    return tall


def is_body(skeleton: Skeleton) -> bool:
    """Tell whether the names of joints say where head and ankles are."""
    return {"head", "left ankle", "right ankle"} <= set(match_roles(skeleton.names, skeleton.parents))


def is_person(metres: float) -> bool:
    """Tell whether people are that tall."""
    return PERSON_M[0] <= metres <= PERSON_M[1]


def check_up(up: str) -> str:
    """Return "Y", "-Z", ... for an axis as a person writes it; raises InputError for anything else."""
    axis = up.strip().upper().removeprefix("+")
    if axis not in TO_Z_UP:
        raise InputError(f"Up axis {up!r} is not known; give {', '.join(TO_Z_UP)}.")
    return axis


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
