"""When a foot stands (low and slow), and soles that lie level where it does.

Arrays have two columns for the sides, left and right, and rows or planes for ankle and toe joint.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import Z, about, cross, dot, unit
from engine.body.retarget.points import at
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]

SIDES = ("left", "right")
ANKLES, TOES = (np.array([at(f"{side} {joint}") for side in SIDES]) for joint in ("ankle", "foot"))
LOW_M = 0.03
"""How far above its ground a standing joint is at most."""
SLOW_M_S = 0.25
_LIFTED_M, _MOVING_M_S = 0.06, 0.6  # where a foot does not stand at all; between, it does in part
_STEEP = 0.5, 0.8  # sine of a foot's slope, and its roll, at which levelling begins to fade out and ends
_ON_EDGE = np.radians(30.0), np.radians(60.0)
_JOINTS = np.stack([ANKLES, TOES])  # (2, 2): joint, side


def ground_of(targets: Targets) -> Float:
    """(2, 2) metres, joint and side: the lowest heights, 5th percentile over time; NaN for joints not known."""
    return np.asarray(np.percentile(targets.points[:, _JOINTS, 2], 5, axis=0))


def stands(targets: Targets, ground: Float) -> NDArray[np.bool_]:
    """(T, 2) whether a foot stands: its ankle and, where it is known, its toe joint are low and slow."""
    low = targets.points[:, _JOINTS, 2] < ground + LOW_M
    slow = speeds(targets.times, targets.points[:, _JOINTS]) < SLOW_M_S
    return np.asarray(((low & slow) | np.isnan(ground)).all(1))


def standing_share(targets: Targets, ground: Float, speed_m_s: Float | None = None) -> Float:
    """(T, 2) from 0 to 1 without steps: how much a foot stands.

    speed_m_s  (T, 2, 2) of its joints; else over the frames beside each
    """
    fast = speeds(targets.times, targets.points[:, _JOINTS]) if speed_m_s is None else speed_m_s
    share = _fall(targets.points[:, _JOINTS, 2] - ground, LOW_M, _LIFTED_M) * _fall(fast, SLOW_M_S, _MOVING_M_S)
    return np.asarray(np.where(np.isnan(ground), 1.0, share).prod(1))


def speeds(times: Float, tracks: Float) -> Float:
    """(T, ...) metres a second of tracks (T, ..., 3), over the frames beside each; 0 for a single frame."""
    if len(times) < 2:
        return np.zeros(tracks.shape[:-1])
    return np.asarray(np.linalg.norm(np.gradient(tracks, times, axis=0), axis=-1))


def speeds_since(before: Targets, targets: Targets) -> Float:
    """(T, 2, 2) metres a second of the feet's joints since the frame before each, the first since the last `before`."""
    tracks = np.concatenate([before.points[-1:, _JOINTS], targets.points[:, _JOINTS]])
    gaps = np.diff(targets.times, prepend=before.times[-1])
    return np.asarray(
        np.linalg.norm(np.diff(tracks, axis=0), axis=-1) / np.where(gaps > 0, gaps, np.inf)[:, None, None]
    )


def level_soles(turned: Float, targets: Targets, standing: Float) -> None:
    """Roll the feet about their toe's direction, in place, until they are level across where they stand (T, 2).

    Feet that point up or down, or lie on an edge, keep their roll.
    """
    forward = unit(targets.points[:, TOES] - targets.points[:, ANKLES])
    up, sole = (unit(v - dot(forward, v) * forward) for v in (Z, turned[:, ANKLES][..., 2]))
    angle = np.arctan2(dot(cross(sole, up), forward), dot(sole, up))[..., 0]
    share = standing * _fall(np.abs(forward[..., 2]), *_STEEP) * _fall(np.abs(angle), *_ON_EDGE)
    known = np.isfinite(angle)  # a foot whose toe joint is not known keeps its roll
    roll = about(np.where(known[..., None], forward, Z), np.where(known, share * angle, 0.0))
    turned[:, ANKLES], turned[:, TOES] = roll @ turned[:, ANKLES], roll @ turned[:, TOES]


def sole_tilt(turned: Float) -> Float:
    """(T, 2) radians between a sole's normal and the vertical."""
    return np.asarray(np.arccos(np.clip(turned[:, ANKLES, 2, 2], -1.0, 1.0)))


def _fall(values: Float, start: float, end: float) -> Float:
    x = np.clip((end - values) / (end - start), 0.0, 1.0)
    return np.asarray(x**2 * (3 - 2 * x))
