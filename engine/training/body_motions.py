"""Motion capture as bodies: a split of clips, fitted once and kept as one file, and read for training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.retarget.fit import fit
from engine.body.skinning import pose_joints
from engine.data.cmu import clips_of_split
from engine.errors import InputError
from engine.models.card import TrainingData
from engine.motion.clip import MotionClip
from engine.motion.interpolation import interpolate
from engine.motion.kinematics import global_rotations
from engine.motion.pose import BodyPose
from engine.motion.rotations import conjugate, multiply, quat_to_axis_angle
from engine.motion.skeleton import SMPL_24
from engine.training.damaged import reading
from engine.writing import written_beside

Float = NDArray[np.float32]

SOURCE_HZ = 60.0
MAX_ERROR_M = 0.04
MAX_SPEED_M_S = 12.0
MAX_TURN_DEG_S = 1200.0
"""Frames are left out whose body lies farther off the clip, as a mean of its points, or whose joints, or head, are
faster: faults of the recordings."""


class Fitted(Protocol):
    """A body's pose for a clip; `engine.body.retarget.fit.Fitted` is one. errors_m (T, N) of its points."""

    @property
    def pose(self) -> BodyPose: ...
    @property
    def trusted(self) -> tuple[str, ...]: ...
    @property
    def errors_m(self) -> NDArray[np.float64]: ...


@dataclass(frozen=True, eq=False)
class BodyMotions:
    """Clips of bodies laid end to end, 60 Hz, N frames of K clips.

    rotations  (N, 24, 4) local, wxyz;  root (N, 3) metres, world
    good       (N,) whether the fit can be learnt from
    starts     (K + 1,) where each clip starts;  offsets (K, 24, 3) the rest offsets of its person, metres
    trusted    (K, 2) whether the rotations of head, and of hands, were measured in the known convention
    """

    rotations: Float
    root: Float
    good: NDArray[np.bool_]
    starts: NDArray[np.int64]
    offsets: Float
    trusted: NDArray[np.bool_]

    @classmethod
    def load(cls, path: Path) -> BodyMotions:
        """Read the cache that `cache_bodies` writes."""
        with reading(path), np.load(path, allow_pickle=False) as arrays:
            return cls(*(arrays[key] for key in ("rotations", "root", "good", "starts", "offsets", "trusted")))

    def runs(self) -> NDArray[np.int64]:
        """(N,) how many good frames follow in the same clip, each frame itself included."""
        found = np.zeros(len(self.good) + 1, np.int64)
        ends = np.zeros(len(self.good), bool)
        ends[self.starts[1:] - 1] = True
        for frame in range(len(self.good) - 1, -1, -1):
            found[frame] = self.good[frame] * (1 + (0 if ends[frame] else found[frame + 1]))
        return found[:-1]

    def clips(self, frames: NDArray[np.integer]) -> NDArray[np.int64]:
        """The clip of each frame."""
        return np.searchsorted(self.starts, frames, side="right") - 1


def body_motions(folder: Path, split: str) -> Iterator[tuple[MotionClip, Fitted]]:
    """Every clip of a split with the body that was fitted to it; this alone calls the fit."""
    body = library.body()
    for clip in clips_of_split(folder, split):
        yield clip, fit(clip, body)


def cache_bodies(motions: Iterator[tuple[MotionClip, Fitted]], cache_file: Path) -> None:
    """Write clips and their bodies as one npz, at 60 Hz; what `BodyMotions` names, and names, subjects, categories."""
    rows, said = [], []
    for clip, fitted in motions:
        rows.append(_row(fitted))
        said.append((clip.name, clip.subject, clip.category))
    if not rows:
        raise InputError(f"{cache_file.stem}: no clip was there to train on; check the folder of the data.")
    rotations, root, good, offsets, trusted = zip(*rows, strict=True)
    names, subjects, categories = zip(*said, strict=True)
    with written_beside(cache_file) as part:
        np.savez(
            part,
            rotations=np.concatenate(rotations),
            root=np.concatenate(root),
            good=np.concatenate(good),
            starts=np.cumsum([0, *map(len, good)]).astype(np.int64),
            offsets=np.stack(offsets),
            trusted=np.stack(trusted),
            names=np.array(names),
            subjects=np.array(subjects),
            categories=np.array(categories),
        )


def _row(fitted: Fitted) -> tuple[Float, Float, NDArray[np.bool_], Float, NDArray[np.bool_]]:
    pose = fitted.pose
    frames = int(np.floor((pose.times[-1] - pose.times[0]) * SOURCE_HZ + 1e-6)) + 1
    times = np.minimum(pose.times[0] + np.arange(frames) / SOURCE_HZ, pose.times[-1])
    errors = interpolate(fitted.errors_m.mean(1), pose.times, times)
    at = pose.at(times)
    assert at.root is not None
    offsets = library.body(pose.body).offsets(pose.shape) if pose.offsets is None else pose.offsets
    good = (errors <= MAX_ERROR_M) & _steady(at)
    trusted = np.array([part in fitted.trusted for part in ("head", "hands")])
    return at.rotations.astype(np.float32), at.root.astype(np.float32), good, offsets.astype(np.float32), trusted


def _steady(pose: BodyPose) -> NDArray[np.bool_]:
    """(T,) whether no joint, and not the head's turn, came to the frame too fast."""
    joints = pose_joints(library.body(pose.body), pose)
    head = global_rotations(SMPL_24, pose.rotations)[:, SMPL_24.index("head")]
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(1, initial=0.0) * SOURCE_HZ
    angle = np.linalg.norm(quat_to_axis_angle(multiply(conjugate(head[:-1]), head[1:])), axis=-1)
    steady = (speed <= MAX_SPEED_M_S) & (np.degrees(angle) * SOURCE_HZ <= MAX_TURN_DEG_S)
    return np.concatenate([[True], steady])


def counted(cache: Path, description: str, *, trusted: bool = True) -> TrainingData:
    """Clips and minutes of a cache that fit; trusted: only those whose head and hands can be trusted."""
    motions = BodyMotions.load(cache)
    used: NDArray[np.bool_] = np.all(motions.trusted | (not trusted), axis=1)
    frames = motions.good & used[motions.clips(np.arange(len(motions.good)))]
    minutes = float(frames.sum()) / SOURCE_HZ / 60
    return TrainingData(description=description, clips=int(used.sum()), minutes=round(minutes, 2))
