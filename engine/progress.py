"""Progress reporting and cancellation: handed down where a step knows whom it works for, watched where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

Progress = Callable[[float, str], None]
"""Called with the share done (0 ... 1) and what is being done."""
Cancel = Callable[[], bool]
"""Asked between two steps: whether the person wants to stop."""


class Cancelled(Exception):
    """The person asked to stop."""


_STEP = 0.01
"""Of the whole: shares that differ by less are not told."""


@dataclass
class _Watch:
    cancel: Cancel | None = None
    share: Callable[[float], None] | None = None
    told: float = -1.0


_WATCH: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(cancel: Cancel | None = None, share: Callable[[float], None] | None = None) -> Iterator[None]:
    """Let long loops below, of readers and of what goes by pieces, ask `cancel` and tell `share` how much is done.

    They do so with `passing`, in this thread alone. What is None is left to whoever watches already.
    """
    before = _WATCH.get() or _Watch()
    token = _WATCH.set(_Watch(cancel or before.cancel, share or before.share))
    try:
        yield
    finally:
        _WATCH.reset(token)


def passing(done: float | None = None) -> None:
    """Be in the middle of something long, of which the share `done` is finished. Raises Cancelled."""
    watch = _WATCH.get()
    if watch is None:
        return
    if watch.cancel is not None and watch.cancel():
        raise Cancelled
    if watch.share is not None and done is not None and abs(done - watch.told) >= _STEP:
        watch.told = done
        watch.share(done)
