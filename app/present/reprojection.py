"""Where a prediction lies in the picture that it was made of. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.kinds import as_joints
from engine.motion.pose import ClassScores, Prediction
from engine.motion.skeleton import H36M_17
from engine.observation.assumed_camera import default_camera
from engine.observation.before_camera import place_before_camera
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


def reprojected(prediction: Prediction, seen: Keypoints2D, stood: Camera | None = None) -> Float | None:
    """Pixels (17, 2) of the pose of one frame, stood where it meets the keypoints best; None for labels.

    stood  how an unknown camera was found to stand; None takes it for level
    """
    if isinstance(prediction, ClassScores):
        return None
    camera = seen.camera or stood or default_camera(seen.image_size)
    joints = as_joints(prediction, H36M_17)
    pose = joints.positions[:1] - joints.positions[:1, :1]
    pose = pose if joints.frame == "camera" else pose @ camera.rotation.T
    place = place_before_camera(pose, camera.rays(seen.xy[:1]), seen.confidence[:1])
    return camera.project(camera.to_world(pose + place[:, None]))[0][0]
