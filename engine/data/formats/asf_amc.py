"""ASF/AMC (Acclaim): a skeleton file and a motion file, as CMU's database has them.

The joints of the clip stand at the start of each bone, where its rotation acts; leaf bones get a further
joint "<bone> end". The local rotation of a bone is C M C^-1: C from its `axis`, M from its AMC angles.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.scale import (
    LARGEST,
    check_finite,
    check_rate,
    check_up,
    is_body,
    is_person,
    metres_per_unit,
    person_units,
    unit_of,
)
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.kinematics import forward_kinematics
from engine.motion.rigs import rig_of
from engine.motion.roles import match_roles
from engine.motion.rotations import change_axes, conjugate, euler_to_quat, multiply
from engine.motion.skeleton import Skeleton, with_sides
from engine.motion.up_axis import TO_Z_UP, UpAxis, up_axis
from engine.progress import passing
from engine.untrusted.limits import LIMITS, check_size

Float = NDArray[np.float64]

MAX_BONES = 1000
ASSUMED_RATE = 120.0  # CMU's; the format holds none


@dataclass(frozen=True)
class Bone:
    """One bone of an ASF file: direction (3,), length (file units), axis (4,) wxyz, dof ("rx", ...)."""

    name: str
    direction: Float
    length: float
    axis: Float
    dof: tuple[str, ...]


@dataclass(frozen=True)
class AsfFile:
    """An ASF skeleton as it stands.

    length, degrees   of :units; root_order e.g. ("TX", ..., "RZ")
    children          bone (or "root") -> its child bones
    """

    length: float
    degrees: bool
    root_order: tuple[str, ...]
    root_axis: Float
    root_position: Float
    bones: dict[str, Bone]
    children: dict[str, tuple[str, ...]]


def matches(head: bytes, path: Path) -> bool:
    """Tell whether a file that begins with `head` (its first 4096 bytes) is an AMC motion or its ASF skeleton."""
    lines = [t for line in head.decode("latin-1").splitlines() if (t := line.split("#")[0].strip())]
    words = [line.split() for line in lines]
    if any(w[0].lower() in (":bonedata", ":hierarchy") or w[:2] == [":name", "VICON"] for w in words):
        return True
    bare = [w for w in words if not w[0].startswith(":")]
    return len(bare) > 1 and len(bare[0]) == 1 and bare[0][0].isdecimal() and len(bare[1]) > 1 and _is_name(bare[1][0])


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    asf: Path | None = None,
) -> MotionClip:
    """Read an AMC motion with its ASF skeleton as a clip in metres, Z up.

    asf      the skeleton; by default the one beside the motion (`find_asf`)
    rate_hz  120 where not given: the format holds no rate
    unit, up override the ASF's length unit and the usual Y up
    Raises InputError for files that cannot be used.
    """
    path = Path(path)
    if path.suffix.lower() == ".asf":
        raise file_error(path, "this", "is a skeleton without motion", "give the .amc file that belongs to it")
    check_size(path, LIMITS.text)
    asf = find_asf(path) if asf is None else Path(asf)
    skeleton_file = parse_asf(asf)
    rate = ASSUMED_RATE if rate_hz is None else check_rate(path, rate_hz)
    rate_text = f"{rate:g} Hz " + ("assumed, AMC holds none" if rate_hz is None else "as given")
    names, parents, rest = _joints(skeleton_file)
    rig = rig_of(names)
    skeleton = with_sides(rig.name if rig is not None else f"rig of {asf.stem}", names, parents)
    rotations, root = _pose(path, skeleton_file, names)
    positions, _ = forward_kinematics(skeleton, rotations, rest, root)
    found = UpAxis(check_up(up), "as given") if up is not None else _find_up(skeleton, positions)
    axis = found.axis
    tall = person_units(asf, skeleton, rest, positions @ TO_Z_UP[axis][2]) if is_body(skeleton) else None
    metres, unit_name, why, scaled = _unit(asf, skeleton_file, unit, tall)
    notes = (f"Skeleton {asf.name}.", f"Unit {unit_name} {why}.", found.note)
    axes = TO_Z_UP[axis] * metres
    return MotionClip(
        name=path.stem,
        times=np.arange(len(positions)) / rate,
        positions=positions @ axes.T,
        skeleton=skeleton,
        rotations=change_axes(rotations, TO_Z_UP[axis]),
        offsets=rest @ axes.T,
        provenance=Provenance(
            str(path),
            "ASF/AMC",
            unit_name,
            axis,
            rate_text,
            notes,
            assumed=(*(() if rate_hz is not None else (f"{rate:g} Hz",)), *found.assumption, *scaled),
        ),
    )


def _find_up(skeleton: Skeleton, positions: Float) -> UpAxis:
    """Find the up axis: Y, as CMU's files have it, unless the motion says otherwise."""
    if not is_body(skeleton):
        return UpAxis("Y", "assumed", assumed=True)
    roles = match_roles(skeleton.names, skeleton.parents)
    ankles = [roles["left ankle"], roles["right ankle"]]
    return up_axis(UpAxis("Y", "assumed"), positions[:, roles["head"]], positions[:, ankles])


