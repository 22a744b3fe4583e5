"""SMPL poses of one or several people, in the layouts that datasets and body estimators write.

AIST++    smpl_poses (T, 72), smpl_trans (T, 3) in units of smpl_scaling; Y up, 60 Hz
GVHMR     smpl_params_global {global_orient, body_pose, transl, betas}; Y up
WHAM      person -> {pose_world (T, 72), trans_world (T, 3), betas, frame_ids}; Y up
VIBE      person -> {pose (T, 72), betas, frame_ids}; camera axes, no place
4D-Humans frame -> {time, tid, smpl: [{global_orient, body_pose, betas}], camera}; camera axes
ROMP      results: frame -> {smpl_thetas (P, 72), smpl_betas, cam_trans, track_ids}; camera axes
smplx     global_orient, body_pose, transl, betas, or poses and trans
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import CAMERA_UP, mapping
from engine.data.smpl.record import POSES, SmplTrack, array_of, has_pose, item, track_of
from engine.errors import file_error

AIST = "AIST++"
ANY = "any tool"
"""Form of tables that many programs write."""


def tracks_of(path: Path, content: Any) -> dict[str, SmplTrack]:
    """Return the people in a file's content, by name. Raises InputError for what holds no SMPL pose."""
    content = mapping(path, "content", item(content))
    if "smpl_params_global" in content:
        inner = mapping(path, "smpl_params_global", item(content["smpl_params_global"]))
        return {"person 0": track_of(path, inner, "GVHMR", "Y")}
    if "results" in content and not has_pose(content):
        content = mapping(path, "results", item(content["results"]))
        if has_pose(content):
            content = {"0": content}  # one image of ROMP
    if has_pose(content):
        return {"person 0": track_of(path, content, *_form(content))}
    tables = [item(value) for value in content.values()]
    if any(isinstance(value, dict) and "smpl" in value and "tid" in value for value in tables):
        return _frame_by_frame(path, "4D-Humans", tables, _of_4d_humans)
    if any(isinstance(value, dict) and "smpl_thetas" in value for value in tables):
        return _frame_by_frame(path, "ROMP", tables, _of_romp)
    if len(content) > _MOST_PEOPLE:
        raise file_error(path, "content", f"lists {len(content)} people", "cut the file")
    people = {k: v for k, v in zip(content, tables, strict=True) if isinstance(v, dict) and has_pose(v)}
    if not people:
        raise file_error(path, "content", "holds no SMPL pose", f"give one with {', '.join(POSES)} or global_orient")
    return {f"person {_name(path, key)}": track_of(path, person, *_form(person)) for key, person in people.items()}


def _form(record: Mapping[Any, Any]) -> tuple[str, str]:
    """Return what writes such a table, and its up axis."""
    if "smpl_poses" in record:
        return AIST, "Y"
    if "pose_world" in record:
        return "WHAM", "Y"
    if "pred_cam" in record or "orig_cam" in record:
        return "VIBE", CAMERA_UP
    return ("ROMP", CAMERA_UP) if "smpl_thetas" in record else (ANY, "Y")


_MOST_PEOPLE = 10_000

Entry = tuple[Any, dict[str, Any]]  # who, and a table of one frame


def _frame_by_frame(
    path: Path, form: str, frames: list[Any], people: Callable[[Path, dict[Any, Any]], list[Entry]]
) -> dict[str, SmplTrack]:
    """Return the tracks of a file that lists who is seen in each frame; a frame's `time`, else its place, counts."""
    found: dict[str, dict[int, SmplTrack]] = {}
    for number, frame in enumerate(frames):
        if not isinstance(frame, dict):
            continue
        time = frame.get("time", number)
        time = time if type(time) is int and abs(time) < 2**40 else number
        for who, record in people(path, frame):
            found.setdefault(f"person {_name(path, who)}", {})[time] = track_of(path, record, form, CAMERA_UP)
    if not found:
        raise file_error(path, "content", f"of {form} holds nobody", "give a file in which a person was seen")
    longest = sorted(found.items(), key=lambda item: -len(item[1]))
    return {name: _joined(path, [parts[t] for t in sorted(parts)], sorted(parts)) for name, parts in longest}


def _joined(path: Path, parts: list[SmplTrack], times: list[int]) -> SmplTrack:
    first = parts[0]
    if len({part.angles.shape[1] for part in parts}) > 1:
        raise file_error(path, "poses", "of one person differ in their number of joints", "export it again")
    places = [part.trans for part in parts if part.trans is not None]
    shapes = [part.betas for part in parts if part.betas is not None]
    alike = len({len(shape) for shape in shapes}) == 1
    return SmplTrack(
        first.form,
        np.concatenate([part.angles for part in parts]),
        np.concatenate(places) if len(places) == len(parts) else None,
        np.asarray(np.median(shapes, axis=0)) if alike else None,
        np.array(times, np.int64),
        first.up,
    )


def _of_4d_humans(path: Path, frame: dict[Any, Any]) -> list[Entry]:
    """List who is in a frame of 4D-Humans (PHALP)."""
    who, poses, cameras = frame.get("tid"), frame.get("smpl"), frame.get("camera")
    if not isinstance(who, list) or not isinstance(poses, list):
        raise file_error(path, "tid and smpl", "are not lists of a frame's people", "give a complete file")
    entries: list[Entry] = []
    for k, (name, pose) in enumerate(zip(who, poses, strict=False)):
        if not isinstance(pose, dict) or not has_pose(pose):
            continue
        one = {key: array_of(pose[key])[None] for key in ("global_orient", "body_pose", "betas") if key in pose}
        if isinstance(cameras, list) and len(cameras) > k:
            one["cam_trans"] = array_of(cameras[k]).reshape(1, -1)
        entries.append((name, one))
    return entries


def _of_romp(path: Path, frame: dict[Any, Any]) -> list[Entry]:
    """List who is in a frame of ROMP or BEV."""
    poses = array_of(frame.get("smpl_thetas"))
    if poses.ndim != 2:
        raise file_error(path, "smpl_thetas", "is no table of a frame's people", "give a complete file")
    keys = [key for key in ("smpl_thetas", "smpl_betas", "cam_trans") if len(_rows(frame.get(key))) == len(poses)]
    tracks = _rows(frame.get("track_ids"))
    names = list(tracks) if len(tracks) == len(poses) else list(range(len(poses)))
    return [(who, {key: _rows(frame[key])[k : k + 1] for key in keys}) for k, who in enumerate(names)]


def _rows(value: Any) -> NDArray[Any]:
    """Return an array of a frame's people; an empty one where there is none."""
    array = array_of(value)
    return array if array.ndim else np.empty(0)


def _name(path: Path, key: Any) -> str:
    """Return a person's number or short name."""
    if isinstance(key, str) and key.isprintable() and len(key) <= 40:
        return key
    if isinstance(key, int | np.integer):
        return str(int(key))
    raise file_error(path, "a person", "has no number or name", "give a complete file")
