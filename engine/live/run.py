"""The live run: feed, slot, model thread, ticks.

The model gets every frame with the time that passed since the one before, in its own periods.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

import numpy as np

from engine.errors import InputError
from engine.live.calibration import Calibration, Worn, calibrate
from engine.live.feeds.feed import POLL_S, Feed
from engine.live.frame import LiveFrame
from engine.live.latency import Latency
from engine.live.recording import Recorder, Stream
from engine.live.scores import CHEAP, LiveScores
from engine.live.state import State
from engine.live.tick import Tick
from engine.models.card import ModelCard
from engine.motion.rotations import IDENTITY
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Context

REMEMBERED = 30
"""Frames that a calibration looks at: half a second at 60 Hz."""
WARM_UP = 3


class LiveModel(Protocol):
    """A model that streams, as `engine.models.model.Model`."""

    @property
    def card(self) -> ModelCard: ...
    def stream(self, context: Context, /) -> Stream: ...


class LiveRun:
    """One feed through one model. `on_tick` is called on the model's thread, as is `prepare`, before everything else.

    state    of the model's thread: "failed" with `error` where the feed or the model did not do
    ready    set as soon as frames are taken, or nothing can be done
    latest   the newest tick
    scores   means of its figures so far
    """

    def __init__(
        self,
        feed: Feed,
        model: LiveModel,
        context: Context,
        *,
        calibration: Calibration | None = None,
        recorder: Recorder | None = None,
        on_tick: Callable[[Tick], None] | None = None,
        prepare: Callable[[], None] | None = None,
        metrics: Collection[str] = CHEAP,
    ) -> None:
        """Raises InputError for a model that does not observe trackers."""
        if model.card.observes != "trackers":
            raise InputError(
                f"{model.card.name} observes {model.card.observes}, which trackers do not give; choose a model that "
                "observes trackers."
            )
        self.feed, self.model, self.context = feed, model, context
        self.latency = Latency()
        self.state: State = "stopped"
        self.error: Exception | None = None
        self.ready = threading.Event()
        self.latest: Tick | None = None
        self._calibration, self._wanted = calibration, calibration
        self._recorder, self._on_tick, self._prepare = recorder, on_tick, prepare
        self._raw: deque[TrackerSignals] = deque(maxlen=REMEMBERED)
        self.scores = LiveScores(metrics)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kinestate-live", daemon=True)

    @property
    def dropped(self) -> int:
        return self.feed.slot.dropped

    def start(self) -> None:
        """Once: begin on a thread of its own."""
        self.state = "starting"
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Stop the feed, then the thread; harmless where nothing runs."""
        self._stop.set()
        if self._thread.is_alive():
            self.state = "stopping"
            self._thread.join(seconds)

    def calibrate(
        self, *, height_m: float | None = None, floor_m: float = 0.0, worn: Worn = "joint", t_pose: bool = False
    ) -> Calibration:
        """As `engine.live.calibration.calibrate`, on the latest frames; the stream begins anew. Raises InputError."""
        frames = list(self._raw)
        if not frames:
            raise InputError("No tracker was heard of yet; start the sender, then calibrate.")
        seen = TrackerSignals(
            "calibration",
            np.concatenate([f.times for f in frames]),
            np.concatenate([f.positions for f in frames]),
            np.concatenate([f.rotations for f in frames]),
            np.concatenate([f.valid for f in frames]),
        )
        self._wanted = calibrate(seen, height_m=height_m, floor_m=floor_m, worn=worn, t_pose=t_pose)
        return self._wanted

    def _run(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare()
            self._warm_up()
            stream = self._begin()
            self.feed.start()
            self.state = "running"
            self.ready.set()
            before: float | None = None
            while not self._stop.is_set():
                frame = self.feed.slot.take(POLL_S)
                if frame is None:
                    if self.feed.state == "failed" and self.feed.error is not None:
                        raise self.feed.error
                    continue
                self._raw.append(frame.observation)
                if before is None and not frame.observation.valid[0, 0]:
                    continue  # nobody is there before a head is
                if self._wanted is not self._calibration:
                    self._calibration, before, stream = self._wanted, None, self._begin()
                rate = 1.0 if before is None else (frame.time - before) * self.model.card.rate_hz
                self._tick(frame, stream, rate)
                before = frame.time
            self.state = "stopped"
        except Exception as error:
            self.state, self.error = "failed", error
        finally:
            self.feed.stop()
            if self._recorder is not None:
                self._recorder.close()
            self.ready.set()

    def _begin(self) -> Stream:
        """A fresh stream of the person as it was calibrated."""
        if self._wanted is not None:
            self.context = replace(self.context, height_m=self._wanted.height_m)
            self._calibration = self._wanted
        if self._recorder is not None:
            self._recorder.begin(self.context)
        return self.model.stream(self.context)

    def _tick(self, frame: LiveFrame, stream: Stream, rate: float) -> None:
        seen = frame.observation if self._calibration is None else self._calibration.apply(frame.observation)
        prediction = stream.step(seen, rate)
        now = time.perf_counter()
        truth = frame.truth
        if truth is not None and self._calibration is not None:
            truth = truth.in_world(*self._calibration.to_person)
        figures = self.scores.push(prediction, truth)
        tick = Tick(frame.time, seen, rate, prediction, now - frame.received, self.dropped, figures)
        self.latency.push(tick.latency_s, now)
        self.latest = tick
        if self._recorder is not None:
            self._recorder.tick(tick)
        if self._on_tick is not None:
            self._on_tick(tick)

    def _warm_up(self) -> None:
        """Compile and load whatever a first frame does, before one waits for it."""
        stream, rest = self.model.stream(self.context), np.tile(IDENTITY, (1, len(HEADSET), 1))
        places = np.array([[[0.0, 0.0, 1.5], [0.7, 0.0, 1.3], [-0.7, 0.0, 1.3]]])
        for k in range(WARM_UP):
            seen = TrackerSignals("", np.array([float(k)]), places, rest, np.ones((1, len(HEADSET)), bool))
            stream.step(seen, 1.0)
