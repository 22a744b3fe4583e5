"""Bundle adjustment: cameras and points moved together to the least reprojection error.

Points are eliminated (Schur complement), so that a step solves for the cameras alone. Hartley and Zisserman, Multiple
View Geometry, appendix 6; Triggs et al., Bundle adjustment: a modern synthesis, 2000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import angle_between, cross_matrix, matrix_of
from engine.cameras.sight import Sight
from engine.progress import passing

Float = NDArray[np.float64]

ROUNDS = 60
SETTLED = 1e-9  # of the cost, by which a round has to lower it
PER_CAMERA = 7  # rotation, centre, logarithm of the focal length


@dataclass(frozen=True)
class Prior:
    """How near to what was given the cameras have to stay: standard deviations of each, 0 = as given."""

    rotation: float = 0.02  # radians
    centre: float = 0.05  # metres
    focal: float = 0.0  # share


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Cameras and points (3, P), and the cost before and after each round."""

    cameras: tuple[Camera, ...]
    points: Float
    costs: tuple[float, ...]


def adjust(
    cameras: Sequence[Camera],
    pixels: Float,
    weights: Float,
    points: Float,
    *,
    prior: Prior | Sequence[Prior],
    width_px: float,
    pixel_sd: float = 3.0,
    rounds: int = ROUNDS,
) -> Adjusted:
    """Move cameras and points to the least sum of weight * log(1 + error²/width²) * width²/sd², and of the prior's.

    pixels (V, P, 2), weights (V, P) with 0 = not seen, points (3, P) to start from. prior is one for all cameras or
    one for each. pixel_sd is the noise of detections, against which the prior counts. Raises Cancelled.
    """
    sight = Sight.of(cameras, pixels, weights)
    keep = (sight.weights > 0).sum(0) >= 2
    sight, found = sight.take(keep), np.array(points[:, keep])
    priors = [prior] * len(cameras) if isinstance(prior, Prior) else list(prior)
    spread = np.array([[p.rotation] * 3 + [p.centre] * 3 + [p.focal] for p in priors])
    state = _State(tuple(cameras), np.zeros((len(cameras), PER_CAMERA)))
    cost, damping, costs = _cost(sight, found, state, spread, width_px, pixel_sd), 1e-3, []
    costs.append(cost)
    for _ in range(rounds):
        passing()
        now = state.sight(sight)
        step, moved = _step(now, found, state, spread, width_px, pixel_sd, damping)
        after = state.stepped(step)
        lower = _cost(sight, moved, after, spread, width_px, pixel_sd)
        if lower < cost:
            settled = cost - lower < SETTLED * cost
            state, found, cost, damping = after, moved, lower, max(damping / 5, 1e-9)
            costs.append(cost)
            if settled:
                break
        else:
            damping *= 10
            if damping > 1e8:
                break
    whole = np.array(points)
    whole[:, keep] = found
    return Adjusted(state.cameras, whole, tuple(costs))


@dataclass(frozen=True, eq=False)
class _State:
    """Cameras, and how far (V, 7) they are from those that were given."""

    cameras: tuple[Camera, ...]
    moved: Float

    def sight(self, given: Sight) -> Sight:
        """The detections as these cameras have them; their focal length stretches the given rays."""
        return replace(
            given,
            rotations=np.stack([camera.rotation for camera in self.cameras]),
            centres=np.stack([camera.centre for camera in self.cameras]),
            focal=given.focal * np.exp(self.moved[:, 6:]),
            flat=given.flat * np.exp(-self.moved[:, 6])[:, None, None],
        )

    def stepped(self, step: Float) -> _State:
        cameras, moved = [], self.moved + step
        for camera, change in zip(self.cameras, step, strict=True):
            turn = matrix_of(change[:3]) @ camera.rotation
            focal = (camera.focal[0] * np.exp(change[6]), camera.focal[1] * np.exp(change[6]))
            cameras.append(replace(camera, rotation=turn, centre=camera.centre + change[3:6], focal=focal))
        return _State(tuple(cameras), moved)


