"""Looking inside a model while the experiment is changed. No Qt; the jobs run in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.state.clip import LoadedClip
from app.workers.inference import InferenceService, Priority, ServedModel
from engine.experiment.prepared import Memory, prepare
from engine.experiment.rate import Rate
from engine.experiment.settings import Experiment, ModelChoice
from engine.observation.trial import Context, Observation

if TYPE_CHECKING:
    from app.workers.ticket import Ticket
    from engine.models.inside import Memory as LayerMemory
    from engine.models.inside import OverClip
    from engine.models.network import SSMLayer

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """Which model is looked into, on which clip in which experiment, and which SSM (by title; None for the first)."""

    clip: LoadedClip
    experiment: Experiment
    choice: ModelChoice
    layer: str | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """layers: all SSMs of the model; layer: the one that was looked at, None where there is none.

    given    the observation that the model gets; rates: what Δ is multiplied by
    rate     the same in one number, the median where every frame has its own
    frame_s  seconds between frames of what the model is given
    memory   None for an SSM that does not run along time
    """

    question: Question
    layers: tuple[SSMLayer, ...]
    layer: SSMLayer | None
    given: Observation
    rates: Rate
    context: Context
    rate: float
    frame_s: float
    memory: LayerMemory | None

    @property
    def happens(self) -> bool:
        """Whether something goes on in the layer from frame to frame."""
        return self.layer is not None and self.layer.axis != "joints"

    @property
    def times(self) -> Float:
        """(T,) seconds of the frames that the model is given."""
        return self.given.times


class Inspector:
    """Answers questions, with what was prepared for the last one kept."""

    def __init__(self, inference: InferenceService) -> None:
        self._models = inference.models(Priority.TOOL)
        self._memory = Memory()

    def look(self, question: Question, ticket: Ticket) -> Answer:
        """What the model is and remembers: quick. Raises InputError."""
        from engine.models.inside import memory

        choice, experiment = question.choice, question.experiment
        model = self._model(choice, ticket)
        prepared = prepare(experiment, question.clip.as_read, self._memory)
        given, rates = prepared.given(model.card, experiment.policy_of(choice))
        rate, times = float(np.median(rates)), given.times
        frame_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0 / model.card.rate_hz
        layers: tuple[SSMLayer, ...] = model.ask(lambda it: tuple(it.network.ssm_layers()))
        layer = next((x for x in layers if x.title == question.layer), None) or next(
            (x for x in layers if x.remembers), layers[0] if layers else None
        )
        found: LayerMemory | None = None
        if layer is not None and layer.remembers:
            seen = layer
            found = model.ask(lambda it: memory(it.network, seen, rate))
        context = prepared.context
        return Answer(question, layers, layer, given, rates, context, rate, frame_s, found)

    def watch(self, answer: Answer, ticket: Ticket) -> OverClip:
        """What goes on in the layer over the clip: takes as long as running the model."""
        from engine.models.inside import over_clip

        ticket.report(0.5, "running the model")
        layer = answer.layer
        assert layer is not None
        model = self._model(answer.question.choice, ticket)
        return model.ask(lambda it: over_clip(it, layer, answer.given, answer.context, answer.rates))

    def _model(self, choice: ModelChoice, ticket: Ticket) -> ServedModel:
        """The model as it is inside, whatever the choice does to its answer."""
        ticket.report(0.0, f"loading {choice.name}")
        return self._models(choice.bare)
