"""Recordings of several live cameras (engine.live.recording): the one who was followed, and everybody in each camera.

A recording opens as a sequence for each camera, by its name, of the person whom models got; where there are several
streams, behind the stream's number. Everybody whom the cameras saw is read at once, for what takes several views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cameras.rig import CameraRig
from engine.data.arrays import choose, uniform_times
from engine.data.camera_json import camera_from_json
from engine.data.formats.live_recording import (
    CAMERAS,
    SEEN_BY,
    VIDEO,
    VIEWS_HEAD,
    WRONG,
    Lines,
    Part,
    begins,
    checked_lines,
    footage_in,
    no_recording,
    numbers,
    pictures_in,
    times_of,
)
from engine.motion.clip import Footage, Provenance
from engine.motion.interpolation import nearest
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_in_view import Ids, PeopleInView, as_views, between_pictures
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]

FORMAT = "Kinestate live recording of several cameras"
MOST_EVENTS = 20
"""That are told on a card."""


def matches(head: bytes, path: Path) -> bool:
    """Tell whether this is a recording of several cameras."""
    return begins(head, VIEWS_HEAD)


def contents(path: Path) -> list[str]:
    """List the cameras, of each stream. Raises InputError."""
    path = Path(path)
    return list(_named(path, checked_lines(path, VIEWS_HEAD)))


def read(
    path: Path,
    *,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    select: str | None = None,
) -> Keypoints2D:
    """Read one camera's view of the one who was followed, from the stream's first frame on; arguments as its sister's.

    In frames in which the camera did not see them, confidences are 0. Raises InputError.
    """
    path = Path(path)
    lines = checked_lines(path, VIEWS_HEAD)
    found = _named(path, lines)
    stream, view = found[choose(path, list(found), select)]
    try:
        seen = views_of(path.stem, stream).view(view)
        named = _video(lines, view)
        own = seen.times if named is None else _own_times(path, view, seen.times)
    except WRONG as error:
        raise no_recording(path, error) from None
    if rate_hz is None:
        times, rate = seen.times - seen.times[0], "each frame's own time"
    else:
        times, rate = uniform_times(path, len(seen), rate_hz, rate_hz, "as given")
    said = [text for _, text in lines.events]
    more = [f"{len(said) - MOST_EVENTS} more events."] if len(said) > MOST_EVENTS else []
    footage = None if named is None else footage_in(path.absolute().parent, named, times, own)
    if named is not None and footage is None:
        more.append(f"Its video {named.name} is not where it was recorded to.")
    notes = (f"Recorded live with {lines.head.get('model', 'a model')}.", *said[:MOST_EVENTS], *more)
    provenance = Provenance(source=str(path), format=FORMAT, rate=rate, notes=notes, footage=footage)
    return replace(seen, times=times, provenance=provenance)


def views_of(name: str, part: Part) -> MultiViewKeypoints:
    """The views of a stream as models got them, at the feed's times. Raises `WRONG`."""
    rig = _rig_of(part)
    xy, confidence = (np.moveaxis(numbers(part.frames, key), 0, 1)[:, :, None] for key in ("xy", "confidence"))
    return MultiViewKeypoints(name, times_of(part.frames), xy, confidence, H36M_17, rig)


@dataclass(frozen=True, eq=False)
class Everybody:
    """Everybody whom live cameras saw, before anybody was followed, blinded or delayed.

    views    between each camera's pictures, at the times of the one of which there are most, from its first on
    times    (T,) seconds of each camera's own pictures, on the same clock
    footage  each camera's video, where there is one
    """

    views: MultiViewKeypoints
    times: tuple[Float, ...]
    footage: tuple[Footage | None, ...]


def read_everybody(path: Path) -> Everybody:
    """Read what each camera saw; the cameras are those that models were told of first. Raises InputError."""
    lines = checked_lines(path, VIEWS_HEAD)
    try:
        rig = _rig_of(lines.parts[0])
        pictures = [_Pictures() for _ in rig]
        for line in pictures_in(path):
            pictures[_number(line, len(rig))].add(line)
        seen = [each.joined(camera.name) for each, camera in zip(pictures, rig, strict=True)]
        named = [_video(lines, view) for view in range(len(rig))]
    except WRONG as error:
        raise no_recording(path, error) from None
    clock = max((view.times for view, _ in seen), key=len)
    views = as_views(path.stem, clock - clock[0], [between_pictures(view, ids, clock) for view, ids in seen], rig)
    times = tuple(view.times - clock[0] for view, _ in seen)
    footage = tuple(
        None if film is None or not each.times else footage_in(path.absolute().parent, film, at, np.array(each.own))
        for film, at, each in zip(named, times, pictures, strict=True)
    )
    return Everybody(views, times, footage)