def _cost(sight: Sight, points: Float, state: _State, spread: Float, width: float, sd: float) -> float:
    now = state.sight(sight)
    data = (now.weights * np.log1p((now.errors(points) / width) ** 2)).sum() * (width / sd) ** 2
    return float(data + (_scaled(state.moved, spread) ** 2).sum())


def _scaled(moved: Float, spread: Float) -> Float:
    return np.asarray(np.where(spread > 0, moved / np.where(spread > 0, spread, 1), 0.0))


def _step(
    sight: Sight, points: Float, state: _State, spread: Float, width: float, sd: float, damping: float
) -> tuple[Float, Float]:
    """A Levenberg-Marquardt step (V, 7) of the cameras, and the moved points (3, P)."""
    views, count = sight.weights.shape
    local = sight.in_cameras(points)
    flat = local[:, :2] / local[:, 2:]
    off = (flat - sight.flat) * sight.focal[:, :, None] / sd  # (V, 2, P)
    weights = sight.weights / (1 + (off**2).sum(1) * (sd / width) ** 2)
    by_local = np.zeros((views, count, 2, 3))
    scale = sight.focal[:, None, :] / sd / local[:, 2][:, :, None]  # (V, P, 2)
    by_local[..., 0, 0], by_local[..., 1, 1] = scale[..., 0], scale[..., 1]
    by_local[..., 2] = -scale * np.moveaxis(flat, 1, 2)
    to_point = by_local @ sight.rotations[:, None]  # (V, P, 2, 3)
    to_camera = np.empty((views, count, 2, PER_CAMERA))
    to_camera[..., :3] = -by_local @ cross_matrix(np.moveaxis(local, 1, 2))
    to_camera[..., 3:6] = -to_point
    to_camera[..., 6] = np.moveaxis(flat * sight.focal[:, :, None] / sd, 1, 2)  # in given pixels the picture grows
    to_camera *= (spread > 0)[:, None, None]
    error = np.moveaxis(off, 1, 2)  # (V, P, 2)
    weighted = to_camera * weights[..., None, None]
    u = np.einsum("vpki,vpkj->vij", weighted, to_camera)
    g = -np.einsum("vpki,vpk->vi", weighted, error) - _scaled(state.moved, spread**2)
    diagonal = np.arange(PER_CAMERA)
    u[:, diagonal, diagonal] += np.where(spread > 0, 1 / np.where(spread > 0, spread, 1) ** 2, 1.0)
    u[:, diagonal, diagonal] *= 1 + damping
    w = np.einsum("vpki,vpkj->vpij", weighted, to_point)  # (V, P, 7, 3)
    heavy = to_point * weights[..., None, None]
    v = np.einsum("vpki,vpkj->pij", heavy, to_point)
    h = -np.einsum("vpki,vpk->pi", heavy, error)
    three = np.arange(3)
    v[:, three, three] *= 1 + damping
    v[:, three, three] += 1e-9
    inverse = np.linalg.inv(v)
    wv = w @ inverse[None]  # (V, P, 7, 3)
    size = views * PER_CAMERA
    flat_w = np.moveaxis(w, 0, 1).reshape(count, size, 3)
    flat_wv = np.moveaxis(wv, 0, 1).reshape(count, size, 3)
    reduced = -np.tensordot(flat_wv, flat_w, axes=((0, 2), (0, 2)))
    for view in range(views):
        part = slice(view * PER_CAMERA, (view + 1) * PER_CAMERA)
        reduced[part, part] += u[view]
    right = g.ravel() - np.einsum("psk,pk->s", flat_wv, h)
    step = np.linalg.solve(reduced, right)
    back = np.einsum("pij,pj->pi", inverse, h - np.einsum("psk,s->pk", flat_w, step))
    return step.reshape(views, PER_CAMERA), points + back.T


def moved_by(before: Sequence[Camera], after: Sequence[Camera]) -> Float:
    """(V, 2) How far each camera went: degrees, metres."""
    return np.array(
        [
            [angle_between(b.rotation, a.rotation), np.linalg.norm(b.centre - a.centre)]
            for a, b in zip(before, after, strict=True)
        ]
    )
