"""A stand-in body of tubes: SMPL's layout without a person's form, for tests of what any body must do."""

from __future__ import annotations

import numpy as np

from engine.body.model import Body, from_smpl_axes
from engine.motion.pose import BodyPose
from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import H36M_17, SMPL_24

LEFT = {  # metres, SMPL's axes: x left, y up, z forwards
    "hip": (0.115, -0.017, -0.009), "knee": (0.131, -0.411, 0.022), "ankle": (0.159, -0.847, -0.013),
    "foot": (0.176, -0.898, 0.136), "collar": (0.024, 0.475, 0.017), "shoulder": (0.178, 0.484, 0.012),
    "elbow": (0.442, 0.484, 0.012), "wrist": (0.677, 0.484, 0.012), "hand": (0.783, 0.484, 0.012),
}  # fmt: skip
MIDDLE = {
    "pelvis": (0.0, 0.0, 0.0), "spine1": (0.0, 0.082, -0.039), "spine2": (0.0, 0.237, -0.029),
    "spine3": (0.0, 0.366, -0.038), "neck": (0.0, 0.553, 0.003), "head": (0.0, 0.649, 0.035),
}  # fmt: skip
RINGS, AROUND = 12, 24


def rest_joints() -> np.ndarray:
    """(24, 3) metres, SMPL's axes."""
    sides = {f"{side} {joint}": np.array(at) * (sign, 1, 1) for side, sign in (("left", 1), ("right", -1))
             for joint, at in LEFT.items()}  # fmt: skip
    return np.array([(MIDDLE | sides)[name] for name in SMPL_24.names])


def smpl_arrays(shapes: int = 10, seed: int = 0) -> dict[str, np.ndarray]:
    """The arrays of a file in SMPL's layout: 6,624 vertices, 24 of them around each of 12 rings of 23 tubes."""
    random = np.random.default_rng(seed)
    joints, parents = rest_joints(), SMPL_24.parents
    vertices, weights, faces = [], [], []
    angle = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    for child in range(1, 24):
        a, b = joints[parents[child]], joints[child]
        axis = (b - a) / np.linalg.norm(b - a)
        u = np.cross(axis, [0.3, 0.2, 0.9])
        u /= np.linalg.norm(u)
        circle = 0.05 * (np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * np.cross(axis, u))
        start = len(vertices) * RINGS * AROUND
        share = np.linspace(0, 1, RINGS)
        vertices.append((a + share[:, None, None] * (b - a) + circle).reshape(-1, 3))
        w = np.zeros((RINGS, AROUND, 24))
        w[:, :, parents[child]], w[:, :, child] = (1 - share**4)[:, None], (share**4)[:, None]
        weights.append(w.reshape(-1, 24))
        for ring in range(RINGS - 1):
            for k in range(AROUND):
                p, q = start + ring * AROUND + k, start + ring * AROUND + (k + 1) % AROUND
                faces += [(p, q, p + AROUND), (q, q + AROUND, p + AROUND)]
    template = np.concatenate(vertices)
    regressor = np.zeros((24, len(template)))
    for child in range(1, 24):  # the last ring lies around the child, the first one around its parent
        start = (child - 1) * RINGS * AROUND
        regressor[child, start + (RINGS - 1) * AROUND : start + RINGS * AROUND] = 1 / AROUND
    regressor[0, :AROUND] = 1 / AROUND
    directions = np.zeros((len(template), 3, 207))
    some = random.choice(len(template), 600, replace=False)
    directions[some[:, None], :, random.integers(0, 207, (600, 9))] = 0.01 * random.normal(size=(600, 9, 3))
    return {
        "v_template": template,
        "shapedirs": 0.01 * random.normal(size=(*template.shape, shapes)),
        "posedirs": directions,
        "J_regressor": regressor,
        "weights": np.concatenate(weights),
        "kintree_table": np.array([parents, range(24)]),
        "f": np.array(faces, np.int32),
    }


def tube_body(seed: int = 0) -> Body:
    """The stand-in as a body; H36M-17 from its joints' rows, as near as names go."""
    arrays = smpl_arrays(seed=seed)
    alias = {"spine": "spine2", "thorax": "neck", "nose": "head", "head top": "head"}
    rows = [SMPL_24.index(alias.get(name, name)) for name in H36M_17.names]
    return from_smpl_axes(
        "tubes", template=arrays["v_template"], faces=arrays["f"], shape_directions=arrays["shapedirs"],
        pose_directions=arrays["posedirs"], joint_regressor=arrays["J_regressor"], weights=arrays["weights"],
        regressors={"H36M-17": arrays["J_regressor"][rows]},
    )  # fmt: skip


def random_pose(frames: int, body: str = "tubes", *, amount: float = 0.5, seed: int = 0) -> BodyPose:
    """Smooth random rotations of every joint, 60 Hz."""
    random = np.random.default_rng(seed)
    times = np.arange(frames) / 60
    phase = random.uniform(0, 2 * np.pi, (24, 3))
    vectors = amount * np.sin(2 * np.pi * 0.5 * times[:, None, None] + phase)
    root = np.stack([0.3 * times, np.sin(times), 0.95 + 0.02 * np.sin(6 * times)], axis=-1)
    return BodyPose(times, axis_angle_to_quat(vectors), root, random.normal(size=10), body)