def _unit(asf: Path, file: AsfFile, unit: str | None, tall: float | None) -> tuple[float, str, str, tuple[str, ...]]:
    """Return metres per unit, its name, the reason and what of it is assumed, for a person `tall` units high.

    tall is None where the skeleton is not a whole body.
    """
    if unit is not None:
        return *metres_per_unit(unit), "as given", ()
    metres, name = 0.0254 / file.length, f"1/{file.length:g} inch"
    if tall is None or is_person(tall * metres):
        return metres, name, f"from :units of {asf.name}", ()
    found, found_name, why, scaled = unit_of(tall, None)
    return found, found_name, f": {why}; {name} of {asf.name} would make it {tall * metres:.3g} m tall", (
        *scaled, f"unit {found_name}, against the file's",
    )  # fmt: skip


def find_asf(path: Path) -> Path:
    """Find the skeleton of a motion 35/35_01.amc: 35/35.asf, or 35.asf one folder up, or the only .asf beside it.

    Raises InputError where there is none, or a choice.
    """
    subject = path.stem.rsplit("_", 1)[0]
    beside = sorted(p for p in path.parent.iterdir() if p.suffix.lower() == ".asf")
    above = sorted(path.parent.parent.glob(f"{glob.escape(subject)}.[aA][sS][fF]"))
    named = [p for p in beside if p.stem.lower() in (subject.lower(), path.stem.lower())]
    for found in (named, beside, above):
        if len(found) == 1:
            return found[0]
    what = f"has {len(beside)} skeletons beside it" if beside else "has no skeleton beside it"
    raise file_error(path, "the motion", what, f"put its .asf file into the same folder as {subject}.asf")


