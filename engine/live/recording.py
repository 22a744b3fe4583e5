"""Recordings of live runs: a line of JSON a frame, appended and flushed, from which the run is computed again.

    {"kinestate_live": 1, "model": name, "look_ahead_frames": 0, "trackers": [...] or "keypoints": "H36M-17"}
                                                               "flip": true of a flip averaged model;
                                                               and "video", from this file's folder, where there is one;
                                                               of several cameras "views": "H36M-17", and a list of
                                                               their videos
    {"height_m": 1.7, "body": name}                            a fresh stream of the model begins; of a camera also
                                                               "image_size" and "camera", null for an unknown one,
                                                               of which "mount" says what was given; of several
                                                               "cameras", in the order of their views
    {"t", "rate", "p", "q", "valid", "latency_ms", "dropped"}  a frame of trackers, as the model got it
    {"t", "rate", "xy", "confidence", "latency_ms", "dropped", "joints"}  of a camera, with what was predicted
    {"seen_by", "t", "own", "ids", "xy", "confidence"}         a picture of one of several cameras, by its number:
                                                               when it was taken, by the feed's clock and its own,
                                                               and everybody in it, rounded
    {"event": text, "t"}                                       what else happened

Frames of several cameras hold the one who is followed, xy and confidence of each view; "cameras" again where they are
others than in the frame before.

Where several people are followed at once, lines of a stream and of frames also hold "person", an id, and those of a
stream "room", a number: people of one room share what places them (`engine.observation.room.Shared`). Frames of one
time were taken in the order of their people.

Numbers are written so that they are read as the same. A last line that was cut off is left out.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.formats.live_recording import (
    MARK,
    PERSON,
    ROOM,
    SEEN_BY,
    VERSION,
    VIDEO,
    WRONG,
    Part,
    lines_of,
    numbers,
)
from engine.errors import file_error
from engine.live.frame import CameraSaw, Observed
from engine.live.recorded_forms import RecordedForm, form_in, form_of, mount_in
from engine.live.steps import LiveModel, steps_of
from engine.live.tick import Tick
from engine.motion.pose import Joints, Prediction
from engine.motion.skeleton import H36M_17
from engine.observation.room import Shared
from engine.observation.trial import Context

Float = NDArray[np.float64]

Video = Path | Sequence[Path] | None

FLIP = "flip"

PIXEL_DIGITS, SURE_DIGITS = 2, 3
"""Of what each of several cameras saw; what models got is kept as it was."""


class Recorder:
    """Writes one run. observes: as a model's card says it. video: what pictures are written to, a file a camera.

    flip: whether the model is flip averaged. Raises InputError where the file is there already or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        model: str,
        look_ahead: int = 0,
        observes: str = "trackers",
        video: Video = None,
        *,
        flip: bool = False,
    ) -> None:
        self.path, self._form = path, form_of(observes)
        try:
            self._file = path.open("x", encoding="utf-8")
        except OSError as error:
            raise file_error(path, "file", "cannot be written", "choose another name", detail=str(error)) from None
        self._frames = 0
        said = {"model": model, "look_ahead_frames": look_ahead} | ({FLIP: True} if flip else {})
        self._write({MARK: VERSION, **said, **self._form.head, **_named(video, path)})

    def begin(self, context: Context, first: Observed, person: int | None = None, room: int = 0) -> None:
        """A fresh stream, whose first frame this is; room: of several people."""
        whose = {} if person is None else {PERSON: person, ROOM: room}
        begun = self._form.begin(first, context.mount)
        self._write({"height_m": context.height_m, "body": context.body, **begun, **whose})

    def tick(self, tick: Tick) -> None:
        """Raises InputError where there is no room."""
        more: dict[str, Any] = {"latency_ms": round(1e3 * tick.latency_s, 3), "dropped": tick.dropped}
        if isinstance(tick.prediction, Joints):
            more["joints"] = tick.prediction.positions[0].tolist()
        self._frame(tick.observation, tick.rate, tick.person, more)

    def unanswered(self, seen: Observed, rate: float, person: int | None = None) -> None:
        """A frame that the model got and did not answer any more. Raises InputError as `tick`."""
        self._frame(seen, rate, person, {"latency_ms": None})

    def picture(self, camera: int, seen: CameraSaw) -> None:
        """What one of several cameras saw. Raises InputError as `tick`."""
        people = seen.people.values()
        self._write(
            {
                SEEN_BY: camera,
                "t": seen.time,
                "own": seen.own,
                "ids": list(seen.people),
                "xy": [person.xy[0].round(PIXEL_DIGITS).tolist() for person in people],
                "confidence": [person.confidence[0].round(SURE_DIGITS).tolist() for person in people],
            }
        )

    def event(self, said: str, time: float) -> None:
        """What happened, at a time of the feed's clock. Raises InputError as `tick`."""
        self._write({"event": said, "t": time})

    def close(self) -> None:
        """A file without a frame goes away again."""
        with contextlib.suppress(OSError):  # of a full disk, which `tick` has told
            self._file.close()
        if not self._frames:
            self.path.unlink(missing_ok=True)

    def _frame(self, seen: Observed, rate: float, person: int | None, more: dict[str, Any]) -> None:
        self._frames += 1
        whose = {} if person is None else {PERSON: person}
        self._write({"t": float(seen.times[0]), "rate": rate, **whose, **self._form.frame(seen), **more})

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            raise file_error(self.path, "file", "takes no more", "make room", detail=str(error)) from None


