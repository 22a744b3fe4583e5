"""Binary glTF 2.0 of a body's motion: a skinned mesh on 24 joints, with rotations and the root's place animated.

A vertex goes where the program's own skinning puts it, v = sum w (R (v_rest - J) + p), without the corrective pose
directions: inverse bind matrices hold the mesh's rest joints J, the joints' nodes this person's offsets. glTF is Y up;
a node above everything turns the program's axes to that.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.export.motion.motion import GENERATOR, METRES, Motion, Written, rest_offsets, root_of, statement
from engine.motion.skeleton import SMPL_24
from engine.progress import Progress
from engine.writing import save_bytes

if TYPE_CHECKING:
    from pygltflib import GLTF2

Float = NDArray[np.float64]

AXES = "right-handed, Y up, a subject at rest faces +Z, the left at +X; below the root node: Z up, faces -Y"
TO_Y_UP = [-(0.5**0.5), 0.0, 0.0, 0.5**0.5]
"""Quaternion xyzw, 90 degrees about -X: Z up to Y up."""
INFLUENCES = 4
NO_CORRECTIONS = (
    "Corrective pose directions are left out: glTF has none, so skin near strongly bent joints differs a little."
)


def write(motion: Motion, path: Path, progress: Progress) -> Written:
    """Write a clip's body, at its frames' own times from the first one on."""
    import pygltflib as g

    pose = motion.body
    assert pose is not None
    progress(0.0, f"{len(pose)} frames")
    model = body(pose.body)
    notes = [NO_CORRECTIONS] if len(model.corrected) else []
    joints, weights, lost = strongest(model.weights)
    if lost > 0:
        notes.append(f"Of a vertex's weights the {INFLUENCES} largest are kept; the others were at most {lost:.3f}.")
    motion = motion.noting(*notes)

    made = Buffers(g.GLTF2(), g)
    rest = model.shaped(pose.shape)
    primitive = g.Primitive(
        attributes=g.Attributes(
            POSITION=made.add(rest.astype(np.float32), "VEC3", g.ARRAY_BUFFER, bounds=True),
            NORMAL=made.add(normals(rest, model.faces).astype(np.float32), "VEC3", g.ARRAY_BUFFER),
            JOINTS_0=made.add(joints, "VEC4", g.ARRAY_BUFFER),
            WEIGHTS_0=made.add(weights.astype(np.float32), "VEC4", g.ARRAY_BUFFER),
        ),
        indices=made.add(model.faces.astype(np.uint32).reshape(-1), "SCALAR", g.ELEMENT_ARRAY_BUFFER),
        material=0,
    )
    binds = made.add(inverse_binds(model.joints(pose.shape)).astype(np.float32), "MAT4")
    root = root_of(pose)
    times = made.add((pose.times - pose.times[0]).astype(np.float32), "SCALAR", bounds=True)
    turns = continuous(pose.rotations)[..., [1, 2, 3, 0]].astype(np.float32)
    tracks = [made.add(np.ascontiguousarray(turns[:, j]), "VEC4") for j in range(len(SMPL_24))]
    place = made.add(root.astype(np.float32), "VEC3")

    gltf = made.gltf
    said = statement(motion, unit=METRES, axes=AXES)
    gltf.asset = g.Asset(version="2.0", generator=GENERATOR, extras=json.loads(json.dumps(said)))
    gltf.materials = [_material(g, motion.colour)]
    gltf.meshes = [g.Mesh(name=pose.body, primitives=[primitive])]
    gltf.nodes = _nodes(g, motion.name, rest_offsets(model, pose), root[0])
    gltf.skins = [g.Skin(name="skin", inverseBindMatrices=binds, joints=list(range(24)), skeleton=SMPL_24.root)]
    gltf.animations = [_animation(g, motion.name, times, tracks, place)]
    gltf.scenes = [g.Scene(name=motion.name, nodes=[len(gltf.nodes) - 1, len(gltf.nodes) - 2])]
    gltf.scene = 0
    save_bytes(made.file(), path)
    return Written((path,), motion.notes)


class Buffers:
    """Collects arrays as accessors on one binary buffer; each begins at a multiple of four bytes."""

    def __init__(self, gltf: GLTF2, module: Any) -> None:
        self.gltf, self._g = gltf, module
        self._data = bytearray()
        self._types = {
            np.dtype(np.float32): module.FLOAT,
            np.dtype(np.uint8): module.UNSIGNED_BYTE,
            np.dtype(np.uint32): module.UNSIGNED_INT,
        }

    def add(self, array: NDArray[Any], kind: str, target: int | None = None, *, bounds: bool = False) -> int:
        """Add an array of `kind` ("VEC3" ...), elements first; bounds: state least and largest. Returns its index."""
        self._data += b"\0" * (-len(self._data) % 4)
        data = array.tobytes()
        view = self._g.BufferView(buffer=0, byteOffset=len(self._data), byteLength=len(data), target=target)
        self._data += data
        self.gltf.bufferViews.append(view)
        accessor = self._g.Accessor(
            bufferView=len(self.gltf.bufferViews) - 1,
            componentType=self._types[array.dtype],
            count=len(array),
            type=kind,
        )
        if bounds:
            flat = array.reshape(len(array), -1)
            accessor.min, accessor.max = flat.min(0).tolist(), flat.max(0).tolist()
        self.gltf.accessors.append(accessor)
        return len(self.gltf.accessors) - 1

    def file(self) -> bytes:
        """The whole file."""
        self.gltf.buffers = [self._g.Buffer(byteLength=len(self._data))]
        self.gltf.set_binary_blob(bytes(self._data))
        return b"".join(self.gltf.save_to_bytes())


def strongest(weights: Float) -> tuple[NDArray[np.uint8], Float, float]:
    """The largest weights of each vertex: (V, 4) joints, (V, 4) weights adding up to 1, the largest left out."""
    order = np.argsort(-weights, axis=1, kind="stable")
    joints = order[:, :INFLUENCES].astype(np.uint8)
    kept = np.take_along_axis(weights, order[:, :INFLUENCES], axis=1)
    lost = float(np.take_along_axis(weights, order[:, INFLUENCES:], axis=1).max(initial=0.0))
    joints[kept == 0] = 0  # glTF: a joint without weight is 0
    return joints, kept / kept.sum(1, keepdims=True), lost


def inverse_binds(joints: Float) -> Float:
    """Rest joints (24, 3) -> (24, 16) matrices that move each to the origin, column after column."""
    matrices = np.tile(np.eye(4), (len(joints), 1, 1))
    matrices[:, :3, 3] = -joints
    return matrices.transpose(0, 2, 1).reshape(len(joints), 16)


def normals(vertices: Float, faces: NDArray[np.int32]) -> Float:
    """Unit normals (V, 3) of vertices, weighted by the area of their faces."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, faces[:, k], across)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 0, total / np.where(length > 0, length, 1.0), [0.0, 0.0, 1.0])


