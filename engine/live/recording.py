"""Recordings of live runs: a line of JSON a frame, appended and flushed, from which the run is computed again.

    {"kinestate_live": 1, "model": name, "trackers": [...], "look_ahead_frames": 0}    the first line
    {"height_m": 1.7, "body": name}                                    a fresh stream of the model begins
    {"t", "rate", "p", "q", "valid", "latency_ms", "dropped"}          a frame, as the model got it

Numbers are written so that they are read as the same. A last line that was cut off is left out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error
from engine.live.steps import LiveModel, steps_of
from engine.live.tick import Tick
from engine.motion.pose import Prediction
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Context

Float = NDArray[np.float64]
VERSION = 1


class Recorder:
    """Writes one run. Raises InputError where the file is there already or cannot be written."""

    def __init__(self, path: Path, model: str, look_ahead: int = 0) -> None:
        self.path = path
        try:
            self._file = path.open("x", encoding="utf-8")
        except OSError as error:
            raise file_error(path, "file", "cannot be written", "choose another name", detail=str(error)) from None
        self._frames = 0
        head = {"kinestate_live": VERSION, "model": model, "trackers": HEADSET, "look_ahead_frames": look_ahead}
        self._write(head)

    def begin(self, context: Context) -> None:
        """A fresh stream."""
        self._write({"height_m": context.height_m, "body": context.body})

    def tick(self, tick: Tick) -> None:
        """Raises InputError where there is no room."""
        latency = {"latency_ms": round(1e3 * tick.latency_s, 3), "dropped": tick.dropped}
        self._frame(tick.observation, tick.rate, latency)

    def unanswered(self, seen: TrackerSignals, rate: float) -> None:
        """A frame that the model got and did not answer any more. Raises InputError as `tick`."""
        self._frame(seen, rate, {"latency_ms": None})

    def close(self) -> None:
        """A file without a frame goes away again."""
        with contextlib.suppress(OSError):  # of a full disk, which `tick` has told
            self._file.close()
        if not self._frames:
            self.path.unlink(missing_ok=True)

    def _frame(self, seen: TrackerSignals, rate: float, latency: dict[str, Any]) -> None:
        self._frames += 1
        self._write(
            {
                "t": float(seen.times[0]),
                "rate": rate,
                "p": seen.positions[0].tolist(),
                "q": seen.rotations[0].tolist(),
                "valid": seen.valid[0].tolist(),
            }
            | latency
        )

    def _write(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            raise file_error(self.path, "file", "takes no more", "make room", detail=str(error)) from None


@dataclass(frozen=True, eq=False)
class Segment:
    """The frames of one stream; rates (T,), latencies_ms (T,), NaN of the last ones that were not answered."""

    context: Context
    signals: TrackerSignals
    rates: Float
    latencies_ms: Float


@dataclass(frozen=True, eq=False)
class LiveRecording:
    """One run: the model's name, the later frames that it saw of each, and its segments."""

    model: str
    look_ahead: int
    segments: tuple[Segment, ...]


def replay(recording: LiveRecording, model: LiveModel) -> Iterator[Prediction]:
    """The prediction of each frame that was answered again, poses of one."""
    for segment in recording.segments:
        steps = steps_of(model, segment.context, recording.look_ahead)
        for frame, rate in enumerate(segment.rates):
            answer = steps.push(segment.signals.take(slice(frame, frame + 1)), float(rate))
            if answer is not None:
                yield answer


def read_recording(path: Path) -> LiveRecording:
    """Read what a `Recorder` wrote. Raises InputError."""
    parts: list[_Part] = []
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
            if head["kinestate_live"] != VERSION or head["trackers"] != list(HEADSET):
                raise ValueError(f"version {head['kinestate_live']!r}")
            for line in file:
                if not line.endswith("\n"):
                    break
                _take(json.loads(line), parts)
        segments = tuple(_segment(part, path.stem) for part in parts if part.times)
        return LiveRecording(str(head["model"]), int(head.get("look_ahead_frames", 0)), segments)
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "choose another one", detail=str(error)) from None
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, OverflowError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise file_error(path, "content", "is no live recording", "choose another file", detail=detail) from None


@dataclass
class _Part:
    context: Context
    times: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    positions: list[Any] = field(default_factory=list)
    rotations: list[Any] = field(default_factory=list)
    valid: list[Any] = field(default_factory=list)


def _take(line: dict[str, Any], parts: list[_Part]) -> None:
    if "height_m" in line:
        parts.append(_Part(Context(float(line["height_m"]), body=str(line["body"]))))
        return
    part = parts[-1]
    part.times.append(float(line["t"]))
    part.rates.append(float(line["rate"]))
    part.latencies.append(float("nan") if line["latency_ms"] is None else float(line["latency_ms"]))
    part.positions.append(line["p"])
    part.rotations.append(line["q"])
    part.valid.append(line["valid"])


def _segment(part: _Part, name: str) -> Segment:
    times, valid = np.array(part.times), np.array(part.valid, bool)
    positions, rotations = np.array(part.positions, float), np.array(part.rotations, float)
    rates = np.array(part.rates)
    if not all(np.isfinite(a).all() for a in (times, positions, rotations, rates)) or not (np.diff(times) > 0).all():
        raise ValueError("numbers")
    return Segment(
        part.context, TrackerSignals(name, times, positions, rotations, valid), rates, np.array(part.latencies)
    )
