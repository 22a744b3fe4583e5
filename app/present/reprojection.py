"""Where a prediction lies in the picture that it was made of. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.kinds import as_joints
from engine.models.lifting.assumed import default_camera
from engine.motion.pose import ClassScores, Prediction
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.placement import place_before_camera

Float = NDArray[np.float64]


def reprojected(prediction: Prediction, seen: Keypoints2D) -> Float | None:
    """Pixels (17, 2) of the pose of one frame, stood where it meets the keypoints best; None for labels.

    An unknown camera is the level one that was assumed.
    """
    if isinstance(prediction, ClassScores):
        return None
    camera = seen.camera or default_camera(seen.image_size)
    joints = as_joints(prediction, H36M_17).positions[:1]
    pose = (joints - joints[:, :1]) @ camera.rotation.T
    place = place_before_camera(pose, camera.rays(seen.xy[:1]), seen.confidence[:1])
    return camera.project(camera.to_world(pose + place[:, None]))[0][0]
