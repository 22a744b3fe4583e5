"""One model of a live run, on a thread of its own: the newest frame, a step and a tick of each person in it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.errors import InputError
from engine.live.delta import LiveDelta
from engine.live.feeds.feed import POLL_S
from engine.live.followed import Followed, newest, somebody
from engine.live.frame import CameraSaw, LiveFrame
from engine.live.latency import Latency
from engine.live.latest import Latest
from engine.live.recording import Recorder
from engine.live.scores import CHEAP, LiveScores, PersonFigures, mean_figures
from engine.live.state import State
from engine.live.steps import LiveModel, check_look_ahead, steps_of
from engine.live.tick import Tick
from engine.models.blank import blank_observation
from engine.observation.room import Shared
from engine.observation.trial import Context

WARM_UP = 3
REMEMBERED = 1000
"""People who are gone, whose figures are kept."""


@dataclass(frozen=True, eq=False)
class Taken:
    """The frames of one moment as the models get them, one for each person who is followed, about the context's body.

    people       whose streams go on; the others are gone
    calibration  a stream of another number of it, or of the frame, begins anew
    """

    frames: tuple[LiveFrame, ...]
    people: frozenset[int | None]
    calibration: int
    context: Context


class Track:
    """Frames in its `slot` go through the model, each with the time since the one before in the model's periods.

    Where several people are followed, each has a stream of steps of their own; those of one moment go through the
    model one after the other, and are dropped together. The model is there once.

    on_tick         is called on the track's thread, as is `prepare`, before everything else
    state           "failed" with `error` where the model did not do
    ready           set as soon as frames are taken, or nothing can be done
    latest          the newest tick; of several people, of the one who is chosen
    everybody       the newest tick of each person who is there
    scores          means of its figures so far, of one who is followed
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
        self.everybody: tuple[Tick, ...] = ()
        self.recording_lost: InputError | None = None
        self._recorder, self._on_tick, self._prepare = recorder, on_tick, prepare
        self._metrics, self._done = metrics, 0
        self._people: Mapping[int | None, Followed] = {}
        self._gone: deque[PersonFigures] = deque(maxlen=REMEMBERED)
        self._shared, self._rooms = Shared(), 0
        self._asides: deque[Callable[[Recorder], None]] = deque()
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

    @property
    def people(self) -> tuple[PersonFigures, ...]:
        """The figures of each person so far, those who are gone first; of one where one is followed."""
        there = tuple(own.figures() for own in self._people.values())
        return (*self._gone, *there)

    @property
    def figures(self) -> PersonFigures:
        """Those so far; of several people their mean."""
        people = self.people
        return mean_figures(people) if people else Followed(None, self.scores).figures()

    def start(self, context: Context) -> None:
        """Once: get ready for a person, then take frames."""
        self.state, self._context = "starting", context
        self._thread.start()

    @property
    def records(self) -> bool:
        return self._recorder is not None

    def event(self, said: str, time: float) -> None:
        """Have something written into the recording, soon; from any thread."""
        self._aside(partial(Recorder.event, said=said, time=time))

    def picture(self, camera: int, seen: CameraSaw) -> None:
        """Have what one of several cameras saw written into the recording, soon; from any thread."""
        self._aside(partial(Recorder.picture, camera=camera, seen=seen))

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
            for own in self._people.values():
                self._end_stream(own)
            self._write_asides()
            if self._recorder is not None:
                self._recorder.close()
            self.ready.set()

    def _take_frames(self) -> None:
        while not self._stop.is_set():
            taken = self.slot.take(POLL_S)
            if taken is not None:
                self._keep(taken.people)
                for frame in taken.frames:
                    self._take_frame(self._person(frame.person), frame, taken)
                self.everybody = newest(self._people.values())
                self._done += 1
            self._write_asides()

    def _keep(self, people: frozenset[int | None]) -> None:
        """Forget those who are gone."""
        if self._people.keys() <= people:
            return
        for id_, own in self._people.items():
            if id_ not in people:
                self._end_stream(own)
                self._gone.append(own.figures())
        self._people = {id_: own for id_, own in self._people.items() if id_ in people}
        self.delta.keep(people)

    def _person(self, id_: int | None) -> Followed:
        if id_ not in self._people:
            scores = self.scores if id_ is None else LiveScores(self._metrics)
            self._people = {**self._people, id_: Followed(id_, scores)}
        return self._people[id_]

    def _take_frame(self, own: Followed, frame: LiveFrame, taken: Taken) -> None:
        stream = taken.calibration, frame.stream
        if stream != own.stream:
            own.stream, own.before, own.steps = stream, None, None
        if own.before is None and not somebody(frame):
            return
        if own.steps is None:
            self._begin(own, frame, taken.context)
        periods = 1.0 if own.before is None else (frame.time - own.before) * self.model.card.rate_hz
        self._step(own, frame, self.delta.push(periods, own.id))
        own.before = frame.time

    def _begin(self, own: Followed, frame: LiveFrame, context: Context) -> None:
        """A fresh stream, in a fresh room where nobody else is there."""
        self._end_stream(own)
        if all(other.steps is None for other in self._people.values()):
            self._shared, self._rooms = Shared(), self._rooms + 1
        self._record(lambda recorder: recorder.begin(context, frame.observation, own.id, self._rooms))
        own.steps = steps_of(self.model, context, self.look_ahead, self._shared)

    def _step(self, own: Followed, frame: LiveFrame, rate: float) -> None:
        assert own.steps is not None
        own.pending.append((frame, rate))
        prediction = own.steps.push(frame.observation, rate)
        if prediction is None:
            return
        now = time.perf_counter()
        answered, its_rate = own.pending.popleft()
        seen, truth = answered.observation, answered.truth
        figures = own.scores.push(prediction, truth)
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
            own.steps.camera,
            own.id,
        )
        self.latency.push(latency_s, now)
        if answered.found is not None:
            self.after_detector.push(now - answered.found.done, now)
        self._record(lambda recorder: recorder.tick(tick))
        own.latest, own.predictions = tick, own.predictions + 1
        if tick.of_chosen:
            self.latest = tick
        if self._on_tick is not None:
            self._on_tick(tick)

    def _end_stream(self, own: Followed) -> None:
        """Frames that were seen and not answered are recorded too: answers before them looked at them."""
        for frame, rate in own.pending:
            self._record(partial(Recorder.unanswered, seen=frame.observation, rate=rate, person=own.id))
        own.pending.clear()

    def _aside(self, write: Callable[[Recorder], None]) -> None:
        if self.records:
            self._asides.append(write)

    def _write_asides(self) -> None:
        while self._asides:
            self._record(self._asides.popleft())

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
