"""Boards, and their corners in pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

Float = NDArray[np.float64]
Picture = NDArray[np.uint8]

LEAST_CORNERS = 6


@dataclass(frozen=True)
class Board:
    """A flat board.

    columns, rows   inner corners, where four squares meet
    square_m        side of a square, metres
    kind            "checkerboard", of which all corners have to be seen, or "charuco", of which some are enough
    marker          share of a square's side that its marker takes (charuco)
    dictionary      OpenCV's name of the markers, such as "4X4_100" (charuco)
    """

    columns: int
    rows: int
    square_m: float
    kind: Literal["checkerboard", "charuco"] = "checkerboard"
    marker: float = 0.75
    dictionary: str = "4X4_100"

    def __post_init__(self) -> None:
        if not (2 <= self.columns <= 100 and 2 <= self.rows <= 100 and max(self.columns, self.rows) > 2):
            raise InputError(f"A board has 3 x 2 to 100 x 100 inner corners, not {self.columns} x {self.rows}.")
        if not 0.001 <= self.square_m <= 2:
            raise InputError(f"The board's squares are {self.square_m:g} m; give their side, 0.001 to 2 m.")

    @cached_property
    def points(self) -> Float:
        """(columns * rows, 3) metres: corners in the board's plane, x along a row, y along a column, from 0."""
        grid = np.mgrid[: self.rows, : self.columns][::-1].reshape(2, -1).T
        return np.c_[grid * self.square_m, np.zeros(len(grid))]

    @cached_property
    def charuco(self) -> Any:
        """OpenCV's board (squares are one more than corners). Raises InputError for an unknown dictionary."""
        import cv2

        number = getattr(cv2.aruco, f"DICT_{self.dictionary}", None)
        if number is None:
            raise InputError(f"OpenCV has no markers {self.dictionary}; 4X4_100 and 5X5_100 are usual.")
        size = (self.columns + 1, self.rows + 1)
        markers = cv2.aruco.getPredefinedDictionary(number)
        return cv2.aruco.CharucoBoard(size, self.square_m, self.square_m * self.marker, markers)


@dataclass(frozen=True, eq=False)
class Corners:
    """Corners of a board in one picture: ids (N,) into the board's points, xy (N, 2) pixels."""

    ids: NDArray[np.intp]
    xy: Float
    image_size: tuple[int, int]


def find_board(picture: Picture, board: Board) -> Corners | None:
    """The corners of the board in a picture (H, W) or (H, W, 3), to a part of a pixel; None where it is not seen."""
    import cv2

    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (grey.shape[1], grey.shape[0])
    if board.kind == "charuco":
        xy, ids, _, _ = cv2.aruco.CharucoDetector(board.charuco).detectBoard(grey)
        if ids is None or len(ids) < LEAST_CORNERS:
            return None
        return Corners(ids.ravel().astype(np.intp), xy.reshape(-1, 2).astype(np.float64), size)
    thorough = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE
    found, xy = cv2.findChessboardCornersSB(grey, (board.columns, board.rows), flags=thorough)
    if not found:
        return None
    return Corners(np.arange(len(board.points)), xy.reshape(-1, 2).astype(np.float64), size)
