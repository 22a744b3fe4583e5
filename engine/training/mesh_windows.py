"""Training windows of bodies seen by random virtual cameras, as batches for mesh recovery.

Motion and people are varied as for trackers (`engine.training.body_windows`), cameras, noise and hidden joints as for
lifting (`engine.training.motions`). Keypoints are H36M-17 in the mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.models.lifting.follow import follow
from engine.motion.rotations import matrix_to_quat, multiply, quat_to_matrix
from engine.motion.skeleton import SMPL_24
from engine.training.body_motions import SOURCE_HZ
from engine.training.body_windows import UNTRUSTED, BodyWindows, BodyWindowSettings
from engine.training.motions import WindowSettings, degrade, in_cameras, random_cameras
from engine.training.worn_points import WornPoints

Float = NDArray[np.float64]

SLACK = 2
"""Frames that a window needs beyond what it shows."""


@dataclass(frozen=True, eq=False)
class MeshBatch:
    """B windows of F frames.

    inputs     (B, F, 17, 3) follow-camera x, y, confidence
    rotations  (B, F, 24, 3, 3) local, joint 0 in the follow camera's axes
    offsets    (B, 24, 3) rest offsets of the people, metres
    known      (B, 24) whether the rotation of a joint can be trusted
    """

    inputs: NDArray[np.float32]
    rotations: NDArray[np.float32]
    offsets: NDArray[np.float32]
    known: NDArray[np.bool_]


def mesh_batch(
    windows: BodyWindows,
    settings: WindowSettings,
    points: WornPoints,
    rng: np.random.Generator,
    *,
    first: NDArray[np.int64] | None = None,
) -> MeshBatch:
    """One batch. first (B,): windows that start there, people and motion as they are.

    Raises ValueError where no clip is long enough.
    """
    warp = settings.warp if first is None else 1.0
    elapsed = settings.times * SOURCE_HZ
    plain = first is not None
    if first is None:
        first = rng.choice(starts(windows, int(np.ceil(elapsed[-1] * warp)) + SLACK), settings.batch)
    speed = np.exp(rng.uniform(-1, 1, (len(first), 1)) * np.log(warp))
    body_settings = BodyWindowSettings(settings.frames, len(first), own=False, exchange=settings.exchange, plain=plain)
    rotations, root, offsets, trusted = windows.played(body_settings, first, speed * elapsed, rng)
    world = root[:, :, None].astype(np.float32) + _points(points, rotations, offsets)
    axes, centre = random_cameras(world, rng)
    camera = in_cameras(world, axes, centre)
    rays, confidence = camera[..., :2] / camera[..., 2:], np.ones(camera.shape[:-1], np.float32)
    rays, confidence = degrade(rays, confidence, settings, rng)
    times = np.broadcast_to(settings.times, rays.shape[:2])
    seen = follow(rays.astype(float), confidence.astype(float), times, causal=settings.causal)
    turn = seen.rotation @ axes[:, None]
    rotations[:, :, 0] = multiply(matrix_to_quat(turn), rotations[:, :, 0])
    known = np.ones((len(first), len(SMPL_24)), bool)
    for sure, joints in zip(trusted.T, UNTRUSTED, strict=True):
        known[np.ix_(~sure, joints)] = False
    matrices = quat_to_matrix(rotations).astype(np.float32)
    return MeshBatch(seen.inputs.astype(np.float32), matrices, offsets.astype(np.float32), known)


def starts(windows: BodyWindows, frames: int) -> NDArray[np.int64]:
    """Where a window of so many good frames can start, whatever can be trusted. Raises ValueError where nowhere."""
    found = np.concatenate([windows.starts(frames, trusted=trusted) for trusted in (True, False)])
    if not len(found):
        raise ValueError(f"no clip holds {frames} good frames in a row")
    return found


def _points(points: WornPoints, rotations: Float, offsets: Float) -> NDArray[np.float32]:
    """H36M-17 (B, F, 17, 3) around joint 0."""
    batch, frames = rotations.shape[:2]
    with torch.no_grad():
        matrices = torch.from_numpy(quat_to_matrix(rotations).astype(np.float32)).flatten(0, 1)
        bones = torch.from_numpy(offsets.astype(np.float32)).repeat_interleave(frames, 0)
        found = points(matrices, bones)
        joints = found.joints + found.pelvis[:, None]
    return np.asarray(joints.reshape(batch, frames, -1, 3).numpy())
