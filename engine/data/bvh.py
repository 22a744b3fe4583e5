"""BVH: any rig, any channel order, joints with or without position channels, Y or Z up.

The joints of the clip are those of the file, End Sites included ("<parent> end"). The whole file is turned
to Z up, rest pose included: a rotation R becomes A R A^T, so that identity rotations are still the rest pose.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.scale import (
    TO_Z_UP,
    check_rate,
    check_up,
    guess_unit,
    metres_per_unit,
)
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.convert import match_roles, rig_of
from engine.motion.kinematics import forward_kinematics
from engine.motion.rotations import change_axes, euler_to_quat
from engine.motion.skeleton import Skeleton, with_sides

Float = NDArray[np.float64]

RATES = (23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 72.0, 75.0, 90.0, 100.0, 119.88, 120.0,
         144.0, 150.0, 180.0, 200.0, 240.0, 250.0)  # fmt: skip


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
    """Whether a file that begins with `head` (its first 4096 bytes) is BVH."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].upper() == b"HIERARCHY"


def read(
    path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None
) -> MotionClip:
    """Read a BVH file as a clip in metres, Z up.

    rate_hz overrides the file's Frame Time; unit ("cm", "inches", "0.039", ...) and up ("Y", "Z") override
    what is found from the skeleton. Raises InputError for a file that cannot be used.
    """
    path = Path(path)
    return to_clip(parse(path), path, rate_hz=rate_hz, unit=unit, up=up)


def parse(path: Path) -> BvhFile:
    """Read the file without interpreting it. Raises InputError."""
    text = path.read_bytes().decode("utf-8", errors="replace").lstrip("\ufeff")
    cut = _find_motion(text)
    if cut < 0:
        raise file_error(path, "MOTION", "is missing", "give a complete BVH file")
    names, parents, offsets, channels = _parse_hierarchy(path, text[:cut].split())
    frames, frame_time, body = _parse_motion_header(path, text[cut:])
    width = sum(map(len, channels))
    values = _numbers(path, body)
    if values.size != frames * width:
        raise file_error(
            path,
            "MOTION",
            f"holds {values.size} values, but {frames} frames of {width} channels need {frames * width}",
            "give a complete BVH file",
        )
    if not np.isfinite(values).all():
        bad = int(np.argwhere(~np.isfinite(values))[0, 0]) // width
        raise file_error(
            path, f"frame {bad}", "holds a value that is not a finite number", "repair or cut it"
        )
    return BvhFile(names, parents, offsets, channels, frame_time, values.reshape(frames, width))


def to_clip(
    bvh: BvhFile, path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None
) -> MotionClip:
    """Turn a parsed file into a clip; arguments and errors as in `read`."""
    notes: list[str] = []
    skeleton = with_sides(f"BVH {path.stem}", bvh.names, bvh.parents)
    rig = rig_of(bvh.names)
    if rig is not None:
        skeleton = with_sides(rig.name, bvh.names, bvh.parents)
    rotations, offsets, root = _pose(bvh, skeleton, notes)
    positions, _ = forward_kinematics(skeleton, rotations, offsets, root)

    if up is not None:
        axis, why = check_up(up), "as given"
    else:
        axis, why = _find_up(bvh, skeleton, positions)
    notes.append(f"{axis} up {why}.")

    if unit is not None:
        metres, unit_name = metres_per_unit(unit)
        notes.append(f"Unit {unit_name} as given.")
    elif rig is not None:
        metres, unit_name = rig.metres_per_unit, rig.unit
        notes.append(f"Unit {unit_name} of the {rig.name} rig.")
    else:
        metres, unit_name, why = guess_unit(
            _stature(path, skeleton, bvh.offsets, positions, "XYZ".index(axis))
        )
        notes.append(f"Unit {unit_name}: {why}.")

    if rate_hz is not None:
        rate = check_rate(path, rate_hz)
        rate_text = f"{rate:g} Hz as given"
    else:
        rate = 1.0 / bvh.frame_time
        nearest = min(RATES, key=lambda r: abs(r - rate))
        rate = (
            nearest if abs(nearest / rate - 1) < 2e-4 else rate
        )  # Frame Time is often written with few digits
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
        provenance=Provenance(str(path), "BVH", unit_name, axis, rate_text, tuple(notes)),
    )


def _find_motion(text: str) -> int:
    """Where the line MOTION begins; -1 when there is none."""
    at = text.upper().find("MOTION")
    while at >= 0:
        before, after = text[:at].rstrip(" \t"), text[at + 6 : at + 7]
        if (not before or before[-1] in "\r\n}") and (not after or after.isspace()):
            return at
        at = text.upper().find("MOTION", at + 6)
    return -1


