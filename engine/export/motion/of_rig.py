"""What a model found of a person in several cameras, written as motion."""

from __future__ import annotations

from pathlib import Path

from engine.experiment.rig_run import RigFigures
from engine.export.motion.chosen import dressed, wearing
from engine.export.motion.formats import Format
from engine.export.motion.motion import Motion, Written
from engine.motion.clip import MotionClip, rate_hz


def save_motion(found: RigFigures, name: str, form: Format, path: Path) -> Written:
    """Write the joints, or the mannequin that wears them where the format is of bodies. Raises InputError."""
    joints = found.joints
    moving = Motion(name, found.name, joints, None, rate_hz(joints.times))
    if form.needs == "body":
        moving = wearing(moving, dressed(MotionClip(name, joints.times, joints.positions, joints.skeleton)))
    return form.write(moving, path)
