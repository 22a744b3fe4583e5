"""Cancellation and progress inside a network that runs over a clip."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn
from torch.overrides import TorchFunctionMode

from engine.models.encoding import Check
from engine.progress import Cancel, Cancelled, Progress

ASK_EVERY_S = 0.02
"""Seconds between two questions whether the work is cancelled."""
SAY_EVERY = 0.005
"""Share of the work between two reports, at least."""


class Watch:
    """Passes on how far one prediction is, and stops it where that is wanted."""

    def __init__(self, text: str, progress: Progress | None, cancel: Cancel | None) -> None:
        self._text, self._progress, self._cancel = text, progress, cancel
        self._asked = 0.0
        self._window, self._windows, self._said = 0, 1, 0.0

    def begin(self, window: int, windows: int) -> None:
        """Window number `window` of `windows` comes next. Raises Cancelled."""
        self._window, self._windows = window, windows
        self.check()

    def check(self) -> None:
        """Raises Cancelled where the person wants to stop."""
        now = time.perf_counter()
        if self._cancel is not None and now - self._asked >= ASK_EVERY_S:
            self._asked = now
            if self._cancel():
                raise Cancelled

    def say(self, share: float) -> None:
        """The share of the present window that is done."""
        share = (self._window + share) / self._windows
        if self._progress is not None and share - self._said >= SAY_EVERY:
            self._said = share
            self._progress(share, self._text)

    @contextmanager
    def over(self, network: nn.Module) -> Iterator[None]:
        """Check before every operation of torch, and report after every block of the network; not once it is left."""
        with ExitStack() as stack:
            if self._cancel is not None:
                stack.enter_context(_Checked(self.check))
            if self._progress is not None:
                for hook in _report_blocks(network, self.say):
                    stack.callback(hook)
            yield


class _Checked(TorchFunctionMode):
    """Calls `check` before every operation of torch on this thread: a recurrence is thousands of them."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        self._check = check

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._check()
        return func(*args, **(kwargs or {}))


def _report_blocks(network: nn.Module, say: Callable[[float], None]) -> Iterator[Callable[[], None]]:
    """Hooks that say which share of the network's blocks has answered, as what removes them again."""
    blocks = [m for m in network.modules() if any(True for _ in m.children()) and not isinstance(m, nn.ModuleList)]
    done: set[nn.Module] = set()

    def answered(block: nn.Module, *_: object) -> None:
        done.add(block)
        say(len(done) / len(blocks))
        if block is network:
            done.clear()

    for block in blocks:
        yield block.register_forward_hook(answered).remove
