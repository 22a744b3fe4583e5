"""BVH: the rotations of a body with its person's bones, centimetres, Y up, at rest in a T-pose that faces +Z.

The format has no place for unit and axes: a JSON file beside it (walk.bvh.json) states them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.model import FROM_SMPL, Body
from engine.export.motion.clock import at_fixed_rate
from engine.export.motion.motion import CENTIMETRES, Motion, Written, rest_offsets, root_of, statement
from engine.motion.rotations import change_axes, quat_to_euler
from engine.motion.skeleton import SMPL_24
from engine.progress import Progress
from engine.writing import save_json, save_text

Float = NDArray[np.float64]

AXES = "right-handed, Y up, a subject at rest faces +Z, the left at +X"
ORDER = "ZXY"
ROOT_CHANNELS = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
CHANNELS = "CHANNELS 3 Zrotation Xrotation Yrotation"
SHORTEST_END_M = 0.03


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write the body's motion, and beside it the statement."""
    motion, rate = at_fixed_rate(motion)
    pose = motion.body
    assert pose is not None
    model = body(pose.body)
    to_file = FROM_SMPL.T
    offsets = rest_offsets(model, pose)
    ends = end_sites(model, pose.shape, offsets)
    hierarchy: list[str] = []
    order = list(_write_joint(SMPL_24.root, 100 * offsets @ to_file.T, 100 * ends @ to_file.T, hierarchy, ""))

    root = 100 * root_of(pose) @ to_file.T
    turns = np.degrees(quat_to_euler(change_axes(pose.rotations[:, order], to_file), ORDER))
    turns = np.unwrap(turns, period=360, axis=0)  # so that a program that blends frames does not turn a joint round
    values = np.concatenate([root, turns.reshape(len(pose), -1)], axis=1)
    rows = []
    for frame, row in enumerate(values):
        if frame % 200 == 0:
            progress(frame / len(values), f"frame {frame + 1} of {len(values)}")
        rows.append(" ".join(f"{value:.6f}" for value in row))
    head = ["HIERARCHY", *hierarchy, "MOTION", f"Frames: {len(values)}", f"Frame Time: {1 / rate:.12g}"]
    beside = path.with_name(f"{path.name}.json")
    save_text("\n".join([*head, *rows, ""]), path)
    said = statement(motion, unit=CENTIMETRES, axes=AXES, rate_hz=rate)
    save_json(said, beside)
    return Written((path, beside), motion.notes)


def end_sites(model: Body, shape: Float, offsets: Float) -> Float:
    """(24, 3) metres from each joint to where its bone ends, the program's axes; of joints with children unused.

    A last bone goes on in the direction in which it came, to the farthest of its vertices.
    """
    vertices, joints, strongest = model.shaped(shape), model.joints(shape), model.weights.argmax(1)
    ends = np.zeros((len(SMPL_24), 3))
    for joint in set(range(len(SMPL_24))) - set(SMPL_24.parents):
        direction = offsets[joint] / np.linalg.norm(offsets[joint])
        beyond = (vertices[strongest == joint] - joints[joint]) @ direction
        ends[joint] = max(SHORTEST_END_M, float(beyond.max(initial=0.0))) * direction
    return ends


def _write_joint(joint: int, offsets: Float, ends: Float, out: list[str], indent: str) -> list[int]:
    """Write a joint and all below it; returns their indices in the order of the file."""
    is_root = SMPL_24.parents[joint] < 0
    name = SMPL_24.names[joint].replace(" ", "_")
    out += [f"{indent}{'ROOT' if is_root else 'JOINT'} {name}", f"{indent}{{"]
    out += [f"{indent}  {_offset(np.zeros(3) if is_root else offsets[joint])}"]
    out += [f"{indent}  {ROOT_CHANNELS if is_root else CHANNELS}"]
    written = [joint]
    children = [k for k, parent in enumerate(SMPL_24.parents) if parent == joint]
    for child in children:
        written += _write_joint(child, offsets, ends, out, indent + "  ")
    if not children:
        out += [f"{indent}  End Site", f"{indent}  {{", f"{indent}    {_offset(ends[joint])}", f"{indent}  }}"]
    out.append(f"{indent}}}")
    return written


def _offset(offset: Float) -> str:
    return "OFFSET " + " ".join(f"{value:.6f}" for value in offset)
