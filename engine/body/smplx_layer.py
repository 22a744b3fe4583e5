"""A body as a module of the package smplx, ours and licensed ones by the same call.

smplx is optional: its licence is for non-commercial use, and the program skins by itself.
"""

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.body.library import body
from engine.body.model import FROM_SMPL, Body
from engine.errors import InputError
from engine.motion.skeleton import SMPL_24

if TYPE_CHECKING:
    import torch


def smpl_arrays(given: Body) -> dict[str, NDArray[Any]]:
    """The arrays of a file in SMPL's layout and axes, by SMPL's names; the inverse of `from_smpl_axes`."""
    features = np.kron(FROM_SMPL, FROM_SMPL)
    turned = np.einsum("ba,vbf->vaf", FROM_SMPL, given.pose_directions.astype(np.float64))
    return {
        "v_template": given.template @ FROM_SMPL,
        "shapedirs": np.einsum("ba,vbs->vas", FROM_SMPL, given.shape_directions),
        "posedirs": (turned.reshape(*turned.shape[:2], -1, 9) @ features).reshape(turned.shape),
        "J_regressor": given.joint_regressor,
        "weights": given.weights,
        "kintree_table": np.array([SMPL_24.parents, range(len(SMPL_24))]),
        "f": given.faces,
    }


def smplx_layer(name: str, *, batch_size: int = 1, dtype: torch.dtype | None = None) -> torch.nn.Module:
    """A `smplx.SMPL` of a body of the library, in SMPL's axes (Y up, faces +Z).

    Call it with all of global_orient (B, 3), body_pose (B, 69), betas (B, S) and transl (B, 3); smplx uses at most ten
    shapes of bodies that have fewer than 300. Its joints beyond the first 24 are vertices of SMPL's mesh and mean
    nothing on another one. Raises InputError where smplx is not installed, or the body is not.
    """
    try:
        import smplx
        import torch
        from smplx.vertex_ids import vertex_ids
    except ImportError:
        raise InputError(
            "The package smplx is not installed; install it with pip install smplx, or use Kinestate's own skinning."
        ) from None
    arrays = smpl_arrays(body(name))
    with contextlib.redirect_stdout(io.StringIO()):  # it prints a warning about ten shapes
        layer: torch.nn.Module = smplx.SMPL(
            model_path="",
            data_struct=SimpleNamespace(**arrays),
            num_betas=arrays["shapedirs"].shape[2],
            batch_size=batch_size,
            dtype=dtype or torch.float32,
            vertex_ids=dict.fromkeys(vertex_ids["smplh"], 0),  # its own name vertices that another mesh lacks
        )
    return layer
