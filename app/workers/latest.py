"""Workers that do the newest job only. No Qt.

A job that is submitted while another one runs waits for it, and replaces any that was waiting. So a slider that is
dragged runs the latest value, not every value, and the picture keeps up with it. A job that takes long gives way to a
newer one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol

from app.workers.ticket import Ticket
from engine.progress import Cancelled

WorkerState = Literal["stopped", "starting", "running", "stopping", "failed"]


class Listener(Protocol):
    """What is told of a worker's jobs, on the worker's thread."""

    def done(self, job: Any, result: Any) -> None: ...
    def failed(self, job: Any, error: Exception) -> None: ...
    def part(self, job: Any, part: Any) -> None: ...
    def cancelled(self, job: Any) -> None: ...
    def progress(self, fraction: float, text: str) -> None: ...
    def busy(self, busy: bool) -> None: ...


class LatestJob:
    """One thread that does the newest job.

    dropped  jobs that were replaced before they began
    state    "failed" where `start` did not succeed; its error comes with the first job
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Any, Ticket], Any],
        listener: Listener,
        start: Callable[[], None] | None = None,
    ) -> None:
        """work(job, ticket) -> result; `start` is called once on the thread, before the first job."""
        self.name = name
        self.state: WorkerState = "stopped"
        self.dropped = 0
        self._work, self._listener, self._start = work, listener, start
        self._wake = threading.Condition()
        self._waiting: list[Any] = []  # none or one
        self._running: Ticket | None = None
        self._open = True
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    def begin(self) -> None:
        if self.state == "stopped" and self._open:
            self.state = "starting"
            self._thread.start()

    def submit(self, job: object) -> None:
        """Do this next, instead of whatever was to be done next."""
        with self._wake:
            self.dropped += len(self._waiting)
            self._waiting = [job]
            if self._running is not None:
                self._running.supersede()
            self._wake.notify()

    def cancel(self) -> None:
        """Neither go on with the job that runs nor begin the one that waits."""
        with self._wake:
            self._waiting = []
            if self._running is not None:
                self._running.cancel()

    def ask_to_stop(self) -> None:
        """Cancel, and end the thread as soon as it can."""
        self.cancel()
        with self._wake:
            self._open = False
            if self._thread.is_alive():
                self.state = "stopping"
            self._wake.notify()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for the thread to end, so many seconds at most."""
        if self._thread.is_alive():
            self._thread.join(max(seconds, 0.0))

    def _live(self) -> None:
        try:
            if self._start is not None:
                self._start()
        except Exception as error:
            self.state = "failed"
            while (job := self._next()) is not None:
                self._listener.failed(job[0], error)
            return
        self.state = "running"
        while (job := self._next()) is not None:
            self._do(job[0])
        self.state = "stopped"

    def _next(self) -> list[Any] | None:
        """The next job in a list; None when the worker is to stop."""
        with self._wake:
            self._running = None
            if not self._waiting and self._open:
                self._listener.busy(False)
            self._wake.wait_for(lambda: self._waiting or not self._open)
            if not self._open:
                return None
            job, self._waiting = self._waiting, []
            self._running = Ticket(self._listener.progress, lambda part: self._listener.part(job[0], part))
            self._listener.busy(True)
            return job

    def _do(self, job: object) -> None:
        ticket = self._running
        assert ticket is not None
        try:
            result = self._work(job, ticket)
        except Cancelled:
            self._listener.cancelled(job)
        except Exception as error:
            self._listener.failed(job, error)
        else:
            self._listener.done(job, result)


class Stoppable(Protocol):
    """Something with a thread that can be asked to stop."""

    @property
    def alive(self) -> bool: ...
    def ask_to_stop(self) -> None: ...
    def join(self, seconds: float) -> None: ...


def close_all(workers: Iterable[Stoppable], seconds: float) -> bool:
    """Stop all of them within one common time; whether all have ended."""
    workers = list(workers)
    for worker in workers:
        worker.ask_to_stop()
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.join(deadline - time.monotonic())
    return not any(worker.alive for worker in workers)
