"""The check that what a model answered are numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.motion.pose import Prediction
from engine.pieces import pieces

Float = NDArray[np.float64]

_OF_FRAMES = ("positions", "rotations", "root", "probabilities")
_OF_THE_PERSON = ("shape", "offsets")


def check_finite(prediction: Prediction, model: str) -> None:
    """Raise InputError for a prediction that holds NaN or infinity: one sentence that names the first such frame."""
    for name in _OF_FRAMES:
        values: Float | None = getattr(prediction, name, None)
        if values is None:
            continue
        for part in pieces(len(prediction)):
            good = np.isfinite(values[part]).reshape(part.stop - part.start, -1).all(1)
            if not good.all():
                frame = part.start + int(np.argmin(good))
                raise _not_finite(model, f"{name} from frame {frame} of {len(prediction)} on")
    for name in _OF_THE_PERSON:
        values = getattr(prediction, name, None)
        if values is not None and not np.isfinite(values).all():
            raise _not_finite(model, name)


def _not_finite(model: str, where: str) -> InputError:
    return InputError(
        f"{model}: its prediction holds numbers that are not finite ({where}); check the clip's values, "
        "or import the model's weights again."
    )