def _parse_hierarchy(
    path: Path, tokens: list[str]
) -> tuple[tuple[str, ...], tuple[int, ...], Float, tuple[tuple[str, ...], ...]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float] | None] = []
    channels: list[tuple[str, ...]] = []
    stack: list[int] = []  # open braces; the joint each belongs to
    opening = -1  # the joint whose brace comes next
    words = iter(tokens)

    def fail(problem: str) -> Exception:
        return file_error(path, "HIERARCHY", problem, "give a complete BVH file")

    def add(name: str, parent: int) -> int:
        while name in names:
            name += "'"
        names.append(name)
        parents.append(parent)
        offsets.append(None)
        channels.append(())
        return len(names) - 1

    try:
        for word in words:
            match word.upper():
                case "HIERARCHY":
                    pass
                case "ROOT" if names:
                    raise fail("has more than one ROOT")
                case "ROOT" | "JOINT" as kind:
                    if kind == "JOINT" and not stack:
                        raise fail("has a JOINT outside of the ROOT")
                    name = ""
                    while (part := next(words)) != "{":  # names may hold blanks
                        name = f"{name} {part}".strip()
                    opening = add(name or f"joint {len(names)}", stack[-1] if stack else -1)
                    stack.append(opening)
                case "END":
                    if not stack:
                        raise fail("has an End Site outside of the ROOT")
                    while next(words) != "{":
                        pass
                    stack.append(add(f"{names[stack[-1]]} end", stack[-1]))
                case "OFFSET":
                    offsets[stack[-1]] = [float(next(words)) for _ in range(3)]
                case "CHANNELS":
                    found = tuple(_channel(next(words)) for _ in range(int(next(words))))
                    if "" in found or len(set(c for c in found if c.endswith("position"))) != sum(
                        c.endswith("position") for c in found
                    ):
                        raise fail(
                            f"gives {names[stack[-1]]} channels that are not X/Y/Z position or rotation"
                        )
                    channels[stack[-1]] = found
                case "}":
                    stack.pop()
                case _:
                    raise fail(f"holds the unexpected word {word[:40]!r}")
    except StopIteration:
        raise fail("ends too early") from None
    except IndexError:
        raise fail("has braces that do not match") from None
    except ValueError as error:
        if hasattr(error, "detail"):
            raise
        raise fail("holds a word where a number belongs") from None
    if stack:
        raise fail("has braces that do not match")
    if len(names) < 3:
        raise fail(f"has {len(names)} joints, too few for a body")
    if any(o is None for o in offsets):
        raise fail(f"gives {names[offsets.index(None)]} no OFFSET")
    table = np.array(offsets, float)
    if not np.isfinite(table).all():
        raise fail("holds an OFFSET that is not a finite number")
    return tuple(names), tuple(parents), table, tuple(channels)


def _channel(word: str) -> str:
    axis, kind = word[:1].upper(), word[1:].lower()
    return f"{axis}{kind}" if axis in ("X", "Y", "Z") and kind in ("position", "rotation") else ""


def _parse_motion_header(path: Path, text: str) -> tuple[int, float, str]:
    """Frames, Frame Time and the rest of the text after them."""
    words = text[:4096].replace(":", " : ").split()
    try:
        assert [w.upper() for w in words[1:3]] == ["FRAMES", ":"]
        frames = int(words[3])
        assert [w.upper() for w in words[4:7]] == ["FRAME", "TIME", ":"]
        frame_time = float(words[7])
    except (AssertionError, IndexError, ValueError):
        raise file_error(
            path, "MOTION", "does not begin with Frames and Frame Time", "give a complete BVH file"
        ) from None
    if frames < 1:
        raise file_error(path, "Frames", f"is {frames}", "give a file with at least one frame")
    if not (np.isfinite(frame_time) and frame_time > 0):
        raise file_error(path, "Frame Time", f"is {frame_time:g}", "write a positive number of seconds")
    colon = text.index(":", text.index(":") + 1)
    rest = text[colon + 1 :].lstrip()
    return frames, frame_time, rest[len(words[7]) :]


