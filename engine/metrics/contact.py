"""Feet on the floor: contact, skating, floating and penetration.

Definitions: specification data_and_metrics.md, section 4. Skating is judged by the joints of the feet, floating and
penetration by the lowest point of the feet's mesh. The floor is z = 0 unless said otherwise.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import Body
from engine.body.skinning import posed_vertices
from engine.metrics.motion import derivative
from engine.motion.pose import BodyPose

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

CM = 100.0
FEET = (7, 8, 10, 11)
"""SMPL's ankles and feet."""
LOW_M = 0.05
SLOW_M_S = 0.2


def foot_contact(
    positions: Float,
    times: Float,
    *,
    clearance_m: Float | float = 0.0,
    floor_m: float = 0.0,
    low_m: float = LOW_M,
    slow_m_s: float = SLOW_M_S,
) -> Bool:
    """Whether points (T, N, 3) rest on the floor: lower than `low_m` above it, slower than `slow_m_s`. (T - 1, N).

    Row k belongs to frames k and k + 1: the height is that of the later, the speed that between them.
    clearance_m  (N,) how high each point is when what it belongs to stands on the floor
    """
    low = (positions[1:, :, 2] - floor_m - clearance_m) < low_m
    slow = np.linalg.norm(derivative(positions, times, 1), axis=-1) < slow_m_s
    return np.asarray(low & slow)


def foot_skate_cm(positions: Float, contact: Bool) -> Float:
    """Horizontal way of points (T, N, 3) from frame to frame while they are in contact, (T - 1, N) cm; else NaN.

    It is a way per frame, whatever the frame rate, and so comparable only at one rate.
    """
    way = CM * np.linalg.norm(positions[1:, :, :2] - positions[:-1, :, :2], axis=-1)
    return np.where(contact, way, np.nan)


def floating_cm(lowest: Float, *, floor_m: float = 0.0) -> Float:
    """How far lowest points (T,) metres are above the floor, (T, 1) cm; 0 below it."""
    return CM * np.maximum(0.0, lowest - floor_m)[:, None]


def penetration_cm(lowest: Float, *, floor_m: float = 0.0) -> Float:
    """How far lowest points (T,) metres are below the floor, (T, 1) cm; 0 above it."""
    return CM * np.maximum(0.0, floor_m - lowest)[:, None]


def body_contact(pose: BodyPose, joints: Float) -> Bool:
    """`foot_contact` of a body's ankles and feet (T - 1, 4), from its joints (T, 24, 3)."""
    clearance = _clearance(library.body(pose.body), tuple(map(float, pose.shape)))
    return foot_contact(joints[:, FEET], pose.times, clearance_m=clearance)


def lowest_foot_m(pose: BodyPose) -> Float:
    """Height (T,) metres of the lowest vertex of either foot. The last few poses stay in memory."""
    return _lowest(library.body(pose.body), pose)


@lru_cache(maxsize=8)
def _lowest(body: Body, pose: BodyPose) -> Float:
    feet = np.flatnonzero(body.weights[:, FEET].sum(1) > 0.5)
    return np.asarray(posed_vertices(body, pose, feet)[..., 2].min(1))


@lru_cache(maxsize=8)
def _clearance(body: Body, shape: tuple[float, ...]) -> Float:
    """(4,) height of ankles and feet above the sole at rest."""
    rest = body.shaped(np.array(shape))
    return np.asarray(body.joint_regressor[FEET, :] @ rest[:, 2] - rest[:, 2].min())
