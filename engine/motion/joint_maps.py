"""Joint maps by hand for rigs whose names no rule knows, remembered for the rig: that is, for its joint names."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from engine.errors import InputError, file_error
from engine.motion.joint_words import words_of
from engine.paths import user_data
from engine.writing import save_json

_SIDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
_MIDDLE = ("neck", "head", "head top")
EXAMPLE = "knee_l=LeftShin,knee_r=RightShin"

ROLES = (*(f"{side} {limb}" for limb in _SIDED for side in ("left", "right")), *_MIDDLE)

JointMap = Mapping[str, str]
"""Role ("left knee") -> joint of the file."""

_in_use: dict[str, dict[str, str]] = {}
"""Maps that this process takes instead of the remembered ones, by rig."""


class UnknownJoints(InputError):
    """A rig of which no rule tells the joints; `joints` are their names, for a map by hand."""

    def __init__(self, message: str, joints: Sequence[str]) -> None:
        super().__init__(message)
        self.joints = tuple(joints)


def parse_map(text: str) -> dict[str, str]:
    """Read "knee_l=LeftShin, head=Skull". Raises InputError."""
    found: dict[str, str] = {}
    for part in text.split(","):
        role, equals, joint = (piece.strip() for piece in part.partition("="))
        name = _role(role)
        if not equals or not joint or name is None:
            known = f"{', '.join(f'{limb}_l, {limb}_r' for limb in _SIDED)}, neck, head, head_top"
            raise InputError(f"Joint map {part.strip()!r} cannot be read; write {EXAMPLE}, with {known}.")
        found[name] = joint
    return found


def map_by_hand(names: Sequence[str]) -> dict[str, str]:
    """What is in use for a rig with these joint names, else what was remembered; empty where nothing was."""
    key = _key(names)
    return dict(_in_use[key] if key in _in_use else _remembered(_file()).get(key, {}))


def use(path: Path, names: Sequence[str], joint_map: JointMap | None) -> bool:
    """Take a map for the rig while the process runs, or (None) the remembered one; whether that changes the rig's map.

    Raises InputError, as `check`.
    """
    before = map_by_hand(names)
    if joint_map is None:
        _in_use.pop(_key(names), None)
    else:
        check(path, names, joint_map)
        _in_use[_key(names)] = dict(joint_map)
    return map_by_hand(names) != before


def remember(path: Path, names: Sequence[str], joint_map: JointMap, *, instead: bool = False) -> None:
    """Keep a map for every rig with these joint names, beside the one that there was or instead of it.

    path is the file whose rig it is, for the message. Raises InputError.
    """
    whole = dict(joint_map) if instead else map_by_hand(names) | dict(joint_map)
    check(path, names, whole)
    maps = _remembered(_file())
    maps[_key(names)] = whole
    _in_use.pop(_key(names), None)
    save_json(maps, _file())


def check(path: Path, names: Sequence[str], joint_map: JointMap) -> None:
    """Raise InputError for joints that are not there, and for one that has two roles."""
    for role, joint in joint_map.items():
        if joint not in names:
            near = difflib.get_close_matches(joint, names, 3, 0.3) or list(names[:3])
            problem = f"names {joint!r} for the {role}, which is not in the file"
            raise file_error(path, "joint map", problem, f"choose a joint such as {', '.join(near)}")
    joints = list(joint_map.values())
    if len(set(joints)) < len(joints):
        twice = next(joint for joint in joints if joints.count(joint) > 1)
        raise file_error(path, "joint map", f"gives {twice} two roles", "give each role its own joint")


def _role(text: str) -> str | None:
    side, words = words_of(text)
    role = " ".join(words).replace("headtop", "head top")
    if side:
        return f"{side} {role}" if role in _SIDED else None
    return role if role in _MIDDLE else None


def _file() -> Path:
    return user_data() / "joint_maps.json"


def _key(names: Sequence[str]) -> str:
    return "\n".join(names)


@cache
def _remembered(file: Path) -> dict[str, dict[str, str]]:
    """The maps of the file, as they are in this process; damaged entries are left out."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = content if isinstance(content, dict) else {}
    return {
        key: {role: joint for role, joint in entry.items() if isinstance(joint, str) and joint in key.split("\n")}
        for key, entry in entries.items()
        if isinstance(entry, dict)
    }
