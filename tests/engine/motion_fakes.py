"""Motions to export, a person of tubes in smooth random poses, and plain readers of what no reader of ours opens."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from body_fakes import random_pose, tube_body

from engine.body import library
from engine.export.motion.chosen import wearing
from engine.export.motion.motion import Motion
from engine.kinds import as_joints
from engine.motion.pose import BodyPose
from engine.motion.skeleton import SMPL_24

HZ = 60.0


def person(frames: int = 40, *, own_bones: bool = True, times: np.ndarray | None = None, amount: float = 0.5) -> Motion:
    """A person's motion at 60 Hz or at these times; own_bones: longer than the body's, each by another factor."""
    model = replace(tube_body(), about="Made of tubes.")
    library.add(model)
    pose = random_pose(frames, amount=amount)
    if own_bones:
        factors = 1 + 0.1 * np.random.default_rng(1).random((24, 1))
        pose = replace(pose, offsets=factors * model.offsets(pose.shape))
    return of_pose(pose if times is None else pose.at(times))


def of_pose(pose: BodyPose) -> Motion:
    joints = as_joints(pose, SMPL_24)
    return wearing(Motion("walk", "truth", joints, None, HZ, "walk.bvh", notes=("Made up.",)), pose)


def read_trc(path):
    """(rate, unit, labels, times (T,), positions (T, J, 3) metres, NaN where a cell is empty)."""
    lines = path.read_text().split("\n")
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    labels = [name for name in lines[3].split("\t")[2:] if name]
    rows = [line.split("\t") for line in lines[6:] if line]
    assert all(len(row) == 2 + 3 * len(labels) for row in rows) and len(rows) == int(head["NumFrames"])
    values = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
    assert head["Units"] == "mm" and lines[5] == "" and lines[0].startswith("PathFileType\t4\t(X/Y/Z)\t")
    return float(head["DataRate"]), labels, values[:, 1], values[:, 2:].reshape(len(rows), -1, 3) / 1000


def read_c3d(path):
    """(rate, labels, positions (T, J, 3) metres, residuals (T, J), reader)."""
    from c3d import Reader

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = Reader(file)
        points = np.array([points for _, points, _ in reader.read_frames()], float)
    return (
        float(reader.point_rate),
        [label.strip() for label in reader.point_labels],
        points[..., :3] / 1000,
        points[..., 3],
        reader,
    )
