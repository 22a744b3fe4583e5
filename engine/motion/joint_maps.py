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

JointMap = Mapping[str, str]
"""Role ("left knee") -> joint of the file."""


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
    """What was remembered for a rig with these joint names; empty where nothing was."""
    return dict(_remembered(_file()).get(_key(names), {}))


def remember(path: Path, names: Sequence[str], joint_map: JointMap) -> None:
    """Keep a map for every rig with these joint names, after the one that there was. Raises InputError.

    path is the file whose rig it is, for the message.
    """
    for role, joint in joint_map.items():
        if joint not in names:
            near = difflib.get_close_matches(joint, names, 3, 0.3) or list(names[:3])
            problem = f"names {joint!r} for the {role}, which is not in the file"
            raise file_error(path, "joint map", problem, f"choose a joint such as {', '.join(near)}")
    joints = list((map_by_hand(names) | dict(joint_map)).values())
    if len(set(joints)) < len(joints):
        twice = next(joint for joint in joints if joints.count(joint) > 1)
        raise file_error(path, "joint map", f"gives {twice} two roles", "give each role its own joint")
    maps = _remembered(_file())
    maps[_key(names)] = map_by_hand(names) | dict(joint_map)
    save_json(maps, _file())


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
