"""Recordings: what a motion file holds, a 3D clip or 2D keypoints."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17, SMPL_22, SMPL_24
from engine.observation.keypoints import Keypoints2D

Recording = MotionClip | Keypoints2D
"""Both kinds have name, times, skeleton, category, subject, provenance, len() and take()."""


def clip_of(recording: Recording) -> MotionClip | None:
    """The recording where it is a 3D clip, None for 2D keypoints."""
    return recording if isinstance(recording, MotionClip) else None


def is_rig(recording: Recording) -> bool:
    """Whether its joints are found by their names or by a map by hand: it is a clip in no standard layout."""
    from engine.motion.conversions import layout_of  # as below

    return isinstance(recording, MotionClip) and layout_of(recording.skeleton) is None


@singledispatch
def as_h36m17(recording: Recording) -> Recording:
    """The recording in H36M-17, of its own kind. Raises InputError where no rule leads there."""
    raise TypeError(f"{type(recording).__name__} is no recording")


@as_h36m17.register
def _(recording: MotionClip) -> MotionClip:
    from engine.motion.conversions import layout_of, to_h36m17  # with SciPy; here, so that a start need not wait for it

    layout = layout_of(recording.skeleton)
    if recording.body is None or layout not in (SMPL_22, SMPL_24):
        return to_h36m17(recording)
    notes = (*recording.provenance.notes, f"H36M-17 from the mesh of the body {recording.body.body}.")
    return replace(
        recording,
        positions=as_joints(recording.body, H36M_17).positions,
        skeleton=H36M_17,
        rotations=None,
        offsets=None,
        provenance=replace(recording.provenance, notes=notes),
    )


@as_h36m17.register
def _(recording: Keypoints2D) -> Keypoints2D:
    from engine.observation.keypoint_layouts import keypoints_to_h36m17

    return keypoints_to_h36m17(recording)
