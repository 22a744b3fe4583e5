"""The only place where worker threads meet Qt.

A worker does the newest job only: a job that is handed in while another one runs waits for it, and replaces any that
was waiting. So a slider that is dragged runs the latest value, not every value, and the picture keeps up with it. A job
that takes long gives way to a newer one. Results arrive on the GUI thread as Qt signals.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.state.state import LoadedClip, Reader, Settings, Shown, State
from app.workers.loading import Opened, open_path
from app.workers.rerun import Rerun, preload_torch
from engine.errors import InputError
from engine.experiment.pipeline import LiftingModel, load
from engine.experiment.results import Results
from engine.experiment.settings import Experiment
from engine.progress import Cancelled

PATIENCE_S = 0.8
"""How long a job may run on after a newer one has been handed in."""
SWITCH_S = 0.001
"""How long one thread may keep Python's lock from another (Python's own 5 ms make a drag feel sticky)."""


class Ticket:
    """What a running job knows of the world outside: whether it is still wanted, and whom to tell how far it is.

    report(share done, what is being done), and hand_over(part of the result that is there already).
    """

    def __init__(self, report: Callable[[float, str], None], hand_over: Callable[[object], None]) -> None:
        self.report, self.hand_over = report, hand_over
        self.started = time.monotonic()
        self._withdrawn = threading.Event()
        self._overtaken = threading.Event()

    def withdraw(self) -> None:
        self._withdrawn.set()

    def overtake(self) -> None:
        self._overtaken.set()

    def cancelled(self) -> bool:
        late = self._overtaken.is_set() and time.monotonic() - self.started > PATIENCE_S
        return late or self._withdrawn.is_set()


class Newest(QObject):
    """One thread that does the newest job. Signals come on the thread that this object lives in."""

    done = Signal(object, object)  # job, result
    failed = Signal(object, object)  # job, exception
    part = Signal(object, object)  # job, part of its result
    stopped = Signal(object)  # job that was withdrawn, or overtaken, while it ran
    progress = Signal(float, str)
    busy = Signal(bool)

    def __init__(self, name: str, work: Callable[[Any, Ticket], Any], start: Callable[[], None] | None = None) -> None:
        """work(job, ticket) -> result; `start` is called once on the thread, before the first job."""
        super().__init__()
        self._work, self._start = work, start
        self._wake = threading.Condition()
        self._waiting: list[Any] = []  # none or one
        self._running: Ticket | None = None
        self._open = True
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    def begin(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def report_to(
        self,
        *,
        done: Callable[[Any, Any], None],
        failed: Callable[[Any, Exception], None],
        part: Callable[[Any, Any], None] | None = None,
        stopped: Callable[[Any], None] | None = None,
        progress: Callable[[float, str], None] | None = None,
        busy: Callable[[bool], None] | None = None,
    ) -> None:
        """Connect the signals with slots, which are called on the thread that their objects live in."""
        slots = (
            (self.done, done),
            (self.failed, failed),
            (self.part, part),
            (self.stopped, stopped),
            (self.progress, progress),
            (self.busy, busy),
        )
        for signal, slot in slots:
            if slot is not None:
                signal.connect(slot, Qt.ConnectionType.QueuedConnection)

    def submit(self, job: object) -> None:
        """Do this next, instead of whatever was to be done next."""
        with self._wake:
            self._waiting = [job]
            if self._running is not None:
                self._running.overtake()
            self._wake.notify()

    def withdraw(self) -> None:
        """Neither go on with the job that runs nor begin the one that waits."""
        with self._wake:
            self._waiting = []
            if self._running is not None:
                self._running.withdraw()

    def close(self, seconds: float = 20.0) -> None:
        """Stop, waiting for the job that runs (or for torch, whose import cannot be broken off cleanly)."""
        self.withdraw()
        with self._wake:
            self._open = False
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _live(self) -> None:
        if self._start is not None:
            self._start()
        while (job := self._next()) is not None:
            self._do(job[0])

    def _next(self) -> list[Any] | None:
        """The next job in a list; None when closed."""
        with self._wake:
            self._running = None
            if not self._waiting and self._open:
                self._tell(self.busy, False)
            self._wake.wait_for(lambda: self._waiting or not self._open)
            if not self._open:
                return None
            job, self._waiting = self._waiting, []
            self._running = Ticket(
                lambda share, text: self._tell(self.progress, share, text),
                lambda part: self._tell(self.part, job[0], part),
            )
            self._tell(self.busy, True)
            return job

    def _do(self, job: object) -> None:
        ticket = self._running
        assert ticket is not None
        try:
            result = self._work(job, ticket)
        except Cancelled:
            self._tell(self.stopped, job)
        except Exception as error:
            self._tell(self.failed, job, error)
        else:
            self._tell(self.done, job, result)

    def _tell(self, signal: Any, *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
            signal.emit(*values)


@dataclass(frozen=True)
class OpenJob:
    """Open a clip or a session."""

    source: str
    reader: Reader = field(default_factory=Reader)


@dataclass(frozen=True)
class RunJob:
    clip: LoadedClip
    settings: Settings
    experiment: Experiment


class Bridge(QObject):
    """Keeps the results up with the state: opens what is asked for, and runs the experiment after every change."""

    opened = Signal(object, object)  # OpenJob, Opened; after the state has the clip
    activity = Signal(float, str)  # share done and what is being done; ("" when nothing is)

    def __init__(
        self,
        state: State,
        *,
        load_model: Callable[[str, str], LiftingModel] = load,
        start: Callable[[], None] = preload_torch,
    ) -> None:
        super().__init__()
        self.load_model = load_model
        self._state = state
        self._rerun = Rerun(load_model)
        self._loader = Newest("kinestate-loader", self._load)
        self._runner = Newest("kinestate-runner", self._run, start)
        self._others: list[Newest] = []
        for worker, on_done in ((self._loader, self._on_loaded), (self._runner, self._on_run)):
            worker.report_to(done=on_done, failed=self._on_failed, progress=self._on_progress, busy=self._on_busy)
        state.settings_changed.connect(self._ask)
        state.clip_changed.connect(self._on_clip)

    def begin(self) -> None:
        """Start the threads, when the window is there. Torch is imported for the first clip, once that is on show."""
        sys.setswitchinterval(SWITCH_S)
        self._loader.begin()
        self._runner.begin()

    def open(self, job: OpenJob) -> None:
        """Open a clip beside the present one, which stays as it is until the new one is there."""
        self._loader.submit(job)

    def worker(self, name: str) -> Newest:
        """One more worker, for jobs that are functions of their ticket; it ends with the bridge.

        A `Lifter` belongs to one thread: jobs load models of their own with `load_model` and share none with the
        runner or with another worker.
        """
        worker = Newest(f"kinestate-{name}", lambda job, ticket: job(ticket))
        worker.begin()
        self._others.append(worker)
        return worker

    def say_failed(self, error: Exception, what: str) -> str:
        """Tell the person about a job that failed; the sentence, for the window that asked. `what` as for `explain`."""
        text, detail = explain(error, what)
        self._state.say(text, detail)
        return text

    def cancel(self) -> None:
        """Stop what is being done."""
        self._loader.withdraw()
        self._runner.withdraw()

    def close(self) -> None:
        for worker in self._others:
            worker.withdraw()
        for worker in (self._loader, self._runner, *self._others):
            worker.close()

    # -- on the workers' threads ----------------------------------------------------------------------------

    def _load(self, job: OpenJob, ticket: Ticket) -> Opened:
        ticket.report(0.0, f"opening {os.path.basename(job.source)}")
        return open_path(job.source, job.reader, ticket.cancelled)

    def _run(self, job: RunJob, ticket: Ticket) -> Results:
        return self._rerun(job.experiment, job.clip.motion, ticket.report, ticket.cancelled)

    # -- on the GUI thread ----------------------------------------------------------------------------------

    def _on_clip(self, _: object) -> None:
        self._runner.withdraw()

    def _ask(self, settings: Settings) -> None:
        experiment = self._state.experiment()
        if experiment is not None and self._state.clip is not None:
            self._runner.submit(RunJob(self._state.clip, settings, experiment))

    @Slot(object, object)
    def _on_loaded(self, job: OpenJob, opened: Opened) -> None:
        self._state.unsay()
        self._state.set_clip(opened.clip, settings=opened.settings)
        self.opened.emit(job, opened)
        if opened.changes:
            self._state.say(" ".join(opened.changes), error=False)

    @Slot(object, object)
    def _on_run(self, job: RunJob, results: Results) -> None:
        self._state.set_shown(Shown(job.clip, job.settings, results))

    @Slot(object, object)
    def _on_failed(self, job: object, error: Exception) -> None:
        self.say_failed(error, job.source if isinstance(job, OpenJob) else "The experiment")

    @Slot(float, str)
    def _on_progress(self, share: float, text: str) -> None:
        self.activity.emit(share, text)

    @Slot(bool)
    def _on_busy(self, busy: bool) -> None:
        if not busy:
            self.activity.emit(1.0, "")


def explain(error: Exception, what: str) -> tuple[str, str]:
    """One sentence for the person about a job that failed, and its details; `what` names the job."""
    if isinstance(error, InputError):
        return str(error), error.detail
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, ImportError):
        return "PyTorch cannot be imported, so no model runs; install Kinestate again.", detail
    return f"{what}: something went wrong inside Kinestate; please report the details.", detail
