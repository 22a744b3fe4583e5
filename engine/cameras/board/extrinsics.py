"""Where cameras are, from pictures of one board that several of them took at the same moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.cameras.board.board import Board, Corners
from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import matrix_of, vector_of
from engine.cameras.triangulation import triangulate
from engine.errors import InputError
from engine.progress import passing

Float = NDArray[np.float64]
Place = tuple[Float, Float]
"""Rotation (3, 3) and translation (3,): x_there = rotation @ x_here + translation."""

ROBUST_PX = 2.0


@dataclass(frozen=True, eq=False)
class Extrinsics:
    """Cameras in one world, and how well they agree.

    error_px     root mean square over all corners
    errors_px    of each camera
    square_m     the squares' mean side as the cameras triangulate it; NaN where none was seen by two
    """

    cameras: tuple[Camera, ...]
    error_px: float
    errors_px: Float
    square_m: float


def place_cameras(lenses: Sequence[Camera], board: Board, moments: Sequence[Mapping[int, Corners]]) -> Extrinsics:
    """Cameras in the frame of the first one's, from what each saw (camera -> corners) at every moment.

    Pairs that saw the board together are chained along those with the most moments, then all cameras and boards are
    adjusted together. Raises InputError where a camera shares no moment with the others.
    """
    moments = [moment for moment in moments if moment]
    seen = [{view: _pose(lenses[view], board, corners) for view, corners in moment.items()} for moment in moments]
    places = _chained(lenses, board, seen)
    if board.kind == "checkerboard":
        moments = [_from_one_end(board, moment, poses, places) for moment, poses in zip(moments, seen, strict=True)]
        seen = [{view: _pose(lenses[view], board, corners) for view, corners in moment.items()} for moment in moments]
    boards: list[Place] = []
    for moment in seen:
        view, (rotation, translation) = next(iter(moment.items()))
        turn, shift = places[view]
        boards.append((turn.T @ rotation, turn.T @ (translation - shift)))
    places = _adjusted(lenses, board, moments, places, boards)
    cameras = tuple(
        replace(lens, rotation=turn, centre=-turn.T @ shift) for lens, (turn, shift) in zip(lenses, places, strict=True)
    )
    return _judged(cameras, board, moments)


def on_board(extrinsics: Extrinsics, board: Board, seen: Mapping[int, Corners]) -> Extrinsics:
    """The rig in the world of a board that lies on the floor: its first corner is the origin, up is away from it.

    seen is what the cameras saw of it at one moment; the camera with the most corners decides. The world's x runs
    along the board's rows; cameras are above the floor, whichever way the board's own axes point.
    """
    view = max(seen, key=lambda v: len(seen[v].ids))
    camera = extrinsics.cameras[view]
    rotation, translation = _pose(camera, board, seen[view])
    turn = camera.rotation.T @ rotation  # board -> the rig's present world
    origin = camera.centre + camera.rotation.T @ translation
    if ((camera.centre - origin) @ turn)[2] < 0:
        turn = turn @ np.diag([1.0, -1.0, -1.0])
    cameras = tuple(
        replace(c, rotation=c.rotation @ turn, centre=(c.centre - origin) @ turn) for c in extrinsics.cameras
    )
    return replace(extrinsics, cameras=cameras)


def _pose(lens: Camera, board: Board, corners: Corners) -> Place:
    """The board in the camera's frame."""
    import cv2

    flat = lens.rays(corners.xy)
    points = board.points[corners.ids]
    found, turn, shift = cv2.solvePnP(points, flat, np.eye(3), np.zeros(4), flags=cv2.SOLVEPNP_IPPE)
    if not found:
        raise InputError(f"{lens.name}: the board's pose is not found; take another picture of it.")
    _, turn, shift = cv2.solvePnP(points, flat, np.eye(3), np.zeros(4), turn, shift, True, cv2.SOLVEPNP_ITERATIVE)
    return matrix_of(turn.ravel()), shift.ravel()


def _from_other_end(board: Board, pose: Place) -> Place:
    """The pose of a checkerboard whose corners are counted from the last one."""
    rotation, translation = pose
    return rotation @ np.diag([-1.0, -1.0, 1.0]), translation + rotation @ board.points[-1]


def _from_one_end(
    board: Board, moment: Mapping[int, Corners], poses: Mapping[int, Place], places: Sequence[Place]
) -> dict[int, Corners]:
    """What cameras saw of a checkerboard at one moment, its corners counted by all as by the first of them."""
    first = next(iter(moment))
    turn = places[first][0].T @ poses[first][0]  # board -> first camera's frame
    found = {}
    for view, corners in moment.items():
        agreement = np.trace((places[view][0] @ turn).T @ poses[view][0])
        other = np.trace((places[view][0] @ turn).T @ _from_other_end(board, poses[view])[0])
        found[view] = replace(corners, ids=len(board.points) - 1 - corners.ids) if other > agreement else corners
    return found