def continuous(rotations: Float) -> Float:
    """Quaternions (T, J, 4) with the signs that make each follow the one before the shorter way."""
    against = np.sum(rotations[1:] * rotations[:-1], axis=-1) < 0
    signs = np.cumprod(np.where(against, -1.0, 1.0), axis=0)
    turned = rotations.copy()
    turned[1:] *= signs[..., None]
    return turned


def _nodes(g: Any, name: str, offsets: Float, root: Float) -> list[Any]:
    """Joints 0 to 23, the mesh, which its joints alone place, and the root above the joints."""
    nodes = []
    for joint, label in enumerate(SMPL_24.names):
        place = root if SMPL_24.parents[joint] < 0 else offsets[joint]
        children = [k for k, parent in enumerate(SMPL_24.parents) if parent == joint]
        nodes.append(g.Node(name=label, translation=place.tolist(), rotation=[0.0, 0.0, 0.0, 1.0], children=children))
    nodes.append(g.Node(name="mesh", mesh=0, skin=0))
    nodes.append(g.Node(name=name, rotation=TO_Y_UP, children=[SMPL_24.root]))
    return nodes


def _animation(g: Any, name: str, times: int, tracks: list[int], place: int) -> Any:
    samplers = [g.AnimationSampler(input=times, output=track, interpolation="LINEAR") for track in (*tracks, place)]
    targets = [(j, "rotation") for j in range(len(tracks))] + [(SMPL_24.root, "translation")]
    channels = [
        g.AnimationChannel(sampler=k, target=g.AnimationChannelTarget(node=node, path=what))
        for k, (node, what) in enumerate(targets)
    ]
    return g.Animation(name=name, samplers=samplers, channels=channels)


def _material(g: Any, colour: tuple[int, int, int]) -> Any:
    linear = [(c / 255) ** 2.2 for c in colour]
    surface = g.PbrMetallicRoughness(baseColorFactor=[*linear, 1.0], metallicFactor=0.0, roughnessFactor=0.8)
    return g.Material(name="body", pbrMetallicRoughness=surface, doubleSided=True)
