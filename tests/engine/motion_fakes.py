"""Motions to export: a person of tubes in smooth random poses, with bones of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from body_fakes import random_pose, tube_body

from engine.body import library
from engine.export.motion.chosen import wearing
from engine.export.motion.motion import Motion
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24

HZ = 60.0


def person(frames: int = 40, *, own_bones: bool = True, times: np.ndarray | None = None, amount: float = 0.5) -> Motion:
    """A person's motion at 60 Hz or at these times; own_bones: longer than the body's, each by another factor."""
    model = replace(tube_body(), about="Made of tubes.")
    library.add(model)
    pose = random_pose(frames, amount=amount)
    if own_bones:
        factors = 1 + 0.1 * np.random.default_rng(1).random((24, 1))
        pose = replace(pose, offsets=factors * model.offsets(pose.shape))
    return of_pose(pose if times is None else pose.at(times))


def of_pose(pose: BodyPose) -> Motion:
    joints = as_joints(pose, SMPL_24)
    return wearing(Motion("walk", "truth", joints, None, HZ, "walk.bvh", notes=("Made up.",)), pose)
