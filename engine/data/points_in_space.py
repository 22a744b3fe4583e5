"""Keypoint JSON in three dimensions: MMPose 3D, CMU Panoptic, MediaPipe's world landmarks.

MMPose 3D  [{frame_id, instances: [{keypoints: [[x, y, z], ...], keypoint_scores}]}], alone or as instance_info
Panoptic   {bodies: [{id, joints19: [x, y, z, confidence, ...]}]}, one file for each frame, in a folder
MediaPipe  frames with pose_world_landmarks, poseWorldLandmarks or worldLandmarks: [{x, y, z, visibility} * 33]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.keypoint_forms import WORLD_LANDMARKS
from engine.errors import file_error
from engine.untrusted.limits import HEAD_BYTES, LIMITS
from engine.untrusted.safe_pickle import mentions

Float = NDArray[np.float64]

PANOPTIC = ("joints19", "joints15")
_WORDS = tuple(f'"{key}"'.encode() for key in (*WORLD_LANDMARKS, *PANOPTIC))
_NUMBER = rb"-?\d[-+.\deE]*"
_TRIPLES = re.compile(rb'"keypoints"\s*:\s*(\[\s*){2,4}' + rb"\s*,\s*".join([_NUMBER] * 3) + rb"\s*\]")
_LARGEST = 1e7
_LEAST_CONFIDENCE = 0.1  # of Panoptic: below it a joint was not seen
_REMEDY = "export it again"


@dataclass
class Track:
    """One person: frame numbers, and points (K, 3) of each frame, NaN where unseen."""

    frames: list[int] = field(default_factory=list)
    points: list[Float] = field(default_factory=list)


def in_space(head: bytes, path: Path) -> bool:
    """Tell whether JSON that begins with `head` holds points in space."""
    long = len(head) >= HEAD_BYTES and path.stat().st_size <= LIMITS.text  # larger ones are refused anyhow
    if any(word in head or (long and mentions(path, word)) for word in _WORDS):
        return True
    return b'"image_id"' not in head and _TRIPLES.search(head) is not None


def people_of(path: Path, frames: list[Any]) -> tuple[str, dict[str, Track]]:
    """Return the form of a file's frames, and its people by name, the one seen longest first. Raises InputError."""
    form, people = _form(frames)
    found: dict[str, Track] = {}
    for number, frame in enumerate(frames):
        stated = next((frame[k] for k in ("frame_id", "frame") if isinstance(frame, dict) and k in frame), number)
        at = stated if type(stated) is int and 0 <= stated < 2**40 else number
        for name, points in people(path, frame):
            track = found.setdefault(name, Track())
            if not track.frames or track.frames[-1] < at:
                track.frames.append(at)
                track.points.append(points)
    if not found:
        raise file_error(path, "people", "are missing", "give a file in which somebody was seen")
    if len({p.shape for track in found.values() for p in track.points}) > 1:
        raise file_error(path, "keypoints", "differ in their number from frame to frame", _REMEDY)
    return form, dict(sorted(found.items(), key=lambda item: -len(item[1].frames)))


People = Iterator[tuple[str, Float]]


def _form(frames: list[Any]) -> tuple[str, Callable[[Path, Any], People]]:
    first = next((frame for frame in frames if isinstance(frame, dict)), {})
    if "bodies" in first:
        return "CMU Panoptic", _panoptic
    return ("MediaPipe world landmarks", _mediapipe) if set(WORLD_LANDMARKS) & set(first) else ("MMPose 3D", _mmpose)


def _panoptic(path: Path, frame: Any) -> People:
    for number, body in enumerate(_list(frame, "bodies")):
        key = next((k for k in PANOPTIC if isinstance(body, dict) and k in body), None)
        if key is None:
            raise file_error(path, "bodies", "have no joints19", "give CMU Panoptic's body3DScene files")
        points = numbers(path, key, body[key])
        if len(points) != 4 * int(key[-2:]):
            raise file_error(path, key, f"has {len(points)} numbers", _REMEDY)
        points = points.reshape(-1, 4)
        who = body.get("id", number)
        seen = points[:, 3:] > _LEAST_CONFIDENCE
        yield f"person {who if type(who) is int else number}", np.where(seen, points[:, :3], np.nan)


def _mediapipe(path: Path, frame: Any) -> People:
    found = next((frame[k] for k in WORLD_LANDMARKS if isinstance(frame, dict) and k in frame), None)
    found = found.get("landmark") if isinstance(found, dict) else found
    if not isinstance(found, list) or not found:
        return
    people = found if isinstance(found[0], list) else [found]
    for number, landmarks in enumerate(people):
        rows = [[p.get(k) for k in "xyz"] if isinstance(p, dict) else [None] for p in landmarks]
        yield f"person {number}", numbers(path, "landmarks", [n for row in rows for n in row]).reshape(-1, 3)


def _mmpose(path: Path, frame: Any) -> People:
    for number, instance in enumerate(_list(frame, "instances")):
        points = instance.get("keypoints") if isinstance(instance, dict) else None
        while isinstance(points, list) and len(points) == 1 and isinstance(points[0], list):
            points = points[0]  # as MMPose nests them
        if not isinstance(points, list) or not all(isinstance(row, list) and len(row) == 3 for row in points):
            raise file_error(path, "keypoints", "are no rows of x, y, z", "give MMPose's 3D predictions")
        who = instance.get("track_id", number)
        flat = numbers(path, "keypoints", [n for row in points for n in row])
        yield f"person {who if type(who) is int else number}", flat.reshape(-1, 3)


def numbers(path: Path, field: str, values: Any) -> Float:
    """Return a list of finite numbers (N,). Raises InputError."""
    good = isinstance(values, list) and values and all(type(n) in (int, float) and abs(n) < _LARGEST for n in values)
    if not good:
        raise file_error(path, field, "are not all finite numbers", _REMEDY)
    return np.array(values, np.float64)


def _list(frame: Any, key: str) -> list[Any]:
    found = frame.get(key) if isinstance(frame, dict) else None
    return found if isinstance(found, list) else []
