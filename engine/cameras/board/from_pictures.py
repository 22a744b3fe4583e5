"""Cameras calibrated from folders of pictures of a board: lenses, then where the cameras are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.cameras.board.board import Board, Corners, find_board
from engine.cameras.board.extrinsics import Extrinsics, on_board, place_cameras
from engine.cameras.board.intrinsics import Intrinsics, calibrate_lens
from engine.cameras.picture_files import pictures_in
from engine.cameras.pinhole import Camera
from engine.errors import InputError, file_error
from engine.progress import passing

MOST_PICTURES = 500

Seen = tuple[Corners | None, ...]
"""The board in each picture of a camera, in their order; None where it was not found."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Cameras from pictures of a board.

    lenses  of each camera, and the board in the pictures they are from
    placed  the cameras in one world; None where no pictures of the same moments were given
    """

    lenses: tuple[Intrinsics, ...]
    seen: tuple[Seen, ...]
    placed: Extrinsics | None = None

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """In the world, or each at the origin where nobody placed them."""
        return tuple(lens.camera for lens in self.lenses) if self.placed is None else self.placed.cameras


def calibrate_from_pictures(
    lenses: Path, board: Board, together: Path | None = None, *, floor: bool = False
) -> Calibrated:
    """Calibrate from a folder that holds a folder of pictures for each camera.

    together  the same of pictures that all cameras took at the same moments, in order
    floor     whether the board lies on the floor in the last of these
    Says how far it is, and may be cancelled (`engine.progress.watched`). Raises InputError and Cancelled.
    """
    folders = camera_folders(lenses)
    beside = [] if together is None else camera_folders(together, [folder.name for folder in folders])
    count = sum(len(pictures(folder)) for folder in (*folders, *beside))
    done = 0

    def corners_in(folder: Path) -> Seen:
        nonlocal done
        found = []
        for path in pictures(folder):
            passing(done / count)
            found.append(corners_of(path, board))
            done += 1
        return tuple(found)

    seen = tuple(map(corners_in, folders))
    found = tuple(calibrate_lens(folder.name, board, each) for folder, each in zip(folders, seen, strict=True))
    if together is None:
        return Calibrated(found, seen)
    moments = moments_of([corners_in(folder) for folder in beside])
    placed = place_cameras([lens.camera for lens in found], board, moments)
    if floor:
        if not moments[-1]:
            raise InputError(f"{together.name}: no camera sees the board in its last picture; leave the floor out.")
        placed = on_board(placed, board, moments[-1])
    return Calibrated(found, seen, placed)


def camera_folders(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """The folders of a folder, by name, each with the pictures of a camera; or those of these names. InputError."""
    if not folder.is_dir():
        raise file_error(folder, "folder", "is not there", "give a folder with a folder of pictures for each camera")
    found = sorted(path for path in folder.iterdir() if path.is_dir() and pictures(path))
    if not found:
        raise file_error(folder, "folder", "holds no folders of pictures", "give a folder with one for each camera")
    missing = set(names) - {path.name for path in found}
    if missing:
        raise file_error(
            folder, "folder", f"lacks {', '.join(sorted(missing))}", "name its folders as those of the lenses"
        )
    return [path for path in found if not names or path.name in names]


def pictures(folder: Path) -> list[Path]:
    """The pictures of a folder in order, at most MOST_PICTURES, taken evenly. Raises InputError."""
    found = pictures_in(folder)
    return found[:: -(-len(found) // MOST_PICTURES)] if found else []


def corners_of(path: Path, board: Board) -> Corners | None:
    """The board's corners in a picture file. Raises InputError for one that cannot be read."""
    import cv2

    data = np.fromfile(path, np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    if picture is None:
        raise file_error(path, "picture", "cannot be read", "leave it out, or save it as PNG or JPEG")
    return find_board(np.asarray(picture, np.uint8), board)


def moments_of(seen: Sequence[Seen]) -> list[Mapping[int, Corners]]:
    """What each camera saw at every moment: its pictures, in order, are those of the same moments."""
    return [
        {v: corners for v, view in enumerate(seen) if number < len(view) and (corners := view[number]) is not None}
        for number in range(max(map(len, seen)))
    ]