def _chained(lenses: Sequence[Camera], board: Board, seen: Sequence[Mapping[int, Place]]) -> list[Place]:
    """Places of the cameras (first camera's frame -> theirs), from pair to pair, the best known pairs first.

    A camera may have counted a checkerboard's corners from the other end: both are tried, and what is right is the
    same at all moments.
    """
    turned = board.kind == "checkerboard"
    pairs: dict[tuple[int, int], list[Place]] = {}
    for moment in seen:
        for a in moment:
            for b in moment:
                if a != b:
                    for pose in (moment[b], _from_other_end(board, moment[b])) if turned else (moment[b],):
                        turn = pose[0] @ moment[a][0].T
                        pairs.setdefault((a, b), []).append((turn, pose[1] - turn @ moment[a][1]))
    places: dict[int, Place] = {0: (np.eye(3), np.zeros(3))}
    while len(places) < len(lenses):
        ways = {pair: known for pair, known in pairs.items() if pair[0] in places and pair[1] not in places}
        if not ways:
            missing = ", ".join(lens.name for view, lens in enumerate(lenses) if view not in places)
            raise InputError(
                f"{missing}: saw the board at no moment at which a camera that is placed saw it; show it to both."
            )
        (a, b), known = max(ways.items(), key=lambda item: len(item[1]))
        turn, shift = _middle(known)
        places[b] = (turn @ places[a][0], turn @ places[a][1] + shift)
    return [places[view] for view in range(len(lenses))]


def _middle(known: Sequence[Place]) -> Place:
    """Of several answers the one that agrees best with the nearer half of the others, so that wild ones do no harm."""
    vectors = np.array([np.r_[vector_of(turn), shift] for turn, shift in known])
    far = np.sort(np.linalg.norm(vectors[:, None] - vectors, axis=-1), axis=1)
    return known[int(far[:, : len(known) // 2 + 1].sum(1).argmin())]


def _adjusted(
    lenses: Sequence[Camera],
    board: Board,
    moments: Sequence[Mapping[int, Corners]],
    places: Sequence[Place],
    boards: Sequence[Place],
) -> list[Place]:
    """Bundle adjustment of cameras and boards, lenses as they are; the first camera stays. Raises Cancelled."""
    from scipy.optimize import least_squares
    from scipy.sparse import lil_matrix

    items = [(view, number, corners) for number, moment in enumerate(moments) for view, corners in moment.items()]
    observed = [lenses[view].rays(corners.xy) for view, _, corners in items]
    focal = [np.array(lenses[view].focal) for view, _, _ in items]
    cameras = len(lenses) - 1
    start = np.concatenate([np.r_[vector_of(r), t] for r, t in (*places[1:], *boards)])
    rows = 2 * sum(len(corners.ids) for _, _, corners in items)
    pattern, row = lil_matrix((rows, len(start)), dtype=int), 0
    for view, number, corners in items:
        end = row + 2 * len(corners.ids)
        if view:
            pattern[row:end, 6 * (view - 1) : 6 * view] = 1
        pattern[row:end, 6 * (cameras + number) : 6 * (cameras + number + 1)] = 1
        row = end

    def unpacked(x: Float) -> list[Place]:
        return [(matrix_of(p[:3]), p[3:]) for p in x.reshape(-1, 6)]

    def residuals(x: Float) -> Float:
        passing()
        placed = unpacked(x)
        views, poses = [(np.eye(3), np.zeros(3)), *placed[:cameras]], placed[cameras:]
        parts = []
        for (view, number, corners), rays, scale in zip(items, observed, focal, strict=True):
            (turn, shift), (pose, place) = views[view], poses[number]
            local = (board.points[corners.ids] @ pose.T + place) @ turn.T + shift
            parts.append((local[:, :2] / local[:, 2:] - rays) * scale)
        return np.concatenate(parts).ravel()

    found = least_squares(
        residuals, start, jac_sparsity=pattern.tocsr(), loss="soft_l1", f_scale=ROBUST_PX, x_scale="jac", max_nfev=60
    )
    return [(np.eye(3), np.zeros(3)), *unpacked(found.x)[:cameras]]


def _judged(cameras: tuple[Camera, ...], board: Board, moments: Sequence[Mapping[int, Corners]]) -> Extrinsics:
    """Corners triangulated from all cameras that saw them: their errors, and the squares that they make."""
    corners = len(board.points)
    pixels = np.zeros((len(moments), len(cameras), corners, 2))
    weights = np.zeros(pixels.shape[:-1])
    for number, moment in enumerate(moments):
        for view, found in moment.items():
            pixels[number, view, found.ids] = found.xy
            weights[number, view, found.ids] = 1
    result = triangulate(cameras, pixels, weights, drop_px=1e9)
    grid = result.points.reshape(len(moments), board.rows, board.columns, 3)
    sides = np.concatenate([np.linalg.norm(np.diff(grid, axis=axis), axis=-1).ravel() for axis in (1, 2)])
    sides = sides[np.isfinite(sides)]
    squares = np.moveaxis(result.errors, 1, 0).reshape(len(cameras), -1) ** 2
    known = [view[np.isfinite(view)] for view in squares]
    each = np.array([_root_mean(view) for view in known])
    return Extrinsics(cameras, _root_mean(np.concatenate(known)), each, float(sides.mean()) if len(sides) else np.nan)


def _root_mean(squares: Float) -> float:
    return float(np.sqrt(squares.mean())) if len(squares) else float("nan")