def parse_asf(path: Path) -> AsfFile:
    """Read the skeleton file. Raises InputError."""
    check_size(path, LIMITS.text)
    sections: dict[str, list[list[str]]] = {}
    current = ""
    for words in _lines(path):
        if words[0].startswith(":"):
            current = words[0].lower()
            sections[current] = [words[1:]] if len(words) > 1 else []
        elif current:
            sections[current].append(words)
    for needed in (":root", ":bonedata", ":hierarchy"):
        if needed not in sections:
            raise file_error(path, needed, "is missing", "give a complete ASF file")
    try:
        units = {w[0].lower(): w[1] for w in sections.get(":units", [])}
        length = float(units.get("length", "1"))
        degrees = units.get("angle", "deg").lower().startswith("deg")
        turn = np.pi / 180 if degrees else 1.0
        root = {w[0].lower(): w[1:] for w in sections[":root"]}
        order = tuple(w.upper() for w in root.get("order", ["TX", "TY", "TZ", "RX", "RY", "RZ"]))
        root_turn = np.array([float(w) for w in root.get("orientation", ["0", "0", "0"])]) * turn
        root_axis = euler_to_quat(root_turn[::-1], root.get("axis", ["XYZ"])[0].upper()[::-1])
        position = np.array([float(w) for w in root.get("position", ["0", "0", "0"])])
        bones = _bones(sections[":bonedata"], turn)
        if position.shape != (3,) or not (np.abs([*position, *root_turn]) < LARGEST).all():
            raise ValueError("position or orientation of the root")
        if len(set(order)) != len(order) or not set(order) <= {"TX", "TY", "TZ", "RX", "RY", "RZ"}:
            raise ValueError("order of the root")
        children = {
            words[0]: tuple(words[1:]) for words in sections[":hierarchy"] if words[0].lower() not in ("begin", "end")
        }
    except (ValueError, IndexError, KeyError) as error:
        raise file_error(
            path, "the skeleton", "cannot be read", "give a complete ASF file", detail=str(error)
        ) from None
    if not 1e-3 < length < 1e3:
        raise file_error(path, ":units length", f"is {length:g}", "write CMU's 0.45 or 1")
    _check_tree(path, bones, children)
    return AsfFile(length, degrees, order, root_axis, position, bones, children)


def parse_amc(path: Path, widths: dict[str, int]) -> dict[str, Float]:
    """Read the motion file: bone -> (T, width) values; `widths` says how many values each bone has.

    Raises InputError.
    """
    lines = _lines(path)
    starts = [k for k, words in enumerate(lines) if len(words) == 1 and words[0].isdigit()]
    if not starts:
        raise file_error(path, "the motion", "has no frames", "give a complete AMC file")
    starts.append(len(lines))
    layout = [words[0] for words in lines[starts[0] + 1 : starts[1]]]
    for bone in layout:
        if bone not in widths:
            raise file_error(
                path, f"bone {bone[:40]}", "is not in the skeleton", "give the ASF file that belongs to it"
            )
    missing = [b for b, n in widths.items() if n and b not in layout]
    if missing:
        raise file_error(path, f"bone {missing[0]}", "has no values", "give the ASF file that belongs to it")
    expected = [1 + widths[bone] for bone in layout]
    values: list[str] = []
    for number, (first, last) in enumerate(pairwise(starts)):
        passing(number / len(starts))
        frame = lines[first + 1 : last]
        if [w[0] for w in frame] != layout or [len(w) for w in frame] != expected:
            raise file_error(
                path,
                f"frame {number}",
                "does not hold the bones and values of the others",
                "repair or cut the file",
            )
        for words in frame:
            values += words[1:]
    try:
        table = np.array(values, dtype=np.float64).reshape(len(starts) - 1, -1)
    except ValueError:
        raise file_error(path, "the motion", "holds a word where a number belongs", "repair it") from None
    check_finite(path, table)
    cuts = np.cumsum([widths[bone] for bone in layout])[:-1]
    return dict(zip(layout, np.split(table, cuts, axis=1), strict=True))


def _lines(path: Path) -> list[list[str]]:
    """Return the words of each line that has any; comments (# to the end of the line) are left out."""
    text = path.read_bytes().decode("latin-1")
    return [words for line in text.splitlines() if (words := line.split("#", 1)[0].split())]


def _is_name(word: str) -> bool:
    return re.fullmatch(r"[A-Za-z_]\w*", word) is not None


