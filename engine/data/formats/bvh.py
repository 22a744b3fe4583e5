"""BVH: any rig, any channel order, joints with or without position channels, Y or Z up.

The joints of the clip are those of the file, End Sites included ("<parent> end"). The whole file is turned
to Z up, rest pose included: a rotation R becomes A R A^T, so that identity rotations are still the rest pose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.rates import rate_of_frame_time
from engine.data.scale import (
    LARGEST,
    RATES_HZ,
    check_finite,
    check_rate,
    check_up,
    metres_per_unit,
    person_units,
    unit_of,
)
from engine.errors import InputError, file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.kinematics import forward_kinematics, joints_at_rest
from engine.motion.rigs import Rig, rig_of
from engine.motion.roles import match_roles
from engine.motion.rotations import change_axes, euler_to_quat
from engine.motion.skeleton import Skeleton, with_sides
from engine.motion.up_axis import TO_Z_UP, UpAxis, up_axis, upright_axis
from engine.progress import passing
from engine.untrusted.limits import LIMITS, check_size

Float = NDArray[np.float64]

MAX_JOINTS = 1000
_LONGEST_NAME = 200
_PIECE = 4 << 20  # characters of numbers that are read at once
_BLANK = re.compile(r"\s")


@dataclass(frozen=True)
class BvhFile:
    """A BVH file as it stands: its units, axes and degrees.

    channels   for each joint its channel names in the order of the file, ("Xposition", "Zrotation", ...)
    offsets    (J, 3)
    values     (T, C) the channels of all joints side by side
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float
    channels: tuple[tuple[str, ...], ...]
    frame_time: float
    values: Float


