"""Triangulation as a model: Cauchy weights after a search for exchanged sides, with nothing learned.

`engine.cameras.triangulation` answers every frame by itself; what it does not find is held where it was last found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.cameras.pinhole import Camera
from engine.cameras.triangulation import triangulate
from engine.models.lifting.layout import LAYOUT
from engine.models.mv_ssm.keypoints_config import CHANNELS, JOINTS, LENS
from engine.models.network import CausalNetwork
from engine.motion.limb_pairs import limb_pairs
from engine.ssm.diagonal import Rate

Float = NDArray[np.float64]

COUNTED_VIEWS = 4
GROUPS = limb_pairs(LAYOUT)


@dataclass(frozen=True, eq=False)
class Held:
    """Where joints (J, 3) were last found from the middle (3,) of those that were found then, metres."""

    middle: Float
    offsets: Float


class Triangulation(CausalNetwork):
    """(B, F, V, J, 18) detections, cameras and lenses, as `RigOfViews` has them -> (B, F, J, 3) metres in the world."""

    causal = True
    reads, answers = (COUNTED_VIEWS, JOINTS, CHANNELS + LENS), (JOINTS, 3)

    def forward(self, u: Tensor, rate: Rate = 1.0) -> Tensor:
        """rate is accepted and changes nothing."""
        return self.chunk(u, self.init_state(len(u)), rate)[0]

    def init_state(self, batch: int = 1) -> list[Held | None]:
        """Nothing was found yet."""
        return [None] * batch

    def chunk(self, u: Tensor, state: list[Held | None], rate: Rate = 1.0) -> tuple[Tensor, list[Held | None]]:
        found, after = [], []
        for frames, held in zip(u.detach().cpu().double().numpy(), state, strict=True):
            points = np.concatenate([found_in(part) for part in of_one_rig(frames)])
            whole, held = bridged(points, held, frames[:, :, 0, 12:15].mean(1))
            found.append(whole)
            after.append(held)
        return torch.from_numpy(np.stack(found)).to(u), after


def of_one_rig(frames: Float) -> Iterator[Float]:
    """Runs of the frames (F, V, J, 18) in which cameras do not change."""
    cameras = frames[:, :, 0, 3:].reshape(len(frames), -1)
    changes = 1 + np.flatnonzero((cameras[1:] != cameras[:-1]).any(1))
    yield from np.split(frames, changes)


def found_in(frames: Float) -> Float:
    """Points (F, J, 3) of frames (F, V, J, 18) in one rig; NaN where fewer than two views are left for one."""
    cameras = []
    for view, row in enumerate(frames[0, :, 0]):
        side = round(abs(row[-1]))
        lens = (float(row[15]), float(row[16])), (side / 2, side / 2), (side, side)
        cameras.append(Camera(f"{view}", row[3:12].reshape(3, 3), row[12:15], *lens))
    pixels = np.stack([camera.pixels(frames[:, view, :, :2]) for view, camera in enumerate(cameras)], 1)
    return triangulate(cameras, pixels, np.clip(frames[..., 2], 0, 1), GROUPS).points


def bridged(points: Float, held: Held | None, nowhere: Float) -> tuple[Float, Held | None]:
    """The points (F, J, 3) with those that are NaN where they were last found, from the middle of the others.

    nowhere (F, 3): where a person is put who was never found.
    """
    whole = points.copy()
    found = np.asarray(np.isfinite(points).all(-1))
    for frame, known in enumerate(found):
        if held is None and not known.any():
            whole[frame] = nowhere[frame]
            continue
        middle = np.median(points[frame, known], axis=0) if known.any() or held is None else held.middle
        offsets = np.zeros_like(points[frame]) if held is None else held.offsets
        whole[frame] = np.where(known[:, None], points[frame], middle + offsets)
        held = Held(middle, whole[frame] - middle)
    return whole, held
