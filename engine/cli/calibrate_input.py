"""Pictures of boards and keypoints of several cameras, as the commands for calibration get them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cameras.board.board import Board, Corners, find_board
from engine.cameras.pinhole import Camera
from engine.errors import InputError, file_error
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
MOST_PICTURES = 500


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
    """The pictures of a folder by name, at most MOST_PICTURES, taken evenly."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    return found[:: -(-len(found) // MOST_PICTURES)] if found else []


def board_corners(folder: Path, board: Board) -> list[Corners | None]:
    """The board's corners in each picture of a folder. Raises InputError for one that cannot be read."""
    import cv2

    found = []
    for path in pictures(folder):
        data = np.fromfile(path, np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
        if picture is None:
            raise file_error(path, "picture", "cannot be read", "leave it out, or save it as PNG or JPEG")
        found.append(find_board(np.asarray(picture, np.uint8), board))
    return found


def moments_of(seen: Sequence[Sequence[Corners | None]]) -> list[dict[int, Corners]]:
    """What each camera saw at every moment: its pictures, in order, are those of the same moments."""
    moments: list[dict[int, Corners]] = []
    for number in range(max(map(len, seen))):
        at = {v: corners for v, view in enumerate(seen) if number < len(view) and (corners := view[number]) is not None}
        moments.append(at)
    return moments


def views_of(
    paths: Sequence[Path], rate_hz: float | None, cameras: Sequence[Camera] | None = None
) -> list[Keypoints2D]:
    """H36M-17 keypoints of each camera; pictures whose size no file says have that of the camera.

    Raises InputError for what holds no keypoints, for rates that differ, and for another number of cameras.
    """
    from engine.data.registry import open_motion
    from engine.observation.recording import as_h36m17

    if cameras is not None and len(cameras) != len(paths):
        raise InputError(f"The calibration has {len(cameras)} cameras; give as many keypoints, not {len(paths)}.")
    found = []
    for number, path in enumerate(paths):
        recording = open_motion(path, rate_hz=rate_hz)
        if cameras is not None and any(text.startswith("picture ") for text in recording.provenance.assumed):
            width, height = cameras[number].image_size
            recording = open_motion(path, rate_hz=rate_hz, unit=f"{width}x{height}")
        recording = as_h36m17(recording)
        if not isinstance(recording, Keypoints2D):
            raise file_error(path, "file", "holds a 3D clip", "give 2D keypoints, a file for each camera")
        found.append(recording)
    gaps = [float(np.median(np.diff(view.times))) if len(view) > 1 else 0.0 for view in found]
    if max(gaps) > 1.01 * min(gaps):
        rates = ", ".join(f"{1 / gap:.3g}" if gap else "?" for gap in gaps)
        raise InputError(f"The cameras' frame rates differ ({rates} Hz); give --rate-hz, or keypoints of one rate.")
    return found


def stacked(views: Sequence[Keypoints2D]) -> tuple[Float, Float]:
    """(T, V, J, 2) pixels and (T, V, J) confidences of as many frames as all views have."""
    frames = min(map(len, views))
    xy = np.stack([view.xy[:frames] for view in views], 1)
    return xy, np.stack([view.confidence[:frames] for view in views], 1)


def lifted(model: str, view: Keypoints2D, camera: Camera, height_m: float) -> Float:
    """(T, 17, 3) metres in the camera's axes. Raises InputError for a model that does not lift."""
    from dataclasses import replace

    from engine.experiment.pipeline import predict
    from engine.experiment.rate import RatePolicy
    from engine.models.loading import load_model
    from engine.motion.pose import Joints
    from engine.observation.trial import Context

    loaded = load_model(model)
    found = predict(loaded, replace(view, camera=camera), RatePolicy(), Context(height_m, camera)).prediction
    if not isinstance(found, Joints) or found.frame != "camera":
        raise InputError(f"{model} lifts no keypoints to joints; choose hummuss_small or another lifting model.")
    return found.positions