def matches(head: bytes, path: Path) -> bool:
    """Tell whether a file that begins with `head` (its first 4096 bytes) is BVH."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].upper() == b"HIERARCHY"


def read(path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None) -> MotionClip:
    """Read a BVH file as a clip in metres, Z up.

    rate_hz overrides the file's Frame Time; unit ("cm", "inches", "0.039", ...) and up ("Y", "Z") override
    what is found from the skeleton. Raises InputError for a file that cannot be used.
    """
    path = Path(path)
    return to_clip(parse(path), path, rate_hz=rate_hz, unit=unit, up=up)


def parse(path: Path) -> BvhFile:
    """Read the file without interpreting it. Raises InputError."""
    check_size(path, LIMITS.text)
    text = path.read_bytes().decode("utf-8", errors="replace").lstrip("\ufeff")
    motion = re.search(r"(?im)(?:^|\})[ \t]*(MOTION)\s+Frames\s*:\s*(\S+)\s+Frame\s+Time\s*:\s*(\S+)(?=\s|$)", text)
    if motion is None:
        raise file_error(path, "MOTION", "with Frames and Frame Time is missing", "give a complete BVH file")
    names, parents, offsets, channels = _parse_hierarchy(path, text[: motion.start(1)].split())
    frames = _float(path, "Frames", motion[2])
    frame_time = _float(path, "Frame Time", motion[3])
    if not (frames >= 1 and frames.is_integer()):
        raise file_error(path, "Frames", f"is {motion[2]}", "give a file with at least one frame")
    width = sum(map(len, channels))
    values = _numbers(path, text, motion.end())
    if width == 0 or values.size != int(frames) * width:
        needed = f"{int(frames)} frames of {width} channels need {int(frames) * width}"
        raise file_error(path, "MOTION", f"holds {values.size} values, but {needed}", "give a complete BVH file")
    values = values.reshape(int(frames), width)
    check_finite(path, values)
    return BvhFile(names, parents, offsets, channels, frame_time, values)


def to_clip(
    bvh: BvhFile, path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None
) -> MotionClip:
    """Turn a parsed file into a clip; arguments and errors as in `read`."""
    notes: list[str] = []
    rig = rig_of(bvh.names)
    skeleton = with_sides(rig.name if rig is not None else f"rig of {path.stem}", bvh.names, bvh.parents)
    rotations, offsets, root = _pose(bvh, skeleton, rig, notes)
    positions, _ = forward_kinematics(skeleton, rotations, offsets, root)

    found = UpAxis(check_up(up), "as given") if up is not None else _find_up(bvh, skeleton, positions)
    axis = found.axis
    notes.append(found.note)

    if unit is not None:
        metres, unit_name = metres_per_unit(unit)
        notes.append(f"Unit {unit_name} as given.")
        scaled: tuple[str, ...] = ()
    else:
        tall = person_units(path, skeleton, bvh.offsets, positions @ TO_Z_UP[axis][2])
        metres, unit_name, why, scaled = unit_of(tall, rig)
        notes.append(f"Unit {unit_name}: {why}.")

    if rate_hz is not None:
        rate = check_rate(path, rate_hz)
        rate_text = f"{rate:g} Hz as given"
    else:
        if not 1 / RATES_HZ[1] <= bvh.frame_time <= 1 / RATES_HZ[0]:
            problem = f"is {bvh.frame_time:g}, not the seconds from one frame to the next"
            raise file_error(path, "Frame Time", problem, "correct it or give the rate")
        rate = rate_of_frame_time(bvh.frame_time)
        rate_text = f"{rate:g} Hz from Frame Time {bvh.frame_time:g} s"

    axes = TO_Z_UP[axis] * metres
    turned = change_axes(rotations, TO_Z_UP[axis])
    slides = offsets.ndim == 3
    return MotionClip(
        name=path.stem,
        times=np.arange(len(positions)) / rate,
        positions=positions @ axes.T,
        skeleton=skeleton,
        rotations=None if slides else turned,
        offsets=None if slides else offsets @ axes.T,
        provenance=Provenance(
            str(path), "BVH", unit_name, axis, rate_text, tuple(notes), assumed=(*found.assumption, *scaled)
        ),
    )


def _parse_hierarchy(
    path: Path, words: list[str]
) -> tuple[tuple[str, ...], tuple[int, ...], Float, tuple[tuple[str, ...], ...]]:
    """Return names, parents, offsets and channels of the joints, End Sites included."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    stack: list[int] = []  # the joints whose braces are open
    at = 0

    def fail(problem: str) -> InputError:
        return file_error(path, "HIERARCHY", problem, "give a complete BVH file")

    def take(count: int) -> list[str]:
        nonlocal at
        if not 0 <= count <= len(words) - at:
            raise fail("ends too early")
        at += count
        return words[at - count : at]

    taken: dict[str, int] = {}  # name -> how many there were, so that equal names take linear time

    def unique(name: str) -> str:
        chosen = name
        while chosen in taken:
            taken[name] += 1
            chosen = f"{name}'" if taken[name] == 2 else f"{name}'{taken[name]}"
        taken[chosen] = 1
        return chosen

    def open_joint(name: str) -> None:
        if len(names) == MAX_JOINTS:
            raise fail(f"has more than {MAX_JOINTS} joints")
        names.append(name := unique(name[:_LONGEST_NAME]))
        parents.append(stack[-1] if stack else -1)
        offsets.append([])
        channels.append(())
        stack.append(len(names) - 1)

    while at < len(words):
        word = take(1)[0].upper()
        if word == "HIERARCHY":
            continue
        if word in ("ROOT", "JOINT", "END"):
            if (word == "ROOT") == bool(names) or (word != "ROOT" and not stack):
                if word == "ROOT" and names:
                    problem = f"holds a second ROOT beside {names[0]}, of another person or prop"
                    raise file_error(path, "HIERARCHY", problem, "export each by itself")
                raise fail(f"has a {word} outside of the ROOT")
            title: list[str] = []  # names may hold blanks
            while (part := take(1)[0]) != "{":
                title.append(part)
            open_joint(f"{names[stack[-1]]} end" if word == "END" else " ".join(title) or f"joint {len(names)}")
        elif word == "}":
            if not stack:
                raise fail("has braces that do not match")
            if not offsets[stack.pop()]:
                raise fail("has a joint without OFFSET")
        elif word == "OFFSET" and stack:
            offsets[stack[-1]] = [_float(path, "OFFSET", w) for w in take(3)]
        elif word == "CHANNELS" and stack:
            count = take(1)[0]
            found = tuple(_channel(w) for w in take(int(count) if count.isdecimal() else -1))
            moves = [c for c in found if c.endswith("position")]
            if "" in found or len(set(moves)) != len(moves):
                raise fail(f"gives {names[stack[-1]]} CHANNELS that are not X/Y/Z position or rotation")
            channels[stack[-1]] = found
        else:
            raise fail(f"holds the unexpected word {word[:40]!r}")
    if stack:
        raise fail("has braces that do not match")
    if len(names) < 3:
        raise fail(f"has {len(names)} joints, too few for a body")
    table = np.array(offsets)
    if not (np.abs(table) < LARGEST).all():
        raise fail("holds an OFFSET that cannot be a length")
    return tuple(names), tuple(parents), table, tuple(channels)


