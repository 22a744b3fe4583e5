"""Motion metrics: velocity and acceleration errors and jitter, in physical units on real time.

Definitions: specification data_and_metrics.md, section 4, with the division by the frame period done on the
timestamps. Derivatives are divided differences times n!, which on uniform sampling are the usual finite
differences over dt^n. Row k of an n-th difference belongs to frames k ... k + n and ends at frame k + n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.metrics.pose import MM, root_relative

Float = NDArray[np.float64]


def derivative(values: Float, times: Float, order: int) -> Float:
    """The order-th time derivative by divided differences: (T, ...), (T,) seconds -> (T - order, ...).

    Empty when there are too few frames. Exact for polynomials of that degree, whatever the sampling.
    """
    result = values
    for n in range(1, order + 1):
        gaps = (times[n:] - times[:-n]).reshape(-1, *[1] * (values.ndim - 1))
        result = n * (result[1:] - result[:-1]) / gaps
    return np.asarray(result)


def velocity_error_mm_s(prediction: Float, truth: Float, times: Float, *, root: int = 0) -> Float:
    """Norm of the velocity difference on root-relative poses, (T - 1, J) mm/s. Its mean is MPJVE."""
    difference = root_relative(prediction, root) - root_relative(truth, root)
    return MM * _speed(difference, times, 1)


def acceleration_error_m_s2(prediction: Float, truth: Float, times: Float, *, root: int = 0) -> Float:
    """Norm of the acceleration difference on root-relative poses, (T - 2, J) m/s^2."""
    return _speed(root_relative(prediction, root) - root_relative(truth, root), times, 2)


def jitter_m_s3(positions: Float, times: Float) -> Float:
    """Norm of the third derivative of the positions as given, (T - 3, J) m/s^3."""
    return _speed(positions, times, 3)


def _speed(positions: Float, times: Float, order: int) -> Float:
    return np.asarray(np.linalg.norm(derivative(positions, times, order), axis=-1))
