"""The colour of an error in millimetres: one fixed scale, so that models, frames and clips can be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.look.theme import ember

FULL_MM = 150.0
"""The lightest colour: this error and every larger one."""
UNKNOWN = (0.25, 0.42, 0.72)
"""Where the error is not known: a blue, which is neither a size of error nor the truth's grey."""


def error_colours(error_mm: NDArray[np.floating]) -> NDArray[np.float32]:
    """Colour errors: (...) millimetres -> (..., 3) in [0, 1], light where large; `UNKNOWN` where it is not known."""
    colours = ember(np.asarray(error_mm) / FULL_MM) / np.float32(255)
    return np.where(np.isfinite(error_mm)[..., None], colours, np.array(UNKNOWN, np.float32))
