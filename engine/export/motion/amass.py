"""AMASS-like npz: rotations of a body as SMPL's axis-angles, in the keys of AMASS, metres, Z up.

poses (T, 72) radians; trans (T, 3); betas; mocap_framerate; gender "neutral"
kinestate_body     the body model's name
kinestate_offsets  (24, 3) metres of each joint from its parent at rest, of this person, in SMPL's axes (Y up,
                   faces +Z); the first is what is added to trans to reach the pelvis
kinestate_shape    the body's own coefficients; `betas` are zero where they are not SMPL's
kinestate_about    what the file holds, as JSON
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from engine.body.library import MANNEQUIN, body
from engine.body.model import FROM_SMPL
from engine.export.motion.clock import at_fixed_rate
from engine.export.motion.motion import METRES, Motion, Written, rest_offsets, root_of, statement
from engine.motion.rotations import change_axes, matrix_to_quat, multiply, quat_to_axis_angle
from engine.progress import Progress
from engine.writing import save_bytes

BETAS = 10


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write the body's motion."""
    motion, rate = at_fixed_rate(motion)
    pose = motion.body
    assert pose is not None
    progress(0.0, f"{len(pose)} frames")
    model = body(pose.body)
    offsets = rest_offsets(model, pose) @ FROM_SMPL
    offsets[0] = model.joints(pose.shape)[0] @ FROM_SMPL

    turns = change_axes(pose.rotations, FROM_SMPL.T)
    turns[:, 0] = multiply(pose.rotations[:, 0], matrix_to_quat(FROM_SMPL))
    shape = np.zeros(model.shape_directions.shape[2])
    shape[: len(pose.shape)] = pose.shape
    betas = np.zeros(BETAS)
    if not pose.body.startswith(MANNEQUIN):
        betas[: len(shape)] = shape[:BETAS]
    said = statement(motion, unit=METRES, rate_hz=rate)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        allow_pickle=False,
        poses=quat_to_axis_angle(turns).reshape(len(pose), -1),
        trans=root_of(pose) - offsets[0],
        betas=betas,
        gender=np.array("neutral"),
        mocap_framerate=np.array(rate),
        kinestate_body=np.array(pose.body),
        kinestate_offsets=offsets,
        kinestate_shape=shape,
        kinestate_about=np.array(json.dumps(said)),
    )
    save_bytes(file.getvalue(), path)
    return Written((path,), motion.notes)
