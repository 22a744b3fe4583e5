"""NTU RGB+D's .skeleton files: 25 joints of Kinect v2 for each person (specification 3.7).

    frame count; for each frame the count of bodies; for each body a line of 10 values, whose first is its number, the
    count of joints, and for each joint x y z (metres) depthX depthY colorX colorY qw qx qy qz trackingState

Positions are in the sensor's axes, Y up. People are named "person 0", "person 1", the one seen longest first; with
"/2d" at the end the joints in the colour picture are read instead. Subject and action are parts of a file's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import choose, numbered_times, refuse_world
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import left_out, with_gaps
from engine.errors import file_error
from engine.motion.clip import Provenance
from engine.motion.skeleton import NTU_25
from engine.motion.up_axis import UpAxis
from engine.observation.keypoints import Keypoints2D
from engine.observation.recording import Recording
from engine.untrusted.limits import LIMITS, read_bytes

Float = NDArray[np.float64]

RATE_HZ = 30.0
PICTURE = (1920, 1080)
_FORMAT = "NTU RGB+D skeleton"
_2D = "/2d"
_BODY, _JOINT = 10, 12  # values a line
_REMEDY = "give a complete file"
_HEAD = re.compile(rb"\s*\d+\s*\n\s*\d+\s*\n(\s*\d+(\s+[-+.\deEnaN]+){9}\s*\n\s*25\s*\n|\s*\d+\s*\n)")


@dataclass
class _Body:
    """One body: frame numbers, and of each frame the values of its joints."""

    frames: list[int] = field(default_factory=list)
    values: list[Float] = field(default_factory=list)


def matches(head: bytes, path: Path) -> bool:
    """Tell whether a file has the name of an NTU RGB+D file, or begins with frame count, body count and a body."""
    if path.suffix.lower() == ".skeleton":
        return True
    return b"\n25\n" in head.replace(b"\r", b"").replace(b" \n", b"\n") and _HEAD.match(head) is not None


def contents(path: Path) -> list[str]:
    """List the people, the one seen longest first. Raises InputError."""
    return list(_people(Path(path)))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Recording:
    """Read one person as NTU-25; the feet are lifted to the floor, x and y stay those of the sensor.

    Frames without the person are left out, the others keep their time. Raises InputError.
    """
    path = Path(path)
    people = _people(path)
    who = choose(path, list(people), None if select is None else select.removesuffix(_2D))
    body = people[who]
    times, rate = numbered_times(path, body.frames, rate_hz, RATE_HZ, "as NTU RGB+D was recorded")
    values = with_gaps(path, who, np.array(body.values), (None, len(NTU_25), _JOINT))
    values[values[..., -1] == 0] = np.nan  # not tracked
    name = path.stem if len(people) == 1 else f"{path.stem} {who}"
    subject, action = _names(path)
    notes = [f"{len(people)} people; this is {who}."] if len(people) > 1 else []
    notes += left_out(body.frames)
    if select is not None and select.endswith(_2D):
        refuse_world(path, unit, up)
        xy, seen = values[..., 5:7], np.asarray(np.isfinite(values[..., 5:7]).all(-1))
        return Keypoints2D(
            name, times, np.where(seen[..., None], xy, 0.0), seen.astype(float), NTU_25, PICTURE, subject=subject,
            category=action, provenance=Provenance(str(path), _FORMAT, "pixels", "", rate, tuple(notes)),
        )  # fmt: skip
    says = FileSays(_FORMAT, (1.0, "metres"), UpAxis("Y", "as the sensor's axes are"), "lift", tuple(notes), subject)
    clip = clip_of_joints(path, name, times, rate, values[..., :3], NTU_25, says, unit=unit, up=up)
    return replace(clip, category=action)


def _names(path: Path) -> tuple[str, str]:
    """Return subject and action of a file's name, "P008" and "A059"; "" where it does not say."""
    found = re.search(r"S\d{3}C\d{3}(P\d{3})R\d{3}(A\d{3})", path.stem)
    return (found[1], found[2]) if found else ("", "")


def _people(path: Path) -> dict[str, _Body]:
    """Return the bodies of a file by name. Raises InputError."""
    lines = read_bytes(path, LIMITS.text).decode("ascii", errors="replace").split("\n")
    bodies: dict[str, _Body] = {}
    at = 1
    frames = _count(path, lines, 0, "the frame count", 10**7)
    for frame in range(frames):
        count = _count(path, lines, at, f"frame {frame}", 100)
        at += 1
        for _ in range(count):
            head = _words(lines, at)
            joints = _count(path, lines, at + 1, f"frame {frame}", 1000)
            if joints != len(NTU_25) or len(head) < _BODY:
                raise file_error(path, f"frame {frame}", f"has a body of {joints} joints, not 25", _REMEDY)
            rows = [_words(lines, k) for k in range(at + 2, at + 2 + joints)]
            at += 2 + joints
            body = bodies.setdefault(head[0], _Body())
            if body.frames and body.frames[-1] == frame:
                continue  # the same number twice
            body.frames.append(frame)
            body.values.append(_values(path, frame, rows))
    if not bodies:
        raise file_error(path, "bodies", "are missing", "choose another file, this one is among those without")
    longest = sorted(bodies.values(), key=lambda body: -len(body.frames))
    return {f"person {k}": body for k, body in enumerate(longest)}


def _values(path: Path, frame: int, rows: list[list[str]]) -> Float:
    try:
        return np.array(rows, np.float64).reshape(len(rows), _JOINT)
    except ValueError:
        raise file_error(path, f"frame {frame}", "has a joint without its 12 numbers", _REMEDY) from None


def _count(path: Path, lines: list[str], at: int, field: str, largest: int) -> int:
    words = _words(lines, at)
    if len(words) != 1 or not words[0].isdecimal() or len(words[0]) > 9 or int(words[0]) > largest:
        raise file_error(path, field, "has no count where one belongs", _REMEDY)
    return int(words[0])


def _words(lines: list[str], at: int) -> list[str]:
    return lines[at].split() if at < len(lines) else []
