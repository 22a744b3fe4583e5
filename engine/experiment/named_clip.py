"""A 3D clip by what people write."""

from __future__ import annotations

from engine.errors import InputError
from engine.experiment.prepared import recording_of
from engine.experiment.settings import Experiment, FileSource
from engine.experiment.sources import BUILTIN, builtin_clips
from engine.motion.clip import MotionClip
from engine.observation.recording import clip_of


def named_clip(name: str) -> MotionClip:
    """The clip of a path, as it was read; of a name alone, the built-in one.

    Raises InputError for one that is not 3D.
    """
    path = f"{BUILTIN}{name}" if name in builtin_clips() else name
    clip = clip_of(recording_of(Experiment(source=FileSource(path=path))))
    if clip is None:
        raise InputError(f"{name} holds 2D keypoints, which wear no body; choose a 3D clip.")
    return clip
