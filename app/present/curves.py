"""Which curves the window shows of the results: one choice for plots, heat strip and worst frames. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.state.state import Shown
from engine.experiment.results import ModelResult
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]


def error_mm(model: ModelResult, joint: int | None) -> Float:
    """(T,) error of one joint, or the mean of all of them."""
    return model.mpjpe_mm if joint is None else np.asarray(model.joint_error_mm[:, joint])


def error_title(joint: int | None) -> str:
    return "MPJPE" if joint is None else f"Error, {H36M_17.names[joint]}"


def has_errors(shown: Shown | None) -> bool:
    return shown is not None and bool(shown.results.models) and shown.results.truth is not None