def _bones(lines: list[list[str]], turn: float) -> dict[str, Bone]:
    bones: dict[str, Bone] = {}
    entry: dict[str, list[str]] = {}
    for words in lines:
        match words[0].lower():
            case "begin":
                entry = {}
            case "end":
                axis = [float(w) * turn for w in entry["axis"][:3]]
                order = entry["axis"][3].upper() if len(entry["axis"]) > 3 else "XYZ"
                bone = Bone(
                    entry["name"][0],
                    np.array([float(w) for w in entry["direction"][:3]]),
                    float(entry["length"][0]),
                    euler_to_quat(np.array(axis[::-1]), order[::-1]),
                    tuple(w.lower() for w in entry.get("dof", [])),
                )
                if bone.direction.shape != (3,) or not all(
                    abs(x) < LARGEST for x in (*bone.direction, bone.length, *axis)
                ):
                    raise ValueError(f"{bone.name}: direction, length or axis")
                if any(d not in ("rx", "ry", "rz", "tx", "ty", "tz", "l") for d in bone.dof):
                    raise ValueError(f"{bone.name}: dof {bone.dof}")
                bones[bone.name] = bone
            case key:
                entry.setdefault(key, words[1:])
    return bones


def _check_tree(path: Path, bones: dict[str, Bone], children: dict[str, tuple[str, ...]]) -> None:
    seen: set[str] = set()
    waiting = ["root"]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in bones:
                raise file_error(path, f"bone {child[:40]}", "has no :bonedata", "give a complete ASF file")
            if child in seen:
                raise file_error(path, f"bone {child}", "hangs on two parents", "repair :hierarchy")
            seen.add(child)
            waiting.append(child)
    loose = [b for b in bones if b not in seen]
    if loose:
        raise file_error(path, f"bone {loose[0]}", "does not hang on the root", "repair :hierarchy")
    if not 3 <= len(seen) <= MAX_BONES:
        raise file_error(path, "the skeleton", f"has {len(seen)} bones", "give the ASF file of a body")


def _joints(asf: AsfFile) -> tuple[tuple[str, ...], tuple[int, ...], Float]:
    """Return joint names, parents and rest offsets (J, 3) in file units: bone starts, then ends of leaf bones."""
    names, parents, offsets = ["root"], [-1], [np.zeros(3)]
    for parent in names:  # grows while it is walked
        reach = asf.bones[parent].direction * asf.bones[parent].length if parent in asf.bones else np.zeros(3)
        at = names.index(parent)
        for child in asf.children.get(parent, ()):
            names.append(child)
            parents.append(at)
            offsets.append(reach)
    for at in range(1, len(names)):
        if not asf.children.get(names[at]):
            bone = asf.bones[names[at]]
            names.append(f"{bone.name} end")
            parents.append(at)
            offsets.append(bone.direction * bone.length)
    return tuple(names), tuple(parents), np.array(offsets)


def _pose(path: Path, asf: AsfFile, names: tuple[str, ...]) -> tuple[Float, Float]:
    """Return local rotations (T, J, 4) and root track (T, 3) in file units."""
    widths = {"root": len(asf.root_order)} | {b.name: len(b.dof) for b in asf.bones.values()}
    motion = parse_amc(path, widths)
    frames = len(motion["root"])
    rotations = np.zeros((frames, len(names), 4))
    rotations[..., 0] = 1.0
    turn = np.pi / 180 if asf.degrees else 1.0
    for j, name in enumerate(names):
        if name == "root":
            rotations[:, j] = _turned(motion["root"], asf.root_order, asf.root_axis, turn)
        elif name in motion:
            bone = asf.bones[name]
            rotations[:, j] = _turned(motion[name], bone.dof, bone.axis, turn)
    root = np.zeros((frames, 3)) + asf.root_position
    for k, channel in enumerate(asf.root_order):
        if channel.startswith("T"):
            root[:, "XYZ".index(channel[1])] += motion["root"][:, k]
    return rotations, root


def _turned(values: Float, dof: tuple[str, ...], axis: Float, turn: float) -> Float:
    """Return C M C^-1 (T, 4), M = Rz Ry Rx for dof rx ry rz: the angle named first is applied first."""
    turns = [(k, d[1].upper()) for k, d in enumerate(dof) if d[0] in "rR"][::-1]
    motion = euler_to_quat(values[:, [k for k, _ in turns]] * turn, "".join(a for _, a in turns))
    return multiply(
        multiply(np.broadcast_to(axis, motion.shape), motion), np.broadcast_to(conjugate(axis), motion.shape)
    )
