"""Recordings of live cameras (engine.live.recording): keypoints as the model got them, a line of JSON a frame.

A recording holds a sequence for each person, and each size of pictures, that was followed: "1", "2", ... in the order
in which they begin. Where several were followed at once, their lines stand between each other's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import choose, uniform_times
from engine.data.camera_json import camera_from_json
from engine.errors import InputError, file_error
from engine.motion.clip import Footage, Provenance
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.untrusted.limits import LIMITS, check_size, unreadable

Float = NDArray[np.float64]
Line = Mapping[str, Any]

MARK, VERSION = "kinestate_live", 1
HEAD, VIEWS_HEAD = {"keypoints": H36M_17.name}, {"views": H36M_17.name}
"""In the first line, beside `MARK`, of a recording of one camera's keypoints, and of several cameras'."""
VIDEO = "video"
"""Under which the first line names the file with the pictures, from the recording's folder."""
PERSON, ROOM = "person", "room"
"""Under which lines say whose they are, where several people were followed at once."""
CAMERAS = "cameras"
"""Under which the line of a stream names those of several, as does that of a frame from which on they are others."""
SEEN_BY = "seen_by"
"""Under which the line of a picture of one of several cameras says of which, by its number in the rig."""
WRONG = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
"""What lines raise that nobody wrote."""


@dataclass
class Part:
    """The line with which a stream begins, and those of its frames; of several cameras as long as these stay the same.

    goes_on  whether it is the stream of the part before, with other cameras
    """

    begun: dict[str, Any]
    frames: list[dict[str, Any]] = field(default_factory=list)
    goes_on: bool = False


@dataclass
class Lines:
    """A recording's first line, its streams that have frames, and (seconds, text) of events."""

    head: dict[str, Any]
    parts: list[Part]
    events: list[tuple[float, str]]


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a recording of keypoints."""
    return begins(head, HEAD)


def begins(head: bytes, like: Line) -> bool:
    """Whether a file that begins with head is a recording whose first line holds the keys of that one."""
    first = head.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return first.startswith(f'{{"{MARK}"'.encode()) and all(f'"{key}"'.encode() in first for key in like)


def contents(path: Path) -> list[str]:
    """List the sequences. Raises InputError."""
    return [str(k + 1) for k in range(len(checked_lines(Path(path), HEAD).parts))]


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Keypoints2D:
    """Read one sequence, from its first frame on; rate_hz for the times that the recording holds. Raises InputError."""
    path = Path(path)
    lines = checked_lines(path, HEAD)
    which = int(choose(path, [str(k + 1) for k in range(len(lines.parts))], select)) - 1
    try:
        part = lines.parts[which]
        found = keypoints_of(path.stem, part)
        whose = [] if part.begun.get(PERSON) is None else [f"Person {int(part.begun[PERSON])} of several."]
        named = None if lines.head.get(VIDEO) is None else Path(lines.head[VIDEO])
    except WRONG as error:
        raise no_recording(path, error) from None
    notes = [f"Recorded live with {lines.head.get('model', 'a model')}.", *whose, *(said for _, said in lines.events)]
    if rate_hz is None:
        times, rate = found.times - found.times[0], "each frame's own time"
    else:
        times, rate = uniform_times(path, len(found), rate_hz, rate_hz, "as given")
    footage = None if named is None else footage_in(path.absolute().parent, named, times, found.times)
    if named is not None and footage is None:
        notes.append(f"Its video {named.name} is not where it was recorded to.")
    provenance = Provenance(
        source=str(path), format="Kinestate live recording", rate=rate, notes=tuple(notes), footage=footage
    )
    return replace(found, times=times, provenance=provenance)


def lines_of(path: Path) -> Lines:
    """Read the lines; a last one that was cut off is left out. Raises OSError, and `WRONG` for what is no recording."""
    with path.open(encoding="utf-8") as file:
        head = json.loads(file.readline())
        if head[MARK] != VERSION:
            raise ValueError(f"version {head[MARK]!r}")
        parts: list[Part] = []
        of_person: dict[Any, Part] = {}
        events: list[tuple[float, str]] = []
        for content in _whole_lines(file):
            if "event" in content:
                events.append((float(content["t"]), str(content["event"])))
            elif "height_m" in content:
                parts.append(Part(content))
                of_person[content.get(PERSON)] = parts[-1]
            elif SEEN_BY not in content:
                person = content.get(PERSON)
                if CAMERAS in content:
                    parts.append(Part(of_person[person].begun | {CAMERAS: content[CAMERAS]}, goes_on=True))
                    of_person[person] = parts[-1]
                of_person[person].frames.append(content)
    return Lines(head, [part for part in parts if part.frames], events)


def pictures_in(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the pictures of several cameras. Raises as `lines_of`."""
    with path.open(encoding="utf-8") as file:
        yield from (content for content in _whole_lines(file) if SEEN_BY in content)


def keypoints_of(name: str, part: Part) -> Keypoints2D:
    """The keypoints of a stream, at the feed's times. Raises `WRONG`."""
    width, height = map(int, part.begun["image_size"])
    xy, confidence = numbers(part.frames, "xy"), numbers(part.frames, "confidence")
    plain = part.begun["camera"]
    camera = None if plain is None else camera_from_json(plain)
    return Keypoints2D(name, times_of(part.frames), xy, confidence, H36M_17, (width, height), camera)


def times_of(frames: Sequence[Line]) -> Float:
    """(T,) seconds. Raises ValueError where they do not increase."""
    times = numbers(frames, "t")
    if times.ndim != 1 or not (np.diff(times) > 0).all():
        raise ValueError("times")
    return times


def numbers(frames: Sequence[Line], key: str) -> Float:
    """The arrays under a key, frames first. Raises ValueError for what is not finite."""
    found = np.array([line[key] for line in frames], float)
    if not np.isfinite(found).all():
        raise ValueError(key)
    return found


def checked_lines(path: Path, like: Line) -> Lines:
    """The lines of a recording whose first line holds that one. Raises InputError."""
    try:
        check_size(path, LIMITS.text)
        found = lines_of(path)
        if not like.items() <= found.head.items() or not found.parts:
            raise ValueError("nobody was seen")
    except OSError as error:
        raise unreadable(path, error) from None
    except InputError:
        raise
    except WRONG as error:
        raise no_recording(path, error) from None
    return found


def footage_in(folder: Path, named: Path, times: Float, own: Float) -> Footage | None:
    """A recording's video, at the milliseconds to which pictures' times were rounded; None where none can be read."""
    if named.is_absolute() or not os.path.isfile(folder / named):
        return None
    return Footage(folder / named, times, np.round(own * 1000) / 1000)


def no_recording(path: Path, error: Exception) -> InputError:
    """The error for lines that nobody wrote."""
    detail = f"{type(error).__name__}: {error}"
    return file_error(path, "content", "is no live recording", "choose another file", detail=detail)


def _whole_lines(file: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The content of each line, without a last one that was cut off."""
    for line in file:
        if line.endswith("\n"):
            yield json.loads(line)
