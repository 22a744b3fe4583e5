"""Videos drawn in a process of their own: the window goes on, and vispy has one canvas a process."""

from __future__ import annotations

import time
import traceback
from multiprocessing import get_context
from typing import TYPE_CHECKING

from app.workers.ticket import Ticket
from engine.errors import InputError
from engine.export.video import Video
from engine.progress import Cancelled

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from app.render.view_film import FilmPlan

POLL_S = 0.05
END_S = 5.0
"""How long a cancelled process may take to end by itself, and to remove what it has written."""


class FilmJob:
    """Writes the video of a plan; called on a worker."""

    def __init__(self, plan: FilmPlan) -> None:
        self.plan = plan
        self.seconds = 0.0  # that it took

    def __call__(self, ticket: Ticket) -> Video:
        context = get_context("spawn")  # a copy of this process would take its drawing context along
        here, there = context.Pipe()
        process = context.Process(target=draw, args=(there, self.plan), name="kinestate-film", daemon=True)
        started = time.monotonic()
        ticket.report(0.0, "starting to draw")
        process.start()
        there.close()
        try:
            return _follow(here, ticket)
        finally:
            here.close()  # at which the process stops, if it has not ended
            process.join(END_S)
            if process.is_alive():
                process.kill()
            self.seconds = time.monotonic() - started


def draw(connection: Connection, plan: FilmPlan) -> None:
    """Write the video; sends (fraction, text) on the way, then the `Video` or the exception that it ended with."""
    from app.render.view_film import write_view_film

    def say(fraction: float, text: str) -> None:
        if connection.poll():  # only the end of the other side comes this way
            raise Cancelled
        connection.send((fraction, text))

    try:
        outcome: object = write_view_film(plan, say)
    except (Cancelled, OSError):  # nobody listens any more
        return
    except InputError as error:
        outcome = error
    except Exception:
        outcome = RuntimeError(traceback.format_exc())
    connection.send(outcome)


def _follow(connection: Connection, ticket: Ticket) -> Video:
    """Report what comes until the video is there. Raises Cancelled, and what the other side ended with."""
    while True:
        if ticket.cancelled():
            raise Cancelled
        if not connection.poll(POLL_S):
            continue
        try:
            message = connection.recv()
        except EOFError:
            raise RuntimeError("the process that draws has ended") from None
        if isinstance(message, Exception):
            raise message
        if isinstance(message, Video):
            return message
        ticket.report(*message)
