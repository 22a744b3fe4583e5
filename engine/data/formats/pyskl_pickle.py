"""PYSKL's and MMAction2's skeleton pickles: action clips of one or two people (specification 3.7).

    {split: {name: [frame_dir, ...]}, annotations: [{frame_dir, label, img_shape (h, w), total_frames,
     keypoint (M, T, V, 2 | 3), keypoint_score (M, T, V)}, ...]}, or the list of annotations alone

V = 17 in pictures is COCO; V = 25 in space NTU RGB+D. Sequences are named by frame_dir, where there are several
people "<frame_dir>/person 1".
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import choose, refuse_world, uniform_times
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import with_gaps
from engine.data.joints.layouts import set_of
from engine.errors import file_error
from engine.motion.clip import Provenance
from engine.motion.skeleton import COCO_17, NTU_25
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.safe_pickle import load_pickle_cached, looks_like_pickle, mentions

Float = NDArray[np.float64]

RATE_HZ = 30.0
_FORMAT = "PYSKL pickle"


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a pickle that speaks of frame_dir and keypoint."""
    return looks_like_pickle(head) and mentions(path, b"frame_dir") and mentions(path, b"keypoint")


def contents(path: Path) -> list[str]:
    """List the sequences and their people, in the order of the file. Raises InputError."""
    path = Path(path)
    return list(_sequences(path, load_pickle_cached(path)))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one person of one clip: keypoints of the picture, or joints where the file has three numbers a joint.

    category  the label, as a number; Raises InputError.
    """
    path = Path(path)
    sequences = _sequences(path, load_pickle_cached(path))
    name = choose(path, list(sequences), select)
    entry, person = sequences[name]
    points = with_gaps(path, f"keypoint of {name}", _of(entry, "keypoint", person), (None, None, None))
    known = "as NTU RGB+D was recorded" if re.match(r"S\d{3}C\d{3}P\d{3}", name) else "assumed, the file holds none"
    times, rate = uniform_times(path, len(points), rate_hz, RATE_HZ, known)
    notes = [f"First of {len(sequences)} sequences."] if select is None and len(sequences) > 1 else []
    label = entry.get("label")
    category = f"label {int(label)}" if isinstance(label, int | np.integer) else ""
    if points.shape[-1] == 3:
        skeleton, told = (NTU_25, []) if points.shape[1] == len(NTU_25) else set_of(path, np.nan_to_num(points))
        unseen = ~points.any(-1, keepdims=True)
        says = FileSays(_FORMAT, floor="lift", notes=(*notes, *told))
        joints = np.where(unseen, np.nan, points)
        clip = clip_of_joints(path, f"{path.stem} {name}", times, rate, joints, skeleton, says, unit=unit, up=up)
        return replace(clip, category=category)
    refuse_world(path, unit, up)
    if points.shape[1:] != (len(COCO_17), 2):
        shape = " x ".join(map(str, points.shape))
        raise file_error(path, f"keypoint of {name}", f"is {shape}", "give COCO's 17 points, or joints in 3D")
    score = np.ones(points.shape[:2])
    if "keypoint_score" in entry:
        given = _of(entry, "keypoint_score", person)
        score = with_gaps(path, f"keypoint_score of {name}", given, (len(points), len(COCO_17)))
    else:
        notes.append("The file holds no confidences: 1 everywhere.")
    seen = np.isfinite(points).all(-1) & (np.nan_to_num(score) > 0)
    return Keypoints2D(
        f"{path.stem} {name}", times, np.where(seen[..., None], points, 0.0),
        np.where(seen, np.clip(np.nan_to_num(score), 0, 1), 0.0), COCO_17, _picture(path, name, entry),
        category=category, provenance=Provenance(str(path), _FORMAT, "pixels", "", rate, tuple(notes)),
    )  # fmt: skip


def _sequences(path: Path, content: Any) -> dict[str, tuple[dict[Any, Any], int]]:
    """Return the annotation and the number of the person of each sequence, by its name."""
    entries = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise file_error(path, "annotations", "are no list", "give a pickle in PYSKL's layout")
    found: dict[str, tuple[dict[Any, Any], int]] = {}
    for number, entry in enumerate(entries):
        points = entry.get("keypoint") if isinstance(entry, dict) else None
        if not isinstance(points, np.ndarray) or points.ndim != 4:
            raise file_error(
                path, f"annotation {number}", "has no keypoint (people, frames, joints, 2 or 3)", "repair it"
            )
        title = entry.get("frame_dir")
        title = title if isinstance(title, str) and title.isprintable() and len(title) < 200 else f"clip {number}"
        there = [m for m in range(min(len(points), 100)) if _present(points[m])] or [0]
        names = [title] if len(there) == 1 else [f"{title}/person {m}" for m in there]
        found.update({name: (entry, m) for name, m in zip(names, there, strict=True) if m < len(points)})
    if not found:
        raise file_error(path, "annotations", "hold nobody", "give a pickle in PYSKL's layout")
    return found


def _present(points: NDArray[Any]) -> bool:
    """Tell whether a person's points are not all 0: the second of a clip of one is."""
    return points.dtype.kind in "biuf" and bool(points.any())


def _of(entry: dict[Any, Any], key: str, person: int) -> Any:
    """Return a person's part of an array; the whole of what is none, for the check that follows."""
    values = entry.get(key)
    return values[person] if isinstance(values, np.ndarray) and values.ndim and len(values) > person else values


def _picture(path: Path, name: str, entry: dict[Any, Any]) -> tuple[int, int]:
    """Return width and height."""
    size = entry.get("img_shape", entry.get("original_shape"))
    if isinstance(size, tuple | list) and len(size) >= 2:
        height, width = size[:2]
        if all(isinstance(n, int | np.integer) and 0 < n < 100_000 for n in (height, width)):
            return int(width), int(height)
    raise file_error(path, f"img_shape of {name}", "is no height and width", "give a complete file")