def _numbers(path: Path, text: str) -> Float:
    """All numbers of a text, much faster than word by word."""
    words = text.split()
    try:
        return np.array(words, dtype=np.float64)
    except ValueError:
        wrong = next(w for w in words if not _is_number(w))
        raise file_error(
            path, "MOTION", f"holds {wrong[:40]!r} where a number belongs", "repair it"
        ) from None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _pose(bvh: BvhFile, skeleton: Skeleton, notes: list[str]) -> tuple[Float, Float, Float]:
    """Local rotations (T, J, 4), offsets (J, 3) or, where joints slide, (T, J, 3), root track (T, 3)."""
    frames, joints = len(bvh.values), len(bvh.names)
    rotations = np.zeros((frames, joints, 4))
    rotations[..., 0] = 1.0
    offsets: Float = bvh.offsets
    root = np.broadcast_to(bvh.offsets[skeleton.root], (frames, 3))
    at = 0
    for j, channels in enumerate(bvh.channels):
        values = bvh.values[:, at : at + len(channels)]
        at += len(channels)
        turns = [k for k, c in enumerate(channels) if c.endswith("rotation")]
        moves = [k for k, c in enumerate(channels) if c.endswith("position")]
        if turns:
            rotations[:, j] = euler_to_quat(
                np.radians(values[:, turns]), "".join(channels[k][0] for k in turns)
            )
        if not moves:
            continue
        track = np.zeros((frames, 3))
        track[:, ["XYZ".index(channels[k][0]) for k in moves]] = values[:, moves]
        # Some writers give positions from the parent, some from the OFFSET: the smaller departure from rest is meant.
        absent = [a for a in range(3) if a not in {"XYZ".index(channels[k][0]) for k in moves}]
        if _relative_to_offset(track, bvh.offsets[j], is_root=j == skeleton.root):
            track = track + bvh.offsets[j]
            if np.abs(bvh.offsets[j]).max() > 0:
                notes.append(f"Positions of {bvh.names[j]} taken as relative to its OFFSET.")
        else:
            track[:, absent] = bvh.offsets[j][absent]
        if j == skeleton.root:
            root = track
        elif np.abs(track - bvh.offsets[j]).max() > 1e-6 * (1e-9 + np.abs(bvh.offsets).max()):
            offsets = np.array(np.broadcast_to(offsets, (frames, joints, 3)))
            offsets[:, j] = track
    if offsets.ndim == 3:
        notes.append("Some joints slide as well as turn, so positions are kept and rotations are not.")
    return rotations, offsets, root


def _relative_to_offset(track: Float, offset: Float, *, is_root: bool) -> bool:
    middle = np.median(track, axis=0)
    if is_root:  # a root walks about; only its largest OFFSET, the height of the hips, tells
        k = int(np.abs(offset).argmax())
        return bool(abs(middle[k]) < abs(middle[k] - offset[k]))
    return bool(np.linalg.norm(middle) < np.linalg.norm(middle - offset))


def _find_up(bvh: BvhFile, skeleton: Skeleton, positions: Float) -> tuple[str, str]:
    """The up axis and the reason: head over feet in the rest pose, else in the motion."""
    rest_turns = np.zeros((1, len(skeleton), 4))
    rest_turns[..., 0] = 1.0
    rest, _ = forward_kinematics(skeleton, rest_turns, bvh.offsets, np.zeros((1, 3)))
    roles = match_roles(bvh.names, bvh.parents)
    head, feet = roles.get("head"), [roles[r] for r in ("left ankle", "right ankle") if r in roles]
    for pose, why in ((rest, "from the rest pose"), (positions, "from the motion")):
        if head is not None and feet:
            body = (pose[:, head] - pose[:, feet].mean(1)).mean(0)
        else:  # the widest extent of an unknown rig
            body = np.ptp(pose, axis=1).mean(0)
            why += " (its largest extent)"
        size = np.linalg.norm(body)
        k = int(np.abs(body).argmax())
        if size > 0 and k > 0 and body[k] > 0.8 * size:
            return "XYZ"[k], why
    return "Y", "assumed"


def _stature(path: Path, skeleton: Skeleton, offsets: Float, positions: Float, up: int) -> float:
    """How tall the person is, in file units: along the bones where head and feet are known."""
    roles = match_roles(skeleton.names, skeleton.parents)
    if "head" in roles and "left ankle" in roles:
        lengths = np.linalg.norm(offsets, axis=1)

        def chain(j: int) -> float:
            return 0.0 if skeleton.parents[j] < 0 else float(lengths[j]) + chain(skeleton.parents[j])

        # From ankle to head joint is about 0.86 of a person (ankle 0.04 H, head joint 0.90 H above the floor).
        tall = (chain(roles["left ankle"]) + chain(roles["head"])) / 0.86
    else:
        tall = float(np.percentile(np.ptp(positions[:, :, up], axis=1), 90))
    if tall <= 0:
        raise file_error(path, "OFFSET", "is zero for every joint", "give a file with a skeleton")
    return tall
