"""The shape of a person of a given height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature

Float = NDArray[np.float64]


def shape_of_stature(body: Body, metres: float) -> Float:
    """Shape coefficients (S,) of a person whose H36M-17 skeleton has this stature: the first direction, others 0.

    The first direction of SMPL and of the mannequin is the body's size. Raises KeyError for a body without a regressor
    of H36M-17.
    """
    shape, regressor = np.zeros(body.shape_directions.shape[2]), body.regressors[H36M_17.name]
    for _ in range(3):  # nearly linear
        taller = shape + np.eye(len(shape))[0]
        now, then = (stature((regressor @ body.shaped(s))[None]) for s in (shape, taller))
        shape[0] += (metres - now) / (then - now)
    return shape
