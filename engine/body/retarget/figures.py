"""Figures of a pose on a clip: joint error, jitter of the rotations, tilt of standing soles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from engine.body.retarget.matrices import angle_between, local_of
from engine.body.retarget.standing import ground_of, sole_tilt, stands
from engine.body.retarget.targets import Targets
from engine.pieces import by_pieces, pieces

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


def figures_of(errors_m: Float, turned: Callable[[slice], Float], targets: Targets) -> Figures:
    """The figures of joint errors (T, N) metres and of rotations: turned(part) are the global ones (t, 24, 3, 3)."""
    tilt = by_pieces(lambda part: sole_tilt(turned(part)), len(errors_m))[stands(targets, ground_of(targets))]
    return Figures(
        joint_error_mm=1000 * float(errors_m.mean()),
        joint_error_p95_mm=1000 * float(np.percentile(errors_m, 95)),
        rotation_jitter_deg=_jitter_deg(turned, len(errors_m)),
        foot_tilt_deg=float(np.degrees(tilt.mean())) if len(tilt) else None,
    )


def _jitter_deg(turned: Callable[[slice], Float], frames: int) -> float:
    """`jitter_deg` of all frames, a piece after the other."""
    total = 0.0
    for part in pieces(frames):
        around = slice(max(part.start - 2, 0), part.stop)
        total += jitter_deg(local_of(turned(around))) * max(around.stop - around.start - 2, 0)
    return total / max(frames - 2, 1)


def jitter_deg(local: Float) -> float:
    """Mean over joints and frames of the angle between one step and the next of rotations (T, J, 3, 3), degrees."""
    if len(local) < 3:
        return 0.0
    steps = np.swapaxes(local[:-1], -1, -2) @ local[1:]
    return float(np.degrees(angle_between(steps[:-1], steps[1:]).mean()))
