"""Feeds on a thread of their own: opened by whoever starts them, then read until they end or are stopped."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

from engine.live.state import State


class OnThread(ABC):
    """state: "failed" with `error` where it could not be opened or read; "stopped" also after its end."""

    def __init__(self, name: str, work: str) -> None:
        """name of what is read; work: what the thread does, a word in its name."""
        self.state: State = "stopped"
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._name, self._work = name, work

    def start(self) -> None:
        """Open it here, then read it on a thread. Raises InputError, and RuntimeError while it runs."""
        if self._thread is not None and self._thread.is_alive():
            raise RuntimeError(f"{self._name} runs already")
        self.state, self.error = "starting", None
        self._stop.clear()
        try:
            self._open()
        except Exception as error:
            self.state, self.error = "failed", error
            raise
        self.state = "running"
        self._thread = threading.Thread(target=self._run, name=f"kinestate-{self._work}-{self._name}", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """End the thread; harmless where none runs."""
        if self._thread is None or not self._thread.is_alive():
            return
        self.state = "stopping"
        self._stop.set()
        self._thread.join(seconds)
        if not self._thread.is_alive() and self.state == "stopping":  # it had ended meanwhile
            self.state = "stopped"

    def _run(self) -> None:
        try:
            self._read()
            self.state = "stopped"
        except Exception as error:
            self.state, self.error = "failed", error
        finally:
            self._close()

    @abstractmethod
    def _open(self) -> None:
        """On the thread of whoever starts it."""

    @abstractmethod
    def _read(self) -> None:
        """Until the end, or `_stop` is set."""

    @abstractmethod
    def _close(self) -> None:
        """After the last that was read."""
