"""A recording run again: does the model give what was shown?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError, file_error
from engine.live.recording import LiveRecording, answers
from engine.live.steps import LiveModel
from engine.motion.pose import Joints

TOLERANCE_M = 1e-5


@dataclass(frozen=True)
class ReplayCheck:
    """frames were answered, in so many streams; largest distance of any joint from where it was shown, metres."""

    model: str
    streams: int
    frames: int
    max_difference_m: float

    @property
    def passed(self) -> bool:
        return self.max_difference_m <= TOLERANCE_M

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "tolerance_m": TOLERANCE_M, "passed": self.passed}


def check_replay(path: Path, recording: LiveRecording, model: LiveModel) -> ReplayCheck:
    """Run the frames again with what Δ was given. Raises InputError for a recording without predictions of joints."""
    each: list[list[Joints]] = [[] for _ in recording.segments]
    for k, pose in answers(recording, model):
        if isinstance(pose, Joints):
            each[k].append(pose)
    shown = np.concatenate([part.joints for part in recording.segments]) if recording.segments else np.zeros((0, 17, 3))
    shown = shown[~np.isnan(shown).any((1, 2))]
    again = [pose.positions for poses in each for pose in poses]
    if not len(shown) or not again:
        raise file_error(path, "joints", "are none", "give a recording of a camera and a model of joints")
    found = np.concatenate(again)
    if len(found) != len(shown):
        raise InputError(
            f"{path.name}: {len(shown)} frames hold joints and {len(found)} are answered again; the file was changed."
        )
    apart = float(np.linalg.norm(found - shown, axis=-1).max())
    return ReplayCheck(recording.model, len(recording.segments), len(found), apart)
