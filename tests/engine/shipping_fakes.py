"""Made-up motion capture for whole training runs: people who swing, as splits whose files hold their bodies."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from body_fakes import random_pose

from engine.body import library
from engine.data.formats.kinestate_npz import save_clip
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY
from engine.motion.skeleton import SMPL_24


@dataclass
class Fitted:
    pose: BodyPose
    trusted: tuple[str, ...] = ("head", "hands")

    @property
    def errors_m(self) -> np.ndarray:
        return np.full((len(self.pose), 5), 0.01)


def person(seed: int, frames: int = 700) -> BodyPose:
    pose = random_pose(frames, "kinestate", seed=seed, amount=0.3)
    rotations = pose.rotations.copy()
    rotations[:, 22:] = IDENTITY
    return replace(pose, rotations=rotations, shape=np.zeros(10), offsets=library.body().offsets(np.zeros(10)))


def clip_of(pose: BodyPose, name: str) -> MotionClip:
    return MotionClip(name, pose.times, as_joints(pose, SMPL_24).positions, SMPL_24, subject="s", category="swings")


def write_splits(folder: Path, splits: tuple[str, ...] = ("val", "test"), frames: int = 90) -> None:
    """One clip in each split's archive."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, split in enumerate(splits):
        pose, file = person(seed, frames), folder / f"{split}.npz"
        save_clip(file, replace(clip_of(pose, split), body=pose))
        with tarfile.open(folder / f"{split}.tar.xz", "w:xz") as archive:
            archive.add(file, file.name)
        file.unlink()


def made_up_fits(folder: Path, split: str) -> Iterator[tuple[MotionClip, Fitted]]:
    """In place of `engine.training.body_motions.body_motions`."""
    yield clip_of(person(5), split), Fitted(person(5))
