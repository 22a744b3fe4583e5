"""Poses: what truth and predictions are made of.

Arrays are frames first, metres, seconds, quaternions wxyz. Every pose gives joints, only a body gives a mesh, only
scores give labels: ask `engine.kinds`, not for the type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from engine.motion.interpolation import interpolate, neighbours
from engine.motion.skeleton import SMPL_24, Skeleton
from engine.pieces import by_pieces

Float = NDArray[np.float64]
Frames = slice | NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Joints:
    """Joint positions of one person over time.

    times       (T,) seconds, strictly increasing
    positions   (T, J, 3) metres
    confidence  (T, J) in [0, 1]; None where it is not known
    frame       the axes: of the world (Z up) or of the camera (x right, y down, z forward)
    rooted      whether the person has a place; False: the root is at the origin
    """

    times: Float
    positions: Float
    skeleton: Skeleton
    confidence: Float | None = None
    frame: Literal["world", "camera"] = "world"
    rooted: bool = True

    def __post_init__(self) -> None:
        expected = (len(self.times), len(self.skeleton), 3)
        if self.positions.shape != expected:
            raise ValueError(f"positions are {self.positions.shape}, expected {expected}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        confidence = None if self.confidence is None else self.confidence[frames]
        return replace(self, times=self.times[frames], positions=self.positions[frames], confidence=confidence)

    def at(self, times: Float) -> Self:
        """Interpolated linearly to times (N,) seconds; constant beyond the ends."""
        if np.array_equal(times, self.times):
            return self
        confidence = None if self.confidence is None else interpolate(self.confidence, self.times, times)
        positions = interpolate(self.positions, self.times, times)
        return replace(self, times=times, positions=positions, confidence=confidence)

    def in_world(self, turn: Float, shift: Float) -> Self:
        """From other axes: turned by (3, 3) or (T, 3, 3), on column vectors, then shifted by (T, 3) metres."""
        positions = self.positions @ np.swapaxes(turn, -1, -2)
        positions += shift[:, None]
        return replace(self, positions=positions, frame="world", rooted=True)


@dataclass(frozen=True, eq=False)
class BodyPose:
    """The pose of a parametric body over time, in SMPL's tree of 24 joints.

    times      (T,) seconds, strictly increasing
    rotations  (T, 24, 4) of each joint in its parent's axes; joint 0 in the frame's
    root       (T, 3) place of joint 0, metres; None where it is not known: at the origin
    shape      (S,) coefficients of the body's shape directions
    body       the name of the body model
    offsets    (24, 3) of each joint from its parent at rest, metres, of this person's skeleton, which then wears the
               body's mesh; None: those of the body in that shape
    frame      the axes: of the world (Z up) or of the camera (x right, y down, z forward)
    """

    times: Float
    rotations: Float
    root: Float | None
    shape: Float
    body: str
    offsets: Float | None = None
    frame: Literal["world", "camera"] = "world"

    def __post_init__(self) -> None:
        expected = (len(self.times), len(SMPL_24), 4)
        if self.rotations.shape != expected:
            raise ValueError(f"rotations are {self.rotations.shape}, expected {expected}")

    def __len__(self) -> int:
        return len(self.times)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        root = None if self.root is None else self.root[frames]
        return replace(self, times=self.times[frames], rotations=self.rotations[frames], root=root)

    def at(self, times: Float) -> Self:
        """Interpolated to times (N,) seconds, rotations the shorter way round; constant beyond the ends."""
        if np.array_equal(times, self.times):
            return self
        root = None if self.root is None else interpolate(self.root, self.times, times)
        return replace(self, times=times, rotations=rotations_at(self.rotations, self.times, times), root=root)

    def in_world(self, turn: Float, shift: Float) -> Self:
        """From other axes: turned by (3, 3) or (T, 3, 3), on column vectors, then shifted by (T, 3) metres."""
        from engine.motion.rotations import matrix_to_quat, multiply  # as below

        rotations = self.rotations.copy()
        rotations[:, 0] = multiply(matrix_to_quat(turn), rotations[:, 0])
        root = shift if self.root is None else (turn @ self.root[..., None])[..., 0] + shift
        return replace(self, rotations=rotations, root=root, frame="world")


Pose = Joints | BodyPose


@dataclass(frozen=True, eq=False)
class Person:
    """One of several people; single-person models give one.

    present  (T,) whether the person is there in each frame of the pose
    """

    id: str
    pose: Pose
    present: NDArray[np.bool_]

    @classmethod
    def always(cls, name: str, pose: Pose) -> Self:
        """Somebody who is there in every frame."""
        return cls(name, pose, np.ones(len(pose), bool))


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How likely each label is, over time.

    times          (T,) seconds, or spans (N, 2): seconds from and to
    labels         (C,)
    probabilities  (T, C) or (N, C), each row adding up to 1
    """

    times: Float
    labels: Sequence[str]
    probabilities: Float

    def __post_init__(self) -> None:
        expected = (len(self.times), len(self.labels))
        if self.probabilities.shape != expected:
            raise ValueError(f"probabilities are {self.probabilities.shape}, expected {expected}")

    def __len__(self) -> int:
        return len(self.times)

    @property
    def best(self) -> NDArray[np.intp]:
        """(T,) or (N,) the number of the likeliest label; the first of equally likely ones."""
        return np.argmax(self.probabilities, 1)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(self, times=self.times[frames], probabilities=self.probabilities[frames])

    def at(self, times: Float) -> Self:
        """Interpolated linearly to times (N,) seconds; constant beyond the ends. Not of spans."""
        return replace(self, times=times, probabilities=interpolate(self.probabilities, self.times, times))


Prediction = Joints | BodyPose | ClassScores
Truth = tuple[Person, ...] | ClassScores | None


def rotations_at(rotations: Float, times: Float, at: Float) -> Float:
    """Quaternions (T, ..., 4) at times (T,) -> (N, ..., 4) at times (N,), the shorter way; constant beyond the ends."""
    from engine.motion.rotations import slerp  # with SciPy; here, so that a start need not wait for it

    before, after, weight = neighbours(times, at)
    weight = weight.reshape(-1, *[1] * (rotations.ndim - 2))

    def between(part: slice) -> Float:
        a, b = rotations[before[part]], rotations[after[part]]
        return slerp(a, b, np.broadcast_to(weight[part], a.shape[:-1]))

    return by_pieces(between, len(at))
