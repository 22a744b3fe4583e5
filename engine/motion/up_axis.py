"""Axis that points up: what the file or its rest pose says, unless the motion stands on another one.

In most frames of most clips the head is over the ankles. Where that is so along one axis, the motion has decided. A
person who lies or crawls most of the time decides nothing, and neither does one who is upright on the stated axis now
and then (who gets up, or lies down).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

TO_Z_UP: dict[str, Float] = {  # axis of a file that points up -> rotation to Kinestate's axes, on column vectors
    "X": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "-X": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]]),
    "Y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),  # +Z is where its subject faces
    "-Y": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),  # a camera's: x right, y down, z forward
    "Z": np.eye(3),
    "-Z": np.diag([1.0, -1.0, -1.0]),
}

_UPRIGHT = 0.8  # least cosine of the axis and the way from ankles to head: 37 degrees
_MOST, _NOW_AND_THEN = 0.5, 0.15  # shares of frames
_ROOM = 0.1  # body lengths by which the lower ankle may leave the floor while it stands on it


@dataclass(frozen=True)
class UpAxis:
    """The axis, what said so ("from the motion"), and whether that moves figures and may be wrong."""

    axis: str
    why: str
    assumed: bool = False

    @property
    def note(self) -> str:
        return f"{self.axis} up {self.why}."

    @property
    def assumption(self) -> tuple[str, ...]:
        return (f"{self.axis} up ({self.why})",) if self.assumed else ()


def up_axis(stated: UpAxis | None, head: Float, ankles: Float) -> UpAxis:
    """Decide between what is stated, of the file or of its rest pose, and the motion.

    head (T, 3), ankles (T, 2, 3) in the file's axes and any unit
    """
    shares = _shares(head - ankles.mean(1))
    axis = max(shares, key=lambda name: shares[name])
    if stated is not None and (stated.axis == axis or shares[stated.axis] >= _NOW_AND_THEN):
        return stated
    if shares[axis] > _MOST:
        against = "" if stated is None else f", against {stated.axis} {stated.why}"
        return UpAxis(axis, f"from the motion: the head is over the feet{against}", assumed=True)
    if stated is not None:
        return stated
    floor = _floor_axis(head, ankles)
    if floor is not None:
        return UpAxis(floor, "from the motion: the feet keep to a floor", assumed=True)
    return UpAxis("Y", "assumed", assumed=True)


def upright_axis(way: Float) -> str | None:
    """The axis that one way (3,) from feet to head goes along; None where it is oblique or nothing."""
    shares = _shares(way[None])
    axis = max(shares, key=lambda name: shares[name])
    return axis if shares[axis] else None


def upright(head: Float, ankles: Float) -> bool:
    """Tell whether the head is over the feet most of the time; head (T, 3), ankles (T, 2, 3), Z up."""
    return _shares(head - ankles.mean(1))["Z"] > _MOST


def upside_down(head: Float, ankles: Float) -> bool:
    """Tell whether the head is below the feet most of the time; head (T, 3), ankles (T, 2, 3), Z up."""
    return _shares(head - ankles.mean(1))["-Z"] > _MOST


def _shares(ways: Float) -> Mapping[str, float]:
    """The share of frames in which a way (T, 3) goes along each axis."""
    size = np.linalg.norm(ways, axis=-1)
    cosines = ways / np.maximum(size, 1e-12)[:, None]
    return {axis: float(np.mean(cosines @ turn[2] > _UPRIGHT)) for axis, turn in TO_Z_UP.items()}


def _floor_axis(head: Float, ankles: Float) -> str | None:
    """The axis along which the lower ankle keeps most to its lowest height, below the head; None where none does."""
    body = float(np.median(np.linalg.norm(head - ankles.mean(1), axis=-1)))
    if body == 0 or len(head) < 2:
        return None
    kept = {}
    for axis, turn in TO_Z_UP.items():
        low = (ankles @ turn[2]).min(1)
        if np.median(head @ turn[2] - low) > _ROOM * body:
            kept[axis] = float(np.mean(low < np.percentile(low, 5) + _ROOM * body))
    best = sorted(kept, key=lambda axis: kept[axis])
    clear = best and kept[best[-1]] > _MOST and (len(best) < 2 or kept[best[-1]] > kept[best[-2]] + _NOW_AND_THEN)
    return best[-1] if clear else None