@dataclass(frozen=True, eq=False)
class Segment:
    """The frames of one stream; rates (T,), latencies_ms (T,), NaN of the last ones that were not answered.

    joints  (T, 17, 3) metres as they were shown, NaN where they were not written
    person  the id, and the room that the person shares, where several were followed at once; else None
    goes_on whether it is the stream of the segment before, with other cameras
    """

    context: Context
    signals: Observed
    rates: Float
    latencies_ms: Float
    joints: Float
    person: int | None = None
    room: int | None = None
    goes_on: bool = False


@dataclass(frozen=True, eq=False)
class LiveRecording:
    """One run: the model's name, the later frames that it saw of each, its segments, and (seconds, text) of events.

    flip  whether the model was flip averaged
    """

    model: str
    look_ahead: int
    segments: tuple[Segment, ...]
    events: tuple[tuple[float, str], ...] = ()
    flip: bool = False


def replay(recording: LiveRecording, model: LiveModel) -> Iterator[Prediction]:
    """The prediction of each frame that was answered again, poses of one, in the order in which they were given."""
    for _, answer in answers(recording, model):
        yield answer


def answers(recording: LiveRecording, model: LiveModel) -> Iterator[tuple[int, Prediction]]:
    """The same, each with the index of its segment."""
    begun = _streams(recording.segments)
    numbered = enumerate(recording.segments)
    for _, together in groupby(
        numbered, key=lambda each: (each[1].room, begun[each[0]] if each[1].room is None else 0)
    ):
        shared, room = Shared(), dict(together)
        steps = {
            k: steps_of(model, part.context, recording.look_ahead, shared) for k, part in room.items() if begun[k] == k
        }
        taken = [
            (float(at), part.person or 0, k, n) for k, part in room.items() for n, at in enumerate(part.signals.times)
        ]
        for _, _, k, frame in sorted(taken):
            part = room[k]
            answer = steps[begun[k]].push(part.signals.take(slice(frame, frame + 1)), float(part.rates[frame]))
            if answer is not None:
                yield k, answer


def _streams(segments: Sequence[Segment]) -> list[int]:
    """Of each segment the number of the one that began its stream."""
    begun: list[int] = []
    for number, part in enumerate(segments):
        begun.append(begun[-1] if part.goes_on and begun else number)
    return begun


def read_recording(path: Path) -> LiveRecording:
    """Read what a `Recorder` wrote. Raises InputError."""
    try:
        lines = lines_of(path)
        form = form_in(lines.head)
        segments = tuple(_segment(part, path.stem, form) for part in lines.parts)
        look_ahead = int(lines.head.get("look_ahead_frames", 0))
        flip = lines.head.get(FLIP) is True
        return LiveRecording(str(lines.head["model"]), look_ahead, segments, tuple(lines.events), flip)
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "choose another one", detail=str(error)) from None
    except WRONG as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, "content", "is no live recording", "choose another file", detail=detail) from None


def _named(video: Video, recording: Path) -> dict[str, str | list[str]]:
    if video is None:
        return {}
    with contextlib.suppress(ValueError):  # on another drive no way leads there
        if isinstance(video, Path):
            return {VIDEO: _way(video, recording)}
        return {VIDEO: [_way(one, recording) for one in video]}
    return {}


def _way(video: Path, recording: Path) -> str:
    return Path(os.path.relpath(video.resolve(), recording.resolve().parent)).as_posix()


def _segment(part: Part, name: str, form: RecordedForm) -> Segment:
    frames, nan = part.frames, float("nan")
    latencies = [nan if line["latency_ms"] is None else float(line["latency_ms"]) for line in frames]
    missing = np.full((len(H36M_17), 3), nan)
    joints = np.array([line.get("joints", missing) for line in frames], float)
    begun = part.begun
    context = Context(float(begun["height_m"]), body=str(begun["body"]), mount=mount_in(begun))
    person, room = (None if begun.get(key) is None else int(begun[key]) for key in (PERSON, ROOM))
    signals, rates = form.joined(name, part), numbers(frames, "rate")
    return Segment(context, signals, rates, np.array(latencies), joints, person, room, part.goes_on)
