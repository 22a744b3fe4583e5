"""Export of motion without its window: what is asked for, and the job that writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.state.moment import ROUNDING_S, frame_at
from app.state.results import Shown
from engine.errors import InputError
from engine.export.motion.formats import Format
from engine.export.motion.motion import Written
from engine.motion.pose import BodyPose
from engine.progress import Cancelled

if TYPE_CHECKING:
    from app.workers.ticket import Ticket
    from engine.export.motion.motion import Motion

FIT_SHARE = 0.5
"""Of the progress, for fitting a body."""


@dataclass(frozen=True, eq=False)
class MotionPlan:
    """One export.

    shown   results that are on show; worn: the body that their clip's truth wears, None where it is not known yet
    model   place of a model in them; None for the truth
    body    whether a body is written, or its joints
    span    seconds of the first and the last frame; equal for the frame that is on then
    """

    shown: Shown
    worn: BodyPose | None
    model: int | None
    format: Format
    body: bool
    span: tuple[float, float]
    path: Path


class MotionJob:
    """Writes a plan; called on a worker."""

    def __init__(self, plan: MotionPlan) -> None:
        self.plan = plan

    def __call__(self, ticket: Ticket) -> Written:
        plan = self.plan

        def say(fraction: float, text: str) -> None:
            if ticket.cancelled():
                raise Cancelled
            ticket.report(fraction, text)

        say(0.0, "fitting the body" if plan.body else plan.path.name)
        motion = self._motion(ticket).take(frames_in(plan.shown.results.times, plan.span))
        return plan.format.write(motion, plan.path, lambda share, text: say(FIT_SHARE + (1 - FIT_SHARE) * share, text))

    def _motion(self, ticket: Ticket) -> Motion:
        from engine.export.motion.chosen import dressed, prediction_of, truth_of

        plan = self.plan
        results, clip = plan.shown.results, plan.shown.clip
        recording = clip.as_read
        if plan.model is not None:
            colour = plan.shown.slots[plan.model].colour
            return prediction_of(results, recording, plan.model, body=plan.body, colour=colour, cancel=ticket.cancelled)
        worn = plan.worn
        if plan.body and worn is None:
            worn = dressed(recording, lambda share, text: ticket.report(FIT_SHARE * share, text), ticket.cancelled)
        return truth_of(results, recording, worn=worn if plan.body else None)


def frames_in(times: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.intp]:
    """Indices of the times (T,) in a span, both ends included; of the one that is on where its ends are equal."""
    first, last = span
    if first == last:
        return np.array([frame_at(times, first)])
    found = np.flatnonzero((times >= first - ROUNDING_S) & (times <= last + ROUNDING_S))
    if not len(found):
        raise InputError("None of the kept frames lies in the range; choose a longer one.")
    return found
