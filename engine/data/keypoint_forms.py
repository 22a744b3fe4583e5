"""Forms of keypoint JSON that are rewritten as MMPose's: one list of frames, each with its instances.

MediaPipe          [[{x, y, z, visibility} * 33], ...], {frames: [{pose_landmarks | landmarks}]}, one frame alone,
                   also of several people (a list of lists)
TensorFlow.js      [{keypoints: [{x, y, score, name}]}] for each frame
Ultralytics        [{name, track_id, keypoints: {x: [], y: [], visible: []}}] for each frame
kinetics-skeleton  {data: [{frame_index, skeleton: [{pose: [x, y, ...], score: []}]}], label}
MMPose nested      {predictions: [[{keypoints, keypoint_scores}], ...]}, or those lists alone
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LANDMARKS = ("pose_landmarks", "poseLandmarks", "landmarks", "landmark", "keypoints")
WORLD_LANDMARKS = ("pose_world_landmarks", "poseWorldLandmarks", "worldLandmarks", "world_landmarks")
WORDS = (b'"visibility"', b'"pose_landmarks"', b'"poseLandmarks"', b'"landmarks"', b'"skeleton"', b'"predictions"')
"""One of these stands in every such file that does not speak of keypoints."""
_NUMBERS = ("frame_id", "frame", "frame_index", "frame_number", "image_id")
_MOST_PEOPLE = 1000
_DEEPEST = 4  # lists within lists

Form = tuple[str, list[dict[str, Any]]]


def as_mmpose(content: Any) -> Form | None:
    """Return the name of a form and its frames as MMPose writes them; None for content of none of these forms."""
    match content:
        case {"data": [{"skeleton": _}, *_]}:
            return "kinetics-skeleton", _frames(content["data"], lambda frame: _skeletons(frame.get("skeleton")))
        case {"predictions": [*frames]} | {"frames": [*frames]} | [*frames]:
            pass
        case {**frame} if _people(frame):
            frames = [frame]
        case _:
            return None
    if _is_landmarks(frames):
        frames = [frames]  # one person in one frame
    elif frames and all(isinstance(f, dict) and "keypoints" in f and ("box" in f or "bbox" in f) for f in frames):
        frames = [frames]  # everybody in one frame
    found = _frames(frames, _people)
    if not any(frame["instances"] for frame in found):
        return None
    return _name(frames), found


def _frames(frames: Iterable[Any], people: Any) -> list[dict[str, Any]]:
    found = []
    for number, frame in enumerate(frames):
        name = next((frame[k] for k in _NUMBERS if isinstance(frame, dict) and type(frame.get(k)) is int), number)
        instances = people(frame) if frame is not None else []
        found.append({"frame_id": name, "instances": instances[:_MOST_PEOPLE]})
    return found


def _people(frame: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Return a frame's people as MMPose's instances."""
    if _is_landmarks(frame):
        return [_of_landmarks(frame)]
    if isinstance(frame, list) and depth < _DEEPEST:
        return [person for entry in frame for person in _people(entry, depth + 1)]
    if not isinstance(frame, dict):
        return []
    points = next((frame[key] for key in LANDMARKS if key in frame), None)
    match points:
        case {"x": [*x], "y": [*y], **others}:
            given = next((others[key] for key in ("visible", "confidence", "conf") if key in others), None)
            score: list[Any] = given if isinstance(given, list) else [1.0] * len(x)
            return [_instance(frame, [list(pair) for pair in zip(x, y, strict=False)], score)]
        case {"landmark": [*ones]}:
            return _people(ones, depth + 1)
        case [[*_], *_] if "keypoint_scores" in frame:
            return [frame]
        case [*ones] if _is_landmarks(ones):
            return [_of_landmarks(ones, frame)]
        case [[*_], *_] if all(_is_landmarks(one) for one in points):
            return [_of_landmarks(one) for one in points]
    return []


def _skeletons(people: Any) -> list[dict[str, Any]]:
    """Return the people of a frame of kinetics-skeleton."""
    found = []
    for person in people if isinstance(people, list) else []:
        match person:
            case {"pose": [*pose], "score": [*score]}:
                found.append(_instance({}, [list(pair) for pair in zip(pose[::2], pose[1::2], strict=False)], score))
    return found


def _is_landmarks(value: Any) -> bool:
    """Tell whether this is one person's list of points with an x and a y."""
    return isinstance(value, list) and bool(value) and all(isinstance(p, dict) and {"x", "y"} <= set(p) for p in value)


def _of_landmarks(points: list[dict[str, Any]], person: dict[str, Any] | None = None) -> dict[str, Any]:
    score = [point.get("visibility", point.get("score", 1.0)) for point in points]
    return _instance(person or {}, [[point["x"], point["y"]] for point in points], score)


def _instance(person: dict[str, Any], points: list[list[Any]], score: list[Any]) -> dict[str, Any]:
    who = {key: person[key] for key in ("track_id", "id") if key in person}
    return {"keypoints": points, "keypoint_scores": score, **({"track_id": next(iter(who.values()))} if who else {})}


def _name(frames: list[Any]) -> str:
    """Return what writes frames like the first that holds somebody."""
    first: Any = next((frame for frame in frames if _people(frame)), None)
    while isinstance(first, list):
        first = first[0]
    if isinstance(first, dict) and isinstance(first.get("keypoints"), dict):
        return "Ultralytics"
    if isinstance(first, dict) and "keypoint_scores" in first:
        return "MMPose"
    points = next((first[k] for k in LANDMARKS if k in first), None) if isinstance(first, dict) else None
    named = isinstance(points, list) and bool(points) and isinstance(points[0], dict) and "name" in points[0]
    return "TensorFlow.js" if named else "MediaPipe"