@dataclass
class _Pictures:
    """One camera's, each later than the one before: a clock that was adjusted may put one back."""

    times: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    ids: list[list[int]] = field(default_factory=list)
    xy: list[Float] = field(default_factory=list)
    confidence: list[Float] = field(default_factory=list)

    def add(self, line: Mapping[str, Any]) -> None:
        """Raises `WRONG`."""
        at, own = float(line["t"]), float(line["own"])
        if not np.isfinite([at, own]).all():
            raise ValueError("t")
        if self.times and at <= self.times[-1]:
            return
        ids = list(map(int, line["ids"]))
        xy = np.array(line["xy"], float).reshape(len(ids), len(H36M_17), 2)
        confidence = np.array(line["confidence"], float).reshape(len(ids), len(H36M_17))
        if not (np.isfinite(xy).all() and np.isfinite(confidence).all()):
            raise ValueError("xy")
        self.times.append(at)
        self.own.append(own)
        self.ids.append(ids)
        self.xy.append(xy)
        self.confidence.append(confidence)

    def joined(self, name: str) -> tuple[PeopleInView, Ids]:
        """Everybody in it, and who is who; of a camera that never sent anything, nobody at 0 s."""
        times = self.times or [0.0]
        shape = (len(times), max([1, *map(len, self.ids)]))
        ids, xy = np.full(shape, -1), np.zeros((*shape, len(H36M_17), 2))
        confidence = np.zeros((*shape, len(H36M_17)))
        for k, own in enumerate(self.ids):
            there = slice(len(own))
            ids[k, there], xy[k, there], confidence[k, there] = own, self.xy[k], self.confidence[k]
        return PeopleInView(name, np.array(times), xy, confidence, H36M_17), ids


def _rig_of(part: Part) -> CameraRig:
    """The cameras that a stream begins with. Raises `WRONG`."""
    return CameraRig(tuple(camera_from_json(camera) for camera in part.begun[CAMERAS]))


def _number(line: Mapping[str, Any], cameras: int) -> int:
    """Of the camera that took the picture. Raises IndexError where there is none of that number."""
    view = int(line[SEEN_BY])
    if not 0 <= view < cameras:
        raise IndexError(view)
    return view


def _video(lines: Lines, view: int) -> Path | None:
    """The file with a camera's pictures, from the recording's folder. Raises `WRONG`."""
    named = lines.head.get(VIDEO)
    return None if named is None else Path(named[view])


def _own_times(path: Path, view: int, times: Float) -> Float:
    """By a camera's own clock, when it took the pictures that are nearest to times (T,). Raises `WRONG`."""
    pictures = [(line["t"], line["own"]) for line in pictures_in(path) if line[SEEN_BY] == view]
    taken, own = np.reshape(np.array(pictures, float), (-1, 2)).T
    return own[nearest(taken, times)] if len(own) else times


def _named(path: Path, lines: Lines) -> dict[str, tuple[Part, int]]:
    """By its name, the stream and the number of the camera. Raises InputError."""
    streams = _streams(lines.parts)
    try:
        found = {
            str(camera["name"]) if len(streams) == 1 else f"{number} {camera['name']}": (stream, view)
            for number, stream in enumerate(streams, 1)
            for view, camera in enumerate(stream.begun[CAMERAS])
        }
        if not found:
            raise ValueError("cameras")
    except WRONG as error:
        raise no_recording(path, error) from None
    return found


def _streams(parts: Sequence[Part]) -> list[Part]:
    """Each whole, with the cameras that it begins with."""
    streams: list[Part] = []
    for part in parts:
        if part.goes_on and streams:
            streams[-1].frames.extend(part.frames)
        else:
            streams.append(Part(part.begun, list(part.frames)))
    return streams
