"""A camera's lens from pictures of a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.board.board import Board, Corners
from engine.cameras.pinhole import Camera
from engine.errors import InputError

Float = NDArray[np.float64]

CELLS = (8, 6)  # of the coverage map, along the long and the short side
LEAST_PICTURES = 3
FEW_PICTURES = 12  # below, the lens has two radial coefficients and no more
WILD = 3.0  # times the median error: a picture above it is left out


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """What came out, and how far to trust it.

    camera     at the origin, looking along Z
    error_px   root mean square over the corners of the pictures that were used
    errors_px  (N,) of each picture, NaN where the board was not found
    used       (N,) whether a picture was used
    deviation  standard deviations of fx, fy, cx, cy in pixels, as OpenCV estimates them
    coverage   (rows, columns) number of corners in each cell of the picture
    """

    camera: Camera
    error_px: float
    errors_px: Float
    used: NDArray[np.bool_]
    deviation: tuple[float, ...]
    coverage: NDArray[np.intp]

    @property
    def covered(self) -> float:
        """The share of cells in which a corner was seen."""
        return float((self.coverage > 0).mean())


def calibrate_lens(name: str, board: Board, found: Sequence[Corners | None]) -> Intrinsics:
    """Focal lengths, principal point and distortion of one camera. Raises InputError.

    Zhang's method (PAMI 2000), through OpenCV. The tangential and the higher terms come with FEW_PICTURES. Pictures
    far above the median error, such as a blurred one, are left out once.
    """
    import cv2

    given = np.array([corners is not None for corners in found], bool)
    if given.sum() < LEAST_PICTURES:
        raise InputError(
            f"{name}: the board was found in {given.sum()} of {len(found)} pictures; give {LEAST_PICTURES} or more, "
            "sharp and from several sides, and check its inner corners."
        )
    seen = [corners for corners in found if corners is not None]
    size = seen[0].image_size
    if any(corners.image_size != size for corners in seen):
        raise InputError(f"{name}: its pictures have several sizes; give those of one size.")
    chosen = np.ones(len(seen), bool)
    flags = 0 if len(seen) >= FEW_PICTURES else cv2.CALIB_FIX_K3
    while True:
        some = [corners for corners, used in zip(seen, chosen, strict=True) if used]
        world = [board.points[corners.ids].astype(np.float32) for corners in some]
        pixels = [corners.xy.astype(np.float32) for corners in some]
        try:
            whole, matrix, lens, _, _, spread, _, each = cv2.calibrateCameraExtended(
                world, pixels, size, np.eye(3), np.zeros(5), flags=flags
            )
        except cv2.error as error:
            raise InputError(
                f"{name}: OpenCV finds no lens for these pictures; add others.", detail=str(error)
            ) from None
        wild = each.ravel() > WILD * np.median(each)
        if not wild.any() or len(some) - wild.sum() < LEAST_PICTURES or not chosen.all():
            break
        chosen[np.flatnonzero(chosen)[wild]] = False
    errors, used = np.full(len(found), np.nan), np.zeros(len(found), bool)
    used[np.flatnonzero(given)[chosen]] = True
    errors[used] = each.ravel()
    camera = Camera(
        name,
        np.eye(3),
        np.zeros(3),
        (float(matrix[0, 0]), float(matrix[1, 1])),
        (float(matrix[0, 2]), float(matrix[1, 2])),
        size,
        tuple(float(x) for x in lens.ravel()[: 5 if flags == 0 else 4]),
    )
    deviation = tuple(float(x) for x in spread.ravel()[:4])
    return Intrinsics(camera, float(whole), errors, used, deviation, coverage(some))


def coverage(found: Sequence[Corners]) -> NDArray[np.intp]:
    """(rows, columns) Corners seen in each cell of the picture; the lens is known where there are some."""
    width, height = found[0].image_size
    columns, rows = CELLS if width >= height else CELLS[::-1]
    xy = np.concatenate([corners.xy for corners in found])
    column = np.clip(xy[:, 0] / width * columns, 0, columns - 1).astype(np.intp)
    row = np.clip(xy[:, 1] / height * rows, 0, rows - 1).astype(np.intp)
    counts = np.zeros((rows, columns), np.intp)
    np.add.at(counts, (row, column), 1)
    return counts
