"""The curves of results that the window shows: one choice for plots, heat strip and worst frames. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.state.results import Shown
from engine.experiment.results import ModelResult, Results

Float = NDArray[np.float64]


def error_mm(model: ModelResult, joint: int | None) -> Float:
    """Choose the (T,) errors of one joint, or the means of all of them; millimetres."""
    return model.over_time("mpjpe_mm", joint)


def error_title(shown: Shown | None, joint: int | None) -> str:
    """Name `error_mm`."""
    if joint is None or shown is None or not shown.results.models:
        return "MPJPE"
    names = joint_names(shown.results)
    return f"Error, {names[joint]}" if names else "MPJPE"


def has_errors(shown: Shown | None) -> bool:
    """Tell whether there are models of poses, and a truth to measure them against."""
    return shown is not None and bool(joint_names(shown.results)) and shown.results.truth is not None


def joint_names(results: Results) -> tuple[str, ...]:
    """List the joints that are measured; none without a model of poses."""
    return next((model.placed.skeleton.names for model in results.models if model.placed is not None), ())
