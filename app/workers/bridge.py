"""The only place where worker threads meet Qt: results arrive on the GUI thread as signals."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.state.clip import LoadedClip, Reader
from app.state.results import Shown, Worn
from app.state.settings import Settings
from app.state.state import State
from app.workers.inference import InferenceService, Priority
from app.workers.latest import LatestJob, WorkerState, close_all
from app.workers.loading import OpenedDocument, OpenedLive, Shelf, open_path
from app.workers.preload import preload_torch
from app.workers.ticket import Ticket
from engine.errors import InputError
from engine.experiment.loaded import load
from engine.experiment.pipeline import Model
from engine.experiment.prepared import Memory
from engine.experiment.results import Results
from engine.experiment.run import run
from engine.experiment.settings import Experiment
from engine.experiment.worn import worn_body
from engine.motion.joint_maps import UnknownJoints
from engine.progress import watched

SWITCH_S = 0.001
"""How long one thread may keep Python's lock from another (Python's own 5 ms make a drag feel sticky)."""
PART_S = 0.4
"""From when on a run shows the models that are done while others still run; quicker ones change all at once."""
CLOSE_S = 3.0
"""How long the window's threads may take to end, all together."""


class Worker(QObject):
    """One thread that does the newest job (`app.workers.latest`). Signals come on this object's own thread."""

    done = Signal(object, object)  # job, result
    failed = Signal(object, object)  # job, exception
    part = Signal(object, object)  # job, part of its result
    cancelled = Signal(object)  # job that was cancelled, or superseded, while it ran
    progress = Signal(float, str)
    busy = Signal(bool)

    def __init__(self, name: str, work: Callable[[Any, Ticket], Any], start: Callable[[], None] | None = None) -> None:
        """As `LatestJob`."""
        super().__init__()
        self.jobs = LatestJob(name, work, _Emitter(self), start)

    def begin(self) -> None:
        self.jobs.begin()

    def report_to(
        self,
        *,
        done: Callable[[Any, Any], None],
        failed: Callable[[Any, Exception], None],
        part: Callable[[Any, Any], None] | None = None,
        cancelled: Callable[[Any], None] | None = None,
        progress: Callable[[float, str], None] | None = None,
        busy: Callable[[bool], None] | None = None,
    ) -> None:
        """Connect the signals with slots, which are called on the thread that their objects live in."""
        slots = (
            (self.done, done),
            (self.failed, failed),
            (self.part, part),
            (self.cancelled, cancelled),
            (self.progress, progress),
            (self.busy, busy),
        )
        for signal, slot in slots:
            if slot is not None:
                signal.connect(slot, Qt.ConnectionType.QueuedConnection)

    def submit(self, job: object) -> None:
        """Do this next, instead of whatever was to be done next."""
        self.jobs.submit(job)

    def cancel(self) -> None:
        """Neither go on with the job that runs nor begin the one that waits."""
        self.jobs.cancel()

    @property
    def state(self) -> WorkerState:
        return self.jobs.state

    @property
    def dropped(self) -> int:
        """Jobs that were replaced before they began."""
        return self.jobs.dropped


class _Emitter:
    """Turns what a worker tells into its signals."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def done(self, job: object, result: object) -> None:
        self._emit(self._worker.done, job, result)

    def failed(self, job: object, error: Exception) -> None:
        self._emit(self._worker.failed, job, error)

    def part(self, job: object, part: object) -> None:
        self._emit(self._worker.part, job, part)

    def cancelled(self, job: object) -> None:
        self._emit(self._worker.cancelled, job)

    def progress(self, fraction: float, text: str) -> None:
        self._emit(self._worker.progress, fraction, text)

    def busy(self, busy: bool) -> None:
        self._emit(self._worker.busy, busy)

    @staticmethod
    def _emit(signal: Any, *values: object) -> None:
        with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
            signal.emit(*values)


@dataclass(frozen=True)
class OpenJob:
    """Open a clip or a session."""

    source: str
    reader: Reader = field(default_factory=Reader)

    @property
    def what(self) -> str:
        return self.source


@dataclass(frozen=True)
class RunJob:
    clip: LoadedClip
    settings: Settings
    experiment: Experiment
    what: ClassVar[str] = "The experiment"


@dataclass(frozen=True)
class DressJob:
    """Fit a body, by its name, to a clip's truth."""

    clip: LoadedClip
    body: str
    what: ClassVar[str] = "The body"


