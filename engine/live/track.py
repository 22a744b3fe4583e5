"""One model of a live run, on a thread of its own: the newest frame, a step, a tick."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.errors import InputError
from engine.live.delta import LiveDelta
from engine.live.feeds.feed import POLL_S
from engine.live.frame import LiveFrame
from engine.live.latency import Latency
from engine.live.latest import Latest
from engine.live.recording import Recorder
from engine.live.scores import CHEAP, LiveScores
from engine.live.state import State
from engine.live.steps import LiveModel, Steps, check_look_ahead, steps_of
from engine.live.tick import Tick
from engine.models.blank import blank_observation
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Context

WARM_UP = 3


@dataclass(frozen=True, eq=False)
class Taken:
    """A frame as the models get it. A stream of another number begins anew, about the person of the context."""

    frame: LiveFrame
    stream: tuple[int, int]
    context: Context


class Track:
    """Frames in its `slot` go through the model, each with the time since the one before in the model's periods.

    on_tick         is called on the track's thread, as is `prepare`, before everything else
    state           "failed" with `error` where the model did not do
    ready           set as soon as frames are taken, or nothing can be done
    latest          the newest tick
    scores          means of its figures so far
    after_detector  of pictures: from the detector's answer to the prediction
    delta           what its Δ is multiplied by; may be changed while it runs
    recording_lost  why the recording ended before the run
    """

    def __init__(
        self,
        model: LiveModel,
        *,
        look_ahead: int = 0,
        recorder: Recorder | None = None,
        on_tick: Callable[[Tick], None] | None = None,
        prepare: Callable[[], None] | None = None,
        metrics: Collection[str] = CHEAP,
        delta: LiveDelta | None = None,
    ) -> None:
        """Raises InputError as `check_look_ahead`."""
        check_look_ahead(model.card, look_ahead)
        self.model, self.look_ahead = model, look_ahead
        self.slot: Latest[Taken] = Latest()
        self.latency, self.scores = Latency(), LiveScores(metrics)
        self.after_detector = Latency()
        self.delta = delta or LiveDelta()
        self.state: State = "stopped"
        self.error: Exception | None = None
        self.ready = threading.Event()
        self.latest: Tick | None = None
        self.recording_lost: InputError | None = None
        self._recorder, self._on_tick, self._prepare = recorder, on_tick, prepare
        self._done = 0
        self._stream: tuple[int, int] | None = None
        self._steps: Steps | None = None
        self._before: float | None = None
        self._events: deque[tuple[str, float]] = deque()
        self._pending: deque[tuple[LiveFrame, float]] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kinestate-live-{self.name}", daemon=True)

    @property
    def name(self) -> str:
        return self.model.card.name

    @property
    def dropped(self) -> int:
        """Frames that the model was too late for."""
        return self.slot.dropped

    @property
    def idle(self) -> bool:
        """Whether everything that was put into the slot has gone through the model, or was dropped."""
        return self._done + self.slot.dropped == self.slot.given

    @property
    def look_ahead_s(self) -> float:
        """Seconds of later frames that the newest answer looked at; at the model's own rate before the first."""
        tick = self.latest
        return self.look_ahead / self.model.card.rate_hz if tick is None else tick.look_ahead_s

    def start(self, context: Context) -> None:
        """Once: get ready for a person, then take frames."""
        self.state, self._context = "starting", context
        self._thread.start()

    def event(self, said: str, time: float) -> None:
        """Have something written into the recording, behind the next frame; from any thread."""
        self._events.append((said, time))

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the end; harmless where nothing runs."""
        if self._thread.is_alive():
            self._thread.join(max(seconds, 0.0))

    def _run(self) -> None:
        try:
            if self._prepare is not None:
                self._prepare()
            self._warm_up()
            self.state = "running"
            self.ready.set()
            self._take_frames()
            self.state = "stopped"
        except Exception as error:
            self.state, self.error = "failed", error
        finally:
            self._record(lambda recorder: self._end_stream(recorder))
            if self._recorder is not None:
                self._recorder.close()
            self.ready.set()

    def _take_frames(self) -> None:
        while not self._stop.is_set():
            taken = self.slot.take(POLL_S)
            if taken is not None:
                self._take_frame(taken)
                self._done += 1

    def _take_frame(self, taken: Taken) -> None:
        if taken.stream != self._stream:
            self._stream, self._before, self._steps = taken.stream, None, None
        if self._before is None and not somebody(taken.frame):
            return
        if self._steps is None:
            self._steps = self._begin(taken)
        time_ = taken.frame.time
        rate = self.delta.push(1.0 if self._before is None else (time_ - self._before) * self.model.card.rate_hz)
        self._step(taken.frame, self._steps, rate)
        self._before = time_

    def _begin(self, taken: Taken) -> Steps:
        """A fresh stream."""
        self._record(lambda recorder: self._end_stream(recorder))
        self._pending.clear()
        self._record(lambda recorder: recorder.begin(taken.context, taken.frame.observation))
        return steps_of(self.model, taken.context, self.look_ahead)

    def _step(self, frame: LiveFrame, steps: Steps, rate: float) -> None:
        self._pending.append((frame, rate))
        prediction = steps.push(frame.observation, rate)
        if prediction is None:
            return
        now = time.perf_counter()
        answered, its_rate = self._pending.popleft()
        seen, truth = answered.observation, answered.truth
        figures = self.scores.push(prediction, truth)
        latency_s, ahead_s = now - answered.received, frame.time - answered.time
        tick = Tick(
            answered.time,
            seen,
            its_rate,
            prediction,
            latency_s,
            self.dropped,
            figures,
            ahead_s,
            truth,
            answered.found,
            steps.camera,
        )
        self.latency.push(latency_s, now)
        if answered.found is not None:
            self.after_detector.push(now - answered.found.done, now)
        self._record(lambda recorder: recorder.tick(tick))
        while self._events:
            said, at = self._events.popleft()
            self._record(partial(Recorder.event, said=said, time=at))
        self.latest = tick
        if self._on_tick is not None:
            self._on_tick(tick)

    def _end_stream(self, recorder: Recorder) -> None:
        """Frames that were seen and not answered are recorded too: answers before them looked at them."""
        for frame, rate in self._pending:
            recorder.unanswered(frame.observation, rate)

    def _record(self, write: Callable[[Recorder], None]) -> None:
        """A recording that takes no more ends; the run goes on."""
        if self._recorder is None or self.recording_lost is not None:
            return
        try:
            write(self._recorder)
        except InputError as error:
            self.recording_lost = error

    def _warm_up(self) -> None:
        """Compile and load whatever a first frame does, before one waits for it."""
        steps, blank = steps_of(self.model, self._context, self.look_ahead), blank_observation(self.model.card)
        one = blank.take(np.array([0]))
        for k in range(WARM_UP + self.look_ahead):
            steps.push(one.at(np.array([float(k)])), 1.0)


def somebody(frame: LiveFrame) -> bool:
    """Whether a person is seen: nobody is there before a head is, or any joint."""
    seen = frame.observation
    return bool(seen.valid[0, 0]) if isinstance(seen, TrackerSignals) else bool(seen.confidence.any())
