"""Where several people were, frame by frame: Shelf's and Campus's actorsGT.mat, CMU Panoptic's poses in space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import CAMERA_UP, axes_to_z_up
from engine.data.formats.space_json import tracks_of
from engine.errors import file_error
from engine.motion.skeleton import PANOPTIC_15, SHELF_14, Skeleton
from engine.untrusted.mat_file import read_mat

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

FILE = "actorsGT.mat"
ACTORS = "actor3D"
POSES = "hdPose3d_stage1_coco19"
MOST_FRAMES, MOST_PEOPLE, DEEPEST = 1_000_000, 100, 6
FARTHEST_M = 1000.0
CENTIMETRE = 0.01


@dataclass(frozen=True, eq=False)
class PeopleTruth:
    """P people in the frames in which somebody is.

    numbers   (T,) of frames, increasing, as pictures and poses are numbered
    points    (T, P, J, 3) metres, Z up, in the world of the cameras; NaN where a person or a joint is not known
    skeleton  Shelf-14 or Panoptic-15
    """

    path: Path
    numbers: Ids
    points: Float
    skeleton: Skeleton


def read_people_truth(path: Path) -> PeopleTruth:
    """actorsGT.mat, a folder of body3DScene files, or of one of Panoptic's recordings. Raises InputError."""
    deeper = path / POSES
    if path.is_dir():
        return _panoptic(deeper if deeper.is_dir() else path)
    return _actors(path)


def truth_of(path: Path) -> Path | None:
    """What `read_people_truth` can be given of a file or folder, by names alone: it, or what lies in it; else None."""
    if path.suffix.lower() == ".mat" or path.name == POSES:
        return path
    return next((each for each in (path / POSES, path / FILE) if each.exists()), None)


def _panoptic(path: Path) -> PeopleTruth:
    """Panoptic-15 of either set of joints; a body whose pelvis was not seen is nobody."""
    form, tracks = tracks_of(path)
    if form != "CMU Panoptic":
        raise file_error(path, "poses", "are not CMU Panoptic's", f"give the folder {POSES}")
    numbers = np.unique(np.concatenate([track.frames for track in tracks.values()])).astype(np.intp)
    joints = len(PANOPTIC_15)
    points = np.full((len(numbers), len(tracks), joints, 3), np.nan)
    for person, track in enumerate(tracks.values()):
        points[np.searchsorted(numbers, track.frames), person] = np.array(track.points)[:, :joints]
    points[np.isnan(points[:, :, PANOPTIC_15.index("pelvis"), 0])] = np.nan
    return _of(path, numbers, CENTIMETRE * points @ axes_to_z_up(CAMERA_UP).T, PANOPTIC_15)


def _actors(path: Path) -> PeopleTruth:
    """Cells of people, of cells of frames, of matrices (14, 3) in metres; empty = not there."""
    content = read_mat(path)
    if ACTORS not in content:
        raise file_error(path, ACTORS, "is missing", "give actorsGT.mat of Shelf or Campus")
    people = [[_pose(path, pose) for pose in frames] for frames in _tracks(path, content[ACTORS])]
    if not people or len(people) > MOST_PEOPLE or max(map(len, people)) > MOST_FRAMES:
        raise file_error(path, ACTORS, "holds no usable number of people and frames", "give actorsGT.mat")
    points = np.full((max(map(len, people)), len(people), len(SHELF_14), 3), np.nan)
    for person, frames in enumerate(people):
        for frame, pose in enumerate(frames):
            points[frame, person] = np.nan if pose is None else pose
    return _of(path, np.arange(len(points)), points, SHELF_14)


def _of(path: Path, numbers: Ids, points: Float, skeleton: Skeleton) -> PeopleTruth:
    there = np.array([bool(np.isfinite(frame).all(-1).any()) for frame in points])
    if not there.any():
        raise file_error(path, "people", "are in no frame", "give a file in which somebody was seen")
    if not (np.abs(points[there][np.isfinite(points[there])]) < FARTHEST_M).all():
        raise file_error(path, "people", f"are more than {FARTHEST_M:g} m away", "check the unit")
    return PeopleTruth(path, numbers[there], points[there], skeleton)


def _tracks(path: Path, cell: Any, depth: int = 0) -> Iterator[list[Any]]:
    """The innermost cells: those whose entries are matrices, one for each person; rows, where they make a table."""
    if depth > DEEPEST or not isinstance(cell, np.ndarray) or cell.dtype != object:
        raise file_error(path, ACTORS, "is no cell of people's cells of frames", "give actorsGT.mat")
    entries = cell.ravel().tolist()
    if all(isinstance(entry, np.ndarray) and entry.dtype != object for entry in entries):
        table = cell.ndim == 2 and min(cell.shape) > 1
        yield from cell.tolist() if table else [entries]
    else:
        for entry in entries:
            yield from _tracks(path, entry, depth + 1)


def _pose(path: Path, pose: Any) -> Float | None:
    if not isinstance(pose, np.ndarray) or pose.dtype.kind not in "iuf" or (pose.size and pose.shape != (14, 3)):
        raise file_error(path, ACTORS, "holds something else than matrices of 14 x 3", "give actorsGT.mat")
    return pose.astype(np.float64) if pose.size else None