class Bridge(QObject):
    """Keeps the results up with the state: opens what is asked for, and runs the experiment after every change."""

    opened = Signal(object, object)  # OpenJob, OpenedDocument; after the state has the clip
    live_opened = Signal(object)  # OpenedLive; the clip stays
    joints_unknown = Signal(object, object)  # OpenJob, UnknownJoints; instead of saying it
    activity = Signal(float, str)  # fraction done and what is being done; ("" when nothing is)

    def __init__(
        self,
        state: State,
        *,
        load_model: Callable[[str, str], Model] = load,
        start: Callable[[], None] = preload_torch,
    ) -> None:
        super().__init__()
        self.inference = InferenceService(load_model, start)
        self._state = state
        self._memory, self._shelf = Memory(), Shelf()
        self._models = self.inference.models(Priority.SHOWN)
        self._loader = Worker("kinestate-loader", self._load)
        self._runner = Worker("kinestate-runner", self._run)
        self._dresser = Worker("kinestate-dresser", self._dress)
        self._others: list[Worker] = []
        for worker, on_done in ((self._loader, self._on_loaded), (self._runner, self._on_run)):
            worker.report_to(
                done=on_done,
                failed=self._on_failed,
                part=self._on_run,
                progress=self._on_progress,
                busy=self._on_busy,
            )
        self._dresser.report_to(done=self._on_dressed, failed=self._on_failed)
        self._asked: RunJob | None = None
        state.document.events.clip.connect(self._on_clip)
        state.document.events.settings.connect(self._ask)
        state.view.events.body.connect(self._dress_truth)

    def begin(self) -> None:
        """Start the threads, when the window is there. Torch is imported for the first clip, once that is on show."""
        sys.setswitchinterval(SWITCH_S)
        self.inference.begin()
        self._loader.begin()
        self._runner.begin()
        self._dresser.begin()

    def open(self, job: OpenJob) -> None:
        """Open a clip beside the present one, which stays as it is until the new one is there."""
        self._loader.submit(job)

    def worker(self, name: str) -> Worker:
        """One more worker, for jobs that are functions of their ticket; it ends with the bridge."""
        worker = Worker(f"kinestate-{name}", lambda job, ticket: job(ticket))
        worker.begin()
        self._others.append(worker)
        return worker

    def say_failed(self, error: Exception, what: str) -> str:
        """Tell the person about a job that failed; the sentence, for the window that asked. `what` as for `explain`."""
        text, detail = explain(error, what)
        self._state.results.say(text, detail)
        return text

    def cancel(self) -> None:
        """Stop what is being done."""
        for worker in (self._loader, self._runner, self._dresser):
            worker.cancel()

    def close(self) -> bool:
        """End all threads within `CLOSE_S`; whether all have ended (the import of torch cannot be broken off)."""
        jobs = [worker.jobs for worker in (self._loader, self._runner, self._dresser, *self._others)]
        return close_all([*jobs, self.inference], CLOSE_S)

    # -- on the workers' threads ----------------------------------------------------------------------------

    def _load(self, job: OpenJob, ticket: Ticket) -> OpenedDocument | OpenedLive:
        said = f"opening {os.path.basename(job.source)}"
        ticket.report(0.0, said)
        with watched(ticket.cancelled, lambda share: ticket.report(share, said)):
            return open_path(job.source, job.reader, self._shelf)

    def _run(self, job: RunJob, ticket: Ticket) -> Results:
        def hand_over(results: Results) -> None:
            if time.monotonic() - ticket.started > PART_S:
                ticket.hand_over(results)

        return run(
            job.experiment,
            recording=job.clip.as_read,
            models=self._models,
            memory=self._memory,
            progress=ticket.report,
            cancel=ticket.cancelled,
            on_result=hand_over,
        )

    def _dress(self, job: DressJob, ticket: Ticket) -> Worn | None:
        """Fit the body to a clip, which is on show meanwhile."""
        found = worn_body(job.clip.as_read, job.body, cancel=ticket.cancelled)
        return None if found is None else Worn(job.clip, found.pose, found.notes)

    # -- on the GUI thread ----------------------------------------------------------------------------------

    def _on_clip(self) -> None:
        self._runner.cancel()
        self._ask()
        self._dress_truth()

    def _dress_truth(self) -> None:
        if (clip := self._state.document.clip) is not None:
            self._dresser.submit(DressJob(clip, self._state.view.body))

    def _ask(self) -> None:
        document = self._state.document
        experiment = document.experiment()
        if experiment is None or document.clip is None:
            return
        job = RunJob(document.clip, document.settings, experiment)
        if job != self._asked:  # a clip that came with other settings has asked already
            self._asked = job
            self._runner.submit(job)

    @Slot(object, object)
    def _on_loaded(self, job: OpenJob, opened: OpenedDocument | OpenedLive) -> None:
        self._state.results.unsay()
        if isinstance(opened, OpenedLive):
            self.live_opened.emit(opened)
            return
        self._state.set_clip(opened.clip, settings=opened.settings)
        self.opened.emit(job, opened)
        if opened.changes:
            self._state.results.say(" ".join(opened.changes), error=False)

    @Slot(object, object)
    def _on_run(self, job: RunJob, results: Results) -> None:
        """Show the results, also those of the models that are done while others still run."""
        self._state.set_shown(Shown(job.clip, job.settings, results))

    @Slot(object, object)
    def _on_dressed(self, _: DressJob, worn: Worn | None) -> None:
        if worn is not None:
            self._state.set_worn(worn)

    @Slot(object, object)
    def _on_failed(self, job: OpenJob | RunJob | DressJob, error: Exception) -> None:
        if isinstance(job, OpenJob) and isinstance(error, UnknownJoints):
            self.joints_unknown.emit(job, error)
        else:
            self.say_failed(error, job.what)

    @Slot(float, str)
    def _on_progress(self, fraction: float, text: str) -> None:
        self.activity.emit(fraction, text)

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
