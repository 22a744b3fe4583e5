"""The clip that is open. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.motion.clip import Footage, rate_hz
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording, clip_of
from engine.observation.virtual_camera import CAMERA_PRESETS

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Reader:
    """What the person told the reader instead of what it found; None = as found.

    joints    a rig's joint map; as found is the one that is remembered for the rig
    detector  of people in a video; as found is the most exact one that is set up
    """

    select: str | None = None
    rate_hz: float | None = None
    unit: str | None = None
    up: str | None = None
    joints: dict[str, str] | None = None
    detector: str | None = None


@dataclass(frozen=True, eq=False)
class LoadedClip:
    """A clip as it was read, and what the window shows of it.

    source    path, or "builtin:walk"
    motion    the recording in the layout of the lifting models
    card      (label, value) rows of the file card; notes are its further sentences
    siblings  names of everything that a folder, an archive or a file of several sequences holds
    joints    the joint map that its rig was read with; None where its joints are known
    recording the same as it was read, with its own skeleton and rotations; None where it is `motion`
    """

    source: str
    reader: Reader
    motion: Recording
    card: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    joints: dict[str, str] | None = None
    recording: Recording | None = None

    @property
    def name(self) -> str:
        return self.motion.name

    @property
    def as_read(self) -> Recording:
        """The recording with its own skeleton and rotations."""
        return self.recording or self.motion

    @property
    def times(self) -> Float:
        """(T,) seconds."""
        return self.motion.times

    @property
    def rate_hz(self) -> float:
        return rate_hz(self.times)

    @property
    def truth(self) -> Float | None:
        """(T, 17, 3) metres, world; None for 2D keypoints."""
        return None if (clip := clip_of(self.motion)) is None else clip.positions

    @property
    def footage(self) -> Footage | None:
        """The video that it is of."""
        return self.motion.provenance.footage

    @property
    def image_size(self) -> tuple[int, int]:
        """Of the pictures in which 2D keypoints were found, width and height; (0, 0) for a 3D clip."""
        return self.motion.image_size if isinstance(self.motion, Keypoints2D) else (0, 0)

    @property
    def cameras(self) -> tuple[str, ...]:
        """What can see this clip by name: presets and its own cameras; nothing to choose for 2D keypoints."""
        clip = clip_of(self.motion)
        return () if clip is None else (*CAMERA_PRESETS, *(f"file:{c.name}" for c in clip.cameras))
