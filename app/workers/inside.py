"""Looking inside a model while the experiment is changed. No Qt; the jobs run in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.state.state import LoadedClip
from app.workers.given import Given, given_to
from app.workers.own_models import OwnModels
from engine.experiment.pipeline import Float, LiftingModel
from engine.experiment.settings import Experiment, ModelChoice

if TYPE_CHECKING:
    from app.workers.bridge import Ticket
    from engine.models.inside import Memory, OverClip, SSMLayer


@dataclass(frozen=True)
class Question:
    """Which model is looked into, on which clip in which experiment, and which SSM (by title; None for the first)."""

    clip: LoadedClip
    experiment: Experiment
    choice: ModelChoice
    layer: str | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """layers: all SSMs of the model; layer: the one that was looked at, None where there is none.

    rate is what Δ is multiplied by (the median where every frame has its own), frame_s the seconds between frames
    of what the model is given, memory None for an SSM that does not run along time.
    """

    question: Question
    layers: tuple[SSMLayer, ...]
    layer: SSMLayer | None
    given: Given
    rate: float
    frame_s: float
    memory: Memory | None

    @property
    def happens(self) -> bool:
        """Whether something goes on in the layer from frame to frame."""
        return self.layer is not None and self.layer.axis != "joints"

    @property
    def times(self) -> Float:
        """(T,) seconds of the frames that the model is given."""
        return self.given.keypoints.times


class Inside:
    """Models that are looked into, kept from one question to the next."""

    def __init__(self, models: OwnModels) -> None:
        self._models = models

    def look(self, question: Question, ticket: Ticket) -> Answer:
        """What the model is and remembers: quick. Raises InputError."""
        from engine.models.inside import memory, ssm_layers

        lifter, choice = self._model(question.choice, ticket), question.choice
        given = given_to(choice, question.experiment, question.clip.motion, lifter.card.trained_hz)
        rate = float(np.median(given.rate))
        times = given.keypoints.times
        frame_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0 / lifter.card.trained_hz
        layers = tuple(ssm_layers(lifter.network))  # type: ignore[attr-defined]
        layer = next((x for x in layers if x.title == question.layer), None) or next(
            (x for x in layers if x.axis == "time"), layers[0] if layers else None
        )
        remembered = layer is not None and layer.axis == "time"
        found = memory(lifter.network, layer, rate) if remembered else None  # type: ignore[attr-defined, arg-type]
        return Answer(question, layers, layer, given, rate, frame_s, found)

    def watch(self, answer: Answer, ticket: Ticket) -> OverClip:
        """What goes on in the layer over the clip: takes as long as running the model."""
        from engine.models.inside import over_clip

        ticket.report(0.5, "running the model")
        assert answer.layer is not None
        return over_clip(
            self._model(answer.question.choice, ticket),  # type: ignore[arg-type]
            answer.layer,
            answer.given.keypoints,
            height_m=answer.given.height_m,
            rate=answer.given.rate,
        )

    def _model(self, choice: ModelChoice, ticket: Ticket) -> LiftingModel:
        return self._models.get(choice, lambda text: ticket.report(0.0, text))
