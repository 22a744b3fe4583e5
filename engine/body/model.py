"""Parametric bodies in SMPL's layout: template, shape and pose directions, joint regressors, skinning weights.

SMPL: Loper et al., SIGGRAPH Asia 2015. Its files are Y up and face +Z; in memory a body has Kinestate's axes: Z up, at
rest in a T-pose that faces -Y, the left at +X. Identity rotations are that rest pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import SMPL_24, Skeleton

Float = NDArray[np.float64]

FROM_SMPL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""Rotation (3, 3), on column vectors, from SMPL's axes to Kinestate's."""
POSE_FEATURES = 9 * (len(SMPL_24) - 1)
"""R - I of joints 1 to 23, row after row: what the pose directions are multiplied by (SMPL, equation 9)."""


@dataclass(frozen=True, eq=False)
class Body:
    """A body of V vertices over SMPL's tree of 24 joints. Metres.

    template          (V, 3) at rest, of the mean shape
    faces             (F, 3) triangles, counter-clockwise from outside
    shape_directions  (V, 3, S) what one unit of each shape coefficient adds
    pose_directions   (V, 3, 207) what `pose_features` add before skinning
    joint_regressor   (24, V) rest joints from rest vertices
    weights           (V, 24) skinning weights, rows that add up to 1
    regressors        joints of other skeletons from posed vertices, by the skeleton's name: (J, V)
    controls          named shape: (names, (features, S) coefficients of `shape_from`); None where there is none
    about             where it comes from, and its licence
    """

    name: str
    template: Float
    faces: NDArray[np.int32]
    shape_directions: Float
    pose_directions: NDArray[np.float32]
    joint_regressor: Float
    weights: Float
    regressors: Mapping[str, Float] = field(default_factory=dict)
    controls: tuple[tuple[str, ...], Float] | None = None
    about: str = ""

    def __len__(self) -> int:
        return len(self.template)

    @property
    def skeleton(self) -> Skeleton:
        return SMPL_24

    @cached_property
    def corrected(self) -> NDArray[np.intp]:
        """(N,) the vertices that some pose direction moves."""
        return np.flatnonzero(np.abs(self.pose_directions).max((1, 2)) > 0)

    def shaped(self, shape: Float) -> Float:
        """Rest vertices (V, 3) for shape coefficients (S,), of which the last may be left out."""
        shape = np.asarray(shape, float)
        return np.asarray(self.template + self.shape_directions[..., : len(shape)] @ shape)

    def joints(self, shape: Float) -> Float:
        """Rest joints (24, 3) for shape coefficients (S,)."""
        return np.asarray(self.joint_regressor @ self.shaped(shape))

    def offsets(self, shape: Float) -> Float:
        """(24, 3) of each rest joint from its parent; the pelvis from the template's origin."""
        joints = self.joints(shape)
        parents = np.array(SMPL_24.parents)
        return np.where(parents[:, None] < 0, joints, joints - joints[parents])

    def height_m(self, shape: Float) -> float:
        """Standing height in the rest pose, metres."""
        return float(np.ptp(self.shaped(shape)[:, 2]))

    def shape_from(self, **controls: float) -> Float:
        """Shape coefficients (S,) from named controls in [0, 1], 0.5 where left out. Raises ValueError for other names.

        Their products of two are used as well, as far as `controls` has coefficients for them.
        """
        names, coefficients = self.controls or ((), np.zeros((1, self.shape_directions.shape[2])))
        if unknown := set(controls) - set(names):
            raise ValueError(f"{self.name} has no control {', '.join(sorted(unknown))}; it has {', '.join(names)}")
        features = control_features(np.array([controls.get(name, 0.5) for name in names]))
        return np.asarray(features[: len(coefficients)] @ coefficients)


def control_features(values: Float) -> Float:
    """1, the values (..., N), and their products of two: (..., 1 + N + N (N + 1) / 2)."""
    first, second = np.triu_indices(values.shape[-1])
    ones = np.ones((*values.shape[:-1], 1))
    return np.concatenate([ones, values, values[..., first] * values[..., second]], axis=-1)


def pose_features(matrices: Float) -> Float:
    """Local rotation matrices (..., 24, 3, 3) -> R - I of all joints but the root (..., 207)."""
    return np.asarray((matrices[..., 1:, :, :] - np.eye(3)).reshape(*matrices.shape[:-3], POSE_FEATURES))


def from_smpl_axes(
    name: str,
    *,
    template: Float,
    faces: NDArray[np.integer],
    shape_directions: Float,
    pose_directions: NDArray[np.floating],
    joint_regressor: Float,
    weights: Float,
    regressors: Mapping[str, Float] | None = None,
    controls: tuple[tuple[str, ...], Float] | None = None,
    about: str = "",
) -> Body:
    """A body from arrays in SMPL's axes, as its files have them; shapes as in `Body`."""
    features = np.kron(FROM_SMPL, FROM_SMPL)  # of vec(C R C^T) from vec(R), row after row
    turned = np.einsum("ab,vbf->vaf", FROM_SMPL, np.asarray(pose_directions, np.float64))
    turned = (turned.reshape(*turned.shape[:2], -1, 9) @ features.T).reshape(turned.shape)
    return Body(
        name=name,
        template=template @ FROM_SMPL.T,
        faces=np.ascontiguousarray(faces, np.int32),
        shape_directions=np.einsum("ab,vbs->vas", FROM_SMPL, np.asarray(shape_directions, np.float64)),
        pose_directions=turned.astype(np.float32),
        joint_regressor=np.asarray(joint_regressor, np.float64),
        weights=np.asarray(weights, np.float64),
        regressors=regressors or {},
        controls=controls,
        about=about,
    )
