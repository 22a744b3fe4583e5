"""The body that the truth wears."""

from __future__ import annotations

from engine.kinds import as_body
from engine.motion.pose import BodyPose
from engine.observation.recording import Recording
from engine.progress import Cancel, Progress


def worn_body(
    recording: Recording, *, progress: Progress | None = None, cancel: Cancel | None = None
) -> BodyPose | None:
    """The body's pose of a recording as it was read; None for 2D keypoints. Raises Cancelled."""
    return as_body(recording)
