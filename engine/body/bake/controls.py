"""Named controls to shape coefficients, by a quadratic map."""

from __future__ import annotations

import numpy as np

from engine.body.bake.source import Float
from engine.body.model import control_features


def control_map(controls: Float, shapes: Float) -> Float:
    """(28, S) coefficients of `control_features`, from controls (N, 6) and shapes (N, S), by least squares."""
    return np.asarray(np.linalg.lstsq(control_features(controls), shapes, rcond=None)[0])
