"""The detector's process as the feed sees it: pictures go in, people come out; what hangs or dies is started again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from engine.detector.detection import Detection, Picture
from engine.errors import InputError
from engine.live.detector.child import Answer, Asked, Broken, Message, Opening, Ready, Refused, serve
from engine.live.detector.shared import SharedPicture
from engine.motion.skeleton import Skeleton

POLL_S = 0.05
HUNG_S = 2.0
"""A detector that is silent for so long hangs."""
START_S = 30.0
END_S = 0.5
TRIES = 3


class DetectorProcess:
    """Call from one thread at a time, but for `trouble`, `restarts`, `name` and `skeleton`.

    name      of the detector, and
    skeleton  of what it finds, once it is open
    trouble   what is wrong now, a sentence; "" while it answers
    restarts  how often it hung or died
    """

    def __init__(self, opening: Opening, *, hung_s: float = HUNG_S) -> None:
        self.name, self.trouble, self.restarts = "", "", 0
        self.skeleton: Skeleton | None = None
        self._opening, self._hung_s = opening, hung_s
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._shared = SharedPicture()
        self._is_ready = self._fresh = False
        self._began = 0.0
        self._failures = 0

    @property
    def pid(self) -> int | None:
        """Of the process that runs; None where none does."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Begin to open the detector; harmless where it runs."""
        if self._process is not None:
            return
        context = get_context("spawn")  # a copy of this process would take its threads' locks along
        here, there = context.Pipe()
        self._process = context.Process(
            target=serve, args=(there, self._opening), name="kinestate-detector", daemon=True
        )
        self._process.start()
        there.close()
        self._connection, self._began, self._is_ready = here, time.monotonic(), False

    def ready(self, seconds: float) -> bool:
        """Wait so long for the detector to be open. Raises InputError where it cannot be, or never answers."""
        self.start()
        if self._is_ready:
            return True
        message = self._next(seconds)
        match message:
            case Ready():
                self.name, self.skeleton = message.name, message.skeleton
                self._is_ready = self._fresh = True
            case None if self._alive() and time.monotonic() - self._began < START_S:
                pass
            case _:
                self._restart("did not start", message)
        return self._is_ready

    def detect(self, picture: Picture, people: int, given_up: Callable[[], bool]) -> tuple[Detection, ...] | None:
        """Who is in a picture; None where the detector hung or died, and begins again, or `given_up` said so.

        Raises InputError where that happened `TRIES` times without an answer, or the detector says that it cannot do.
        Only while it is `ready`.
        """
        assert self._connection is not None
        asked = Asked(self._shared.put(picture), people, self._fresh)
        try:
            self._connection.send(asked)
        except OSError:
            self._restart("ended", None)
            return None
        last = time.monotonic() + self._hung_s
        while not given_up():
            message = self._next(POLL_S)
            if isinstance(message, Answer):
                self.trouble, self._failures, self._fresh = "", 0, False
                return message.people
            if message is not None or not self._alive():
                self._restart("ended", message)
                return None
            if time.monotonic() > last:
                self._restart(f"gave no answer for {self._hung_s:g} s", None)
                return None
        return None

    def stop(self) -> None:
        """End the process and give its memory back; harmless where none runs."""
        if self._connection is not None:
            self._connection.close()  # at which it ends, if it does not hang
        if self._process is not None:
            self._process.join(END_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
        self._process = self._connection = None
        self._is_ready = False
        self._shared.close()

    def _alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def _next(self, seconds: float) -> Message | None:
        """The next message; None where none comes in time, or none can any more. Raises InputError of a refusal."""
        assert self._connection is not None
        message: Message | None = None
        with suppress(EOFError, OSError):
            if self._connection.poll(seconds):
                message = self._connection.recv()
        if isinstance(message, Refused):
            self.stop()
            raise InputError(message.said)
        return message

    def _restart(self, how: str, message: Message | None) -> None:
        detail = message.detail if isinstance(message, Broken) else ""
        self.restarts, self._failures = self.restarts + 1, self._failures + 1
        if self._process is not None:
            self._process.kill()
        self.stop()
        if self._failures >= TRIES:
            raise InputError(f"The detector {how} {TRIES} times in a row; choose another one.", detail=detail)
        self.trouble = f"The detector {how}; it was started again."
        self.start()
