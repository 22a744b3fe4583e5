"""When a foot stands (low and slow), and soles that lie level where it does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import Z, about, cross, dot, unit
from engine.body.retarget.points import at
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]
Ground = Mapping[str, float]
"""The height, metres, at which a joint of the foot stands, by the joint's name."""

SIDES = ("left", "right")
LOW_M = 0.03
"""How far above its ground a standing joint is at most."""
SLOW_M_S = 0.25
_LIFTED_M, _MOVING_M_S = 0.06, 0.6  # where a foot does not stand at all; between, it does in part


def ground_of(targets: Targets) -> Ground:
    """The lowest heights of ankles and toe joints: the 5th percentile over time."""
    names = [f"{side} {joint}" for side in SIDES for joint in ("ankle", "foot")]
    return {name: float(np.percentile(targets[name][:, 2], 5)) for name in names if targets.has(name)}


def stands(targets: Targets, side: str, ground: Ground) -> NDArray[np.bool_]:
    """(T,) whether a foot stands: its ankle and, where it is known, its toe joint are low and slow."""
    result = np.ones(len(targets), bool)
    for name in _joints(side, ground):
        result &= targets[name][:, 2] < ground[name] + LOW_M
        result &= speed(targets.times, targets[name]) < SLOW_M_S
    return result


def standing_share(targets: Targets, side: str, ground: Ground, speeds: Mapping[str, Float] | None = None) -> Float:
    """(T,) from 0 to 1 without steps: how much a foot stands. speeds: of its joints (T,), else over the frames beside."""
    result = np.ones(len(targets))
    for name in _joints(side, ground):
        fast = speed(targets.times, targets[name]) if speeds is None else speeds[name]
        result *= _fall(targets[name][:, 2] - ground[name], LOW_M, _LIFTED_M) * _fall(fast, SLOW_M_S, _MOVING_M_S)
    return result


def speed(times: Float, track: Float) -> Float:
    """(T,) metres a second of a track (T, 3), over the frames beside each; 0 for a single frame."""
    if len(times) < 2:
        return np.zeros(len(times))
    return np.asarray(np.linalg.norm(np.gradient(track, times, axis=0), axis=-1))


def level_soles(turned: Float, targets: Targets, standing: Mapping[str, Float]) -> None:
    """Roll the feet about their toe's direction, in place, until they are level across where they stand.

    standing  (T,) a side, from 0 to 1
    """
    for side in SIDES:
        if not targets.has(f"{side} foot"):
            continue
        ankle, toe = at(f"{side} ankle"), at(f"{side} foot")
        forward = unit(targets[f"{side} foot"] - targets[f"{side} ankle"])
        up, sole = (unit(v - dot(forward, v) * forward) for v in (Z, turned[:, ankle, :, 2]))
        angle = np.arctan2(dot(cross(sole, up), forward), dot(sole, up))[..., 0]
        roll = about(forward, standing[side] * angle)
        turned[:, ankle], turned[:, toe] = roll @ turned[:, ankle], roll @ turned[:, toe]


def sole_tilt(turned: Float, side: str) -> Float:
    """(T,) radians between a sole's normal and the vertical."""
    return np.asarray(np.arccos(np.clip(turned[:, at(f"{side} ankle"), 2, 2], -1.0, 1.0)))


def _joints(side: str, ground: Ground) -> list[str]:
    return [name for name in (f"{side} ankle", f"{side} foot") if name in ground]


def _fall(values: Float, start: float, end: float) -> Float:
    x = np.clip((end - values) / (end - start), 0.0, 1.0)
    return np.asarray(x**2 * (3 - 2 * x))
