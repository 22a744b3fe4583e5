"""Live runs of the window: the model is loaded and the run begun on a worker. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.workers.inference import ServedModel
from app.workers.ticket import Ticket
from engine.body.library import MANNEQUIN
from engine.experiment.settings import ModelChoice
from engine.live.feeds.feed import Feed
from engine.live.feeds.osc import OscSource
from engine.live.feeds.roles import Roles
from engine.live.run import LiveRun
from engine.live.track import Track
from engine.observation.trial import Context

Models = Callable[[ModelChoice], ServedModel]


@dataclass(frozen=True)
class LiveSettings:
    """What a person chose: the model, where to listen, the names of the hands' devices, the standing height."""

    model: str
    port: int
    address: str
    left: str
    right: str
    height_m: float


@dataclass(frozen=True)
class StartLive:
    """Gives a `LiveRun` that has begun. Raises InputError for the model; the port's error is the run's own."""

    models: Models
    settings: LiveSettings

    def __call__(self, ticket: Ticket) -> LiveRun:
        chosen = self.settings
        ticket.report(0.0, f"loading {chosen.model}")
        model = self.models(ModelChoice(name=chosen.model))
        source = OscSource(chosen.port, chosen.address, Roles(left=chosen.left, right=chosen.right))
        run = LiveRun(Feed(source), [Track(model)], Context(chosen.height_m, body=MANNEQUIN))
        run.start()
        return run
