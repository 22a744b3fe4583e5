"""Figures of a pose on a clip: joint error, jitter of the rotations, tilt of standing soles."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import angle_between
from engine.body.retarget.standing import ground_of, sole_tilt, stands
from engine.body.retarget.targets import Targets

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """joint_error_mm, joint_error_p95_mm  distances of the judged points from the clip's, over frames and points
    rotation_jitter_deg  mean angle of the second difference of local rotations, degrees a frame squared
    foot_tilt_deg        mean angle of a sole against the ground while its foot stands; None where none does
    """

    joint_error_mm: float
    joint_error_p95_mm: float
    rotation_jitter_deg: float
    foot_tilt_deg: float | None

    def to_json(self) -> dict[str, float | None]:
        return asdict(self)


def figures_of(errors_m: Float, local: Float, turned: Float, targets: Targets) -> Figures:
    """The figures of local and global rotations (T, 24, 3, 3) and of joint errors (T, N) metres."""
    tilt = sole_tilt(turned)[stands(targets, ground_of(targets))]
    return Figures(
        joint_error_mm=1000 * float(errors_m.mean()),
        joint_error_p95_mm=1000 * float(np.percentile(errors_m, 95)),
        rotation_jitter_deg=jitter_deg(local),
        foot_tilt_deg=float(np.degrees(tilt.mean())) if len(tilt) else None,
    )


def jitter_deg(local: Float) -> float:
    """Mean over joints and frames of the angle between one step and the next of rotations (T, J, 3, 3), degrees."""
    if len(local) < 3:
        return 0.0
    steps = np.swapaxes(local[:-1], -1, -2) @ local[1:]
    return float(np.degrees(angle_between(steps[:-1], steps[1:]).mean()))