def _channel(word: str) -> str:
    axis, kind = word[:1].upper(), word[1:].lower()
    return f"{axis}{kind}" if axis in ("X", "Y", "Z") and kind in ("position", "rotation") else ""


def _float(path: Path, field: str, word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise file_error(path, field, f"holds {word[:40]!r} where a number belongs", "repair it") from None


def _numbers(path: Path, text: str, start: int) -> Float:
    """Return the numbers of a text from `start` on, a piece after the other."""
    found = [np.zeros(0)]
    while start < len(text):
        passing(start / len(text))
        blank = _BLANK.search(text, start + _PIECE)
        stop = len(text) if blank is None else blank.start()
        words = text[start:stop].split()
        try:
            found.append(np.array(words, dtype=np.float64))  # many at once: a file holds millions
        except ValueError:
            found.append(np.array([_float(path, "MOTION", word) for word in words]))
        start = stop
    return np.concatenate(found)


def _pose(bvh: BvhFile, skeleton: Skeleton, rig: Rig | None, notes: list[str]) -> tuple[Float, Float, Float]:
    """Return local rotations (T, J, 4), offsets (J, 3) or, where joints slide, (T, J, 3), root track (T, 3)."""
    frames, joints = len(bvh.values), len(bvh.names)
    rotations = np.zeros((frames, joints, 4))
    rotations[..., 0] = 1.0
    offsets: Float = bvh.offsets
    root = np.broadcast_to(bvh.offsets[skeleton.root], (frames, 3))
    at = 0
    for j, channels in enumerate(bvh.channels):
        passing()
        values = bvh.values[:, at : at + len(channels)]
        at += len(channels)
        turns = [k for k, c in enumerate(channels) if c.endswith("rotation")]
        moves = [k for k, c in enumerate(channels) if c.endswith("position")]
        if turns:
            rotations[:, j] = euler_to_quat(np.radians(values[:, turns]), "".join(channels[k][0] for k in turns))
        if not moves:
            continue
        given = ["XYZ".index(channels[k][0]) for k in moves]
        track = np.zeros((frames, 3))
        track[:, given] = values[:, moves]
        # Some writers count positions from the OFFSET, most from the parent: the one nearer to rest is meant.
        is_root = j == skeleton.root
        known = rig is not None and rig.root_from_offset and is_root
        if known or _relative_to_offset(track, bvh.offsets[j], is_root=is_root):
            track = track + bvh.offsets[j]
            notes.append(f"Positions of {bvh.names[j]} taken as relative to its OFFSET.")
        else:
            absent = [axis for axis in range(3) if axis not in given]
            track[:, absent] = bvh.offsets[j][absent]
        if is_root:
            root = track
        elif np.abs(track - bvh.offsets[j]).max() > 1e-6 * (1e-9 + np.abs(bvh.offsets).max()):
            offsets = np.array(np.broadcast_to(offsets, (frames, joints, 3)))
            offsets[:, j] = track
    if offsets.ndim == 3:
        notes.append("Some joints slide as well as turn, so positions are kept and rotations are not.")
    return rotations, offsets, root


def _relative_to_offset(track: Float, offset: Float, *, is_root: bool) -> bool:
    if not offset.any():
        return False
    if is_root:  # a root walks about: only how low it comes, against the height of the hips, tells
        k = int(np.abs(offset).argmax())
        share = np.percentile(track[:, k] * np.sign(offset[k]), 5)
        return bool(share < abs(offset[k]) / 2)
    middle = np.median(track, axis=0)
    return bool(np.linalg.norm(middle) < np.linalg.norm(middle - offset))


def _find_up(bvh: BvhFile, skeleton: Skeleton, positions: Float) -> UpAxis:
    """Find the up axis from rest pose and motion; of an unknown rig by its largest extent."""
    roles = match_roles(bvh.names, bvh.parents)
    feet = [roles[role] for role in ("left ankle", "right ankle") if role in roles]
    rest = joints_at_rest(skeleton, bvh.offsets)
    if "head" in roles and feet:
        head = roles["head"]
        said = upright_axis(rest[head] - rest[feet].mean(0))
        stated = None if said is None else UpAxis(said, "from the rest pose")
        return up_axis(stated, positions[:, head], positions[:, feet])
    for pose, why in ((rest[None], "from the rest pose"), (positions, "from the motion")):
        axis = upright_axis(np.ptp(pose, axis=1).mean(0))
        if axis in ("Y", "Z"):
            return UpAxis(axis, f"{why} (its largest extent)", assumed=True)
    return UpAxis("Y", "assumed", assumed=True)
