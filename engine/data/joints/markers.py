"""Joints of a body from markers: joint names of keypoint pipelines, and the sets of gait laboratories.

Hip centres: Harrington et al., J. Biomechanics 40 (2007), the regressions on pelvic depth and width. Knees and
ankles lie midway between their markers, or half a usual width inside the lateral one.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.joints.marker_names import KEYPOINTS, MARKERS
from engine.errors import file_error
from engine.motion.roles import match_roles
from engine.motion.skeleton import H36M_17, LAYOUTS, Skeleton

Float = NDArray[np.float64]

KNEE_M, ANKLE_M = 0.057, 0.042
"""From the lateral marker's middle to the joint: half of a usual width and the radius of a marker, metres."""
SHOULDER_M = 0.05
"""Of the shoulder's joint below the marker on the acromion, metres."""
NOSE_M = 0.105
"""Of H36M's nose below its head top, which lies in the middle of the head's four markers, metres (the mannequin's)."""
_PELVIS = ("left asis", "right asis")
_NEEDED = ("knee", "ankle", "shoulder", "elbow", "wrist")


def joints_of(path: Path, names: tuple[str, ...], positions: Float) -> tuple[Skeleton, Float, list[str]]:
    """Return a skeleton and its joints (T, J, 3) of markers (T, M, 3) metres, NaN where unseen, and notes.

    A layout whose joints are all there under its own names; else H36M-17 from joint names, from markers of the skin, or
    from names as rigs have them. Raises InputError for other sets of markers.
    """
    plain = [_plain(name) for name in names]
    for layout in sorted(LAYOUTS.values(), key=len, reverse=True):
        wanted = [_plain(name) for name in layout.names]
        if set(wanted) <= set(plain):
            return layout, positions[:, [plain.index(name) for name in wanted]], [f"Joints named as {layout.name}."]
    where = {name: positions[:, j] for j, name in reversed(list(enumerate(plain)))}
    joints = _named(where, KEYPOINTS)
    limbs = [f"{side} {joint}" for side in ("left", "right") for joint in ("hip", *_NEEDED)]
    if set(limbs) <= set(joints):
        return H36M_17, _stacked(_of_keypoints(joints)), ["H36M-17 from joints by their names."]
    markers = _named(where, MARKERS)
    if {*_PELVIS, *(f"{side} {joint}" for side in ("left", "right") for joint in _NEEDED)} <= set(markers):
        note = "H36M-17 from markers on the skin: hips by regression (Harrington), elbows at their markers."
        return H36M_17, _stacked(_of_markers(path, markers)), [note]
    roles = match_roles(names)
    missing = [joint for joint in limbs if joint not in roles]
    if missing:
        shown = ", ".join("".join(filter(str.isprintable, name[:20])) for name in names[:6]) + (
            "" if len(names) <= 6 else f" and {len(names) - 6} more"
        )
        problem = f"({shown}) are no set that is known: {', '.join(missing[:4])} is not among them"
        raise file_error(path, "markers", problem, "name them as Plug-in Gait, OpenCap or Pose2Sim do")
    found = {role: positions[:, j] for role, j in roles.items()}
    if "head" in found:
        found.setdefault("head top", found["head"])
    return H36M_17, _stacked(_of_keypoints(found)), ["H36M-17 from joints by the words of their names."]


def _named(where: dict[str, Float], table: dict[str, tuple[str, ...]]) -> dict[str, Float]:
    """Return the places that a table names; the first of its names that is there."""
    found = {role: next((where[name] for name in names if name in where), None) for role, names in table.items()}
    return {role: place for role, place in found.items() if place is not None}


def _of_keypoints(found: dict[str, Float]) -> dict[str, Float]:
    """Return H36M-17's joints of keypoints."""
    joints = dict(found)
    joints.setdefault("pelvis", (found["left hip"] + found["right hip"]) / 2)
    joints["thorax"] = found["neck"] if "neck" in found else (found["left shoulder"] + found["right shoulder"]) / 2
    joints["spine"] = (joints["pelvis"] + joints["thorax"]) / 2
    if "head top" not in found and "nose" in found:
        joints["head top"] = 2 * found["nose"] - joints["thorax"]
    joints.setdefault("head top", joints["thorax"] + 0.5 * (joints["thorax"] - joints["spine"]))
    joints.setdefault("nose", (joints["thorax"] + joints["head top"]) / 2)
    return joints


