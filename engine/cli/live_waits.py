"""`kinestate live` while a run goes on: until something comes, then until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.cli.console import err
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.live.run import LiveRun

POLL_S = 0.01


@contextmanager
def running(run: LiveRun) -> Iterator[None]:
    """Start a run, and stop it at the end, also after Ctrl-C. Raises what it failed with."""
    run.start()
    try:
        yield
    except KeyboardInterrupt:
        err.print("stopped")  # what has come is reported
    finally:
        run.stop()
    if run.error is not None:
        raise run.error


def wait_until(run: LiveRun, moment: float) -> bool:
    """Wait for a moment of `time.monotonic`, or the end of the feed; whether the run still goes on."""
    return _goes_on(run, lambda: time.monotonic() >= moment)


def wait_for(run: LiveRun, came: Callable[[], bool], seconds: float, missing: Callable[[], str]) -> float:
    """Wait until something came, or the run ends; the moment of `time.monotonic`.

    Raises InputError, with the sentence of `missing`, after so many seconds.
    """
    last = time.monotonic() + seconds
    if _goes_on(run, lambda: came() or time.monotonic() > last) and not came() and not run.over:
        raise InputError(missing())
    return time.monotonic()


def _goes_on(run: LiveRun, enough: Callable[[], bool]) -> bool:
    while run.state == "running" and not run.over and not enough():
        time.sleep(POLL_S)
    return run.state == "running"
