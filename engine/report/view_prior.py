"""Triangulation that is drawn to a lifting network's poses: what a prior for one camera adds to several views.

The network lifts every view by itself; the mean of the poses, as large as triangulation finds the person and where it
finds them, is what each joint is drawn to. Where views agree on a joint they outweigh the pose; where they leave a
direction open, the pose decides.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.models.families import find_model
from engine.models.lifting.layout import LAYOUT
from engine.models.loading import load_model
from engine.models.model import Model
from engine.models.mv_ssm.keypoints import rays_of
from engine.models.mv_ssm.rays import CAUCHY_M, distances, spread
from engine.motion.pose import Joints
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.report.view_baselines import filled
from engine.training.motions import SOURCE_HZ

Float = NDArray[np.float64]

STRENGTH = 0.03
"""Of the pose beside one view's: of 0.001, 0.03, 0.1, 0.2, 0.4 and 0.8 the best on the validation subjects."""


class Drawn:
    """Triangulation drawn to a lifting model's poses by `strength`. Raises InputError for another kind of model."""

    def __init__(self, model: str, strength: float = STRENGTH) -> None:
        card = find_model(model).card
        if not card.lifts:
            raise InputError(f"--prior {model}: that model does not lift keypoints to joints; choose one that does.")
        self.name, self.strength = f"triangulation, drawn to {model}", strength
        self._model: Model = load_model(model)

    def points(self, inputs: Float, rig: CameraRig, pixels: Float, found: Float) -> Float:
        """(T, J, 3) of a recording (T, V, J, 15) of the cameras of a rig.

        pixels (T, V, J, 2); found (T, J, 3): what triangulation finds, NaN where it is nothing
        """
        seen, found = inputs[..., 2], filled(found)
        times = np.arange(len(inputs)) / SOURCE_HZ
        poses = []
        for view, camera in enumerate(rig):
            given = Keypoints2D(camera.name, times, pixels[:, view], seen[:, view], LAYOUT, camera.image_size, camera)
            lifted = self._model.forward(given, self._model.card.rate_hz / SOURCE_HZ, Context(ASSUMED_HEIGHT_M))
            assert isinstance(lifted, Joints)
            poses.append(lifted.positions @ camera.rotation)
        return drawn(inputs, found, placed(np.mean(poses, 0), found), self.strength)


def placed(pose: Float, found: Float) -> Float:
    """A pose (T, J, 3) as large as what was found (T, J, 3), over the whole recording, and where it was."""
    of_pose, of_found = (x - x.mean(1, keepdims=True) for x in (pose, found))
    size = (of_pose * of_found).sum() / max((of_pose**2).sum(), 1e-9)
    return np.asarray(size * pose + np.median(found - size * pose, axis=1, keepdims=True))


def drawn(inputs: Float, found: Float, pose: Float, strength: float) -> Float:
    """Points (T, J, 3) of least squares: the views' rays around what was found, and the pose."""
    rays, middle = rays_of(torch.from_numpy(inputs))
    away = distances(rays.origins, rays.directions, torch.from_numpy(found) - middle[:, None])
    weights = (rays.seen > 0) / (1 + (away / CAUCHY_M) ** 2)
    xx, yy, zz, xy, xz, yz = spread(rays.directions, weights).numpy().transpose(2, 0, 1)
    views = np.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], -1).reshape(*xx.shape, 3, 3)
    both = views + strength * np.eye(3)
    return found + np.linalg.solve(both, strength * (pose - found)[..., None])[..., 0]
