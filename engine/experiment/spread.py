"""Work on many clips, spread over processes of this machine or over the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import Any, Protocol, TypeVar

from engine.errors import InputError
from engine.progress import Cancel, Cancelled

Task = TypeVar("Task")
Done = TypeVar("Done")

ASK_EVERY_S = 0.2
"""Between two questions whether to go on waiting."""
CONNECT_S = 10
"""How long a cluster is waited for."""
CLIPS_A_PROCESS = 4
"""Fewer are not worth a process's start, which loads torch and the models."""
MOST_PROCESSES = 256


class Spread(Protocol):
    """Gives work(task) of every task as soon as it is done, in any order; work and tasks can be pickled.

    Raises what work raises, Cancelled, and InputError where workers are lost.
    """

    def __call__(
        self, work: Callable[[Task], Done], tasks: Sequence[Task], cancel: Cancel | None = None
    ) -> Iterator[Done]: ...


def processes_for(clips: int, devices: Iterable[str]) -> int:
    """How many processes are worth their start for so many clips: one where a model runs on a GPU."""
    if any(device != "cpu" for device in devices):
        return 1
    return max(1, min(cores(), clips // CLIPS_A_PROCESS))


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def spread_over(processes: int = 1, scheduler: str | None = None) -> Iterator[Spread | None]:
    """Open workers: of a Dask cluster at `scheduler`, or processes here; None for one process, which is this one.

    Raises InputError for a cluster that cannot be reached, and where dask.distributed is not installed.
    """
    if scheduler is not None:
        with _cluster(scheduler) as spread:
            yield spread
        return
    if processes == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")  # a forked torch may hang
    stop = context.Event()
    threads = max(1, cores() // processes)
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(stop, threads))
    try:
        yield _Processes(pool)
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def stopped() -> bool:
    """Whether this worker's work is wanted no more; asked inside of it."""
    return _STOP is not None and _STOP.is_set()


_STOP: Event | None = None


def _begin(stop: Event, threads: int) -> None:
    """Set up a worker."""
    import signal

    import torch

    global _STOP
    _STOP = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches them all; the first process says stop
    torch.set_num_threads(threads)


class _Processes:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def __call__(
        self, work: Callable[[Task], Done], tasks: Sequence[Task], cancel: Cancel | None = None
    ) -> Iterator[Done]:
        left: set[Future[Done]] = {self._pool.submit(work, task) for task in tasks}
        try:
            while left:
                done, left = wait(left, ASK_EVERY_S, FIRST_COMPLETED)
                for each in done:
                    yield each.result()
                if cancel is not None and cancel():
                    raise Cancelled
        except BrokenProcessPool:
            raise InputError(
                "A process ended before its clip was done, for want of memory perhaps; give fewer with --processes."
            ) from None


@contextmanager
def _cluster(address: str) -> Iterator[Spread]:
    try:
        from distributed import Client
        from distributed import wait as wait_for
    except ImportError:
        raise InputError(
            "--scheduler needs dask.distributed, which is not installed; run `pip install 'kinestate[cluster]'`."
        ) from None
    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, TimeoutError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(
            f"--scheduler {address}: no Dask scheduler answers there ({said}); check the address."
        ) from None

    def spread(work: Callable[[Any], Any], tasks: Sequence[Any], cancel: Cancel | None = None) -> Iterator[Any]:
        left = set(client.map(work, tasks, pure=False))
        try:
            while left:
                try:
                    done, left = wait_for(left, timeout=ASK_EVERY_S, return_when="FIRST_COMPLETED")
                except TimeoutError:
                    done = set()
                for each in done:
                    yield each.result()
                if cancel is not None and cancel():
                    raise Cancelled
        finally:
            client.cancel(list(left))

    try:
        yield spread
    finally:
        client.close()