def _of_markers(path: Path, found: dict[str, Float]) -> dict[str, Float]:
    """Return H36M-17's joints of markers on the skin."""
    back = [found[name] for name in ("left psis", "right psis", "sacrum") if name in found]
    if not back:
        raise file_error(path, "markers", "hold no PSIS and no sacrum", "give a set with the back of the pelvis")
    middle = (found["left asis"] + found["right asis"]) / 2
    width = _length(found["left asis"] - found["right asis"])
    left = (found["left asis"] - found["right asis"]) / width
    depth = _length(middle - np.mean(back, axis=0))
    forward = _unit(_across(middle - np.mean(back, axis=0), left))
    up = np.cross(forward, left)
    joints: dict[str, Float] = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip = (
            middle
            - (0.24 * depth + 0.0099) * forward
            - (0.30 * width + 0.0109) * up
            + sign * (0.33 * width + 0.0073) * left
        )
        joints[f"{side} hip"] = found.get(f"{side} hip centre", hip)
        above = joints[f"{side} hip"]
        for joint, half in (("knee", KNEE_M), ("ankle", ANKLE_M)):
            outer, inner = found[f"{side} {joint}"], found.get(f"{side} {joint} inside")
            inwards = -sign * half * _unit(_across(left, _unit(outer - above)))
            above = joints[f"{side} {joint}"] = outer + inwards if inner is None else (outer + inner) / 2
        for joint in ("elbow", "wrist"):
            outer, inner = found[f"{side} {joint}"], found.get(f"{side} {joint} inside")
            joints[f"{side} {joint}"] = outer if inner is None else (outer + inner) / 2
    joints["pelvis"] = (joints["left hip"] + joints["right hip"]) / 2
    neck = [found[name] for name in ("c7", "clavicle") if name in found]
    shoulders = [found["left shoulder"], found["right shoulder"]]
    joints["thorax"] = np.mean(neck or shoulders, axis=0)
    trunk = _unit(joints["thorax"] - joints["pelvis"])
    joints |= {f"{side} shoulder": found[f"{side} shoulder"] - SHOULDER_M * trunk for side in ("left", "right")}
    joints["spine"] = (joints["pelvis"] + joints["thorax"]) / 2
    return joints | _head(found, joints["thorax"], trunk, forward)


def _head(found: dict[str, Float], thorax: Float, trunk: Float, forward: Float) -> dict[str, Float]:
    """Return head top and nose; where the head has no four markers, on from the trunk as the mannequin has them."""
    corners = [f"{side} {end} head" for end in ("front", "back") for side in ("left", "right")]
    if not set(corners) <= set(found):
        return {"head top": thorax + 0.216 * trunk, "nose": thorax + 0.109 * trunk + 0.038 * forward}
    front_left, front_right, back_left, back_right = (found[name] for name in corners)
    front, back = (front_left + front_right) / 2, (back_left + back_right) / 2
    ahead = _unit(front - back)
    up = np.cross(ahead, _unit(_across(front_left - front_right, ahead)))
    top = (front + back) / 2
    return {"head top": top, "nose": top - NOSE_M * up}


def _stacked(joints: dict[str, Float]) -> Float:
    return np.stack([joints[name] for name in H36M_17.names], axis=1)


def _plain(name: str) -> str:
    """Return a marker's name without its subject, its marks and its capitals: "Ann:L_Knee" -> "lknee"."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit(":", 1)[-1].lower().removesuffix("_study"))


def _length(vectors: Float) -> Float:
    return np.linalg.norm(vectors, axis=-1, keepdims=True)


def _unit(vectors: Float) -> Float:
    length = _length(vectors)
    return np.asarray(vectors / np.where(length > 0, length, np.nan))


def _across(vectors: Float, axis: Float) -> Float:
    """Return what of the vectors lies across a unit axis."""
    return np.asarray(vectors - np.sum(vectors * axis, axis=-1, keepdims=True) * axis)
