"""The detector's process: opens a detector, then answers one picture after the other until the pipe is closed."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from engine.detector.detection import Detection, Detector
from engine.errors import InputError
from engine.live.detector.shared import SharedView, Where
from engine.motion.skeleton import Skeleton

Opening = Callable[[], Detector]
"""Has to be importable there, such as `functools.partial(open_detector, "full")`."""


@dataclass(frozen=True)
class Asked:
    """A picture, and how many people are wanted. fresh: it does not go on from the one before."""

    where: Where
    people: int
    fresh: bool


@dataclass(frozen=True)
class Ready:
    name: str
    skeleton: Skeleton


@dataclass(frozen=True)
class Answer:
    people: tuple[Detection, ...]


@dataclass(frozen=True)
class Refused:
    """A detector that cannot be opened, or used; the same when it is tried again."""

    said: str


@dataclass(frozen=True)
class Broken:
    """A detector that ended with an error."""

    detail: str


Message = Ready | Answer | Refused | Broken


def serve(connection: Connection, opening: Opening) -> None:
    """Ends when the other side closes its end, also by being killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other side, which then closes the pipe
    view = SharedView()
    with suppress(EOFError, OSError), connection:
        try:
            detector = opening()
            connection.send(Ready(detector.name, detector.skeleton))
            while True:
                _answer(connection, detector, view)
        except InputError as error:
            connection.send(Refused(str(error)))
        except (EOFError, OSError):
            raise
        except Exception:
            connection.send(Broken(traceback.format_exc()))
    with suppress(BufferError):  # a detector that keeps the picture
        view.close()


def _answer(connection: Connection, detector: Detector, view: SharedView) -> None:
    asked: Asked = connection.recv()
    if asked.fresh:
        detector.reset()
    connection.send(Answer(tuple(detector.detect(view.picture(asked.where), asked.people))))
