"""A model on frames as they come: with what it remembers, or on its latest frames again and again."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

import numpy as np

from engine.cameras.pinhole import Camera
from engine.errors import InputError
from engine.live.joints import JointsOf
from engine.models.card import ModelCard
from engine.motion.pose import ClassScores, Prediction
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import Mount
from engine.observation.placement import PlacedFrames
from engine.observation.room import Shared
from engine.observation.trial import Context

WINDOW = 96
"""Frames of a model that takes any number of them."""


class Stream(Protocol):
    def step(self, observation: Any, rate: Any = 1.0, /) -> Prediction: ...


class LiveModel(Protocol):
    """As `engine.models.model.Model`."""

    @property
    def card(self) -> ModelCard: ...
    def stream(self, context: Context, /) -> Stream: ...
    def forward(self, observation: Any, rate: Any, context: Context, /) -> Prediction: ...


class Steps(Protocol):
    """Answers the frame that came `look_ahead` frames ago.

    camera  as it stands in the world of the latest answer, where nobody calibrated it (`engine.observation.room`)
    """

    look_ahead: int
    camera: Camera | None

    def push(self, observation: Any, rate: float) -> Prediction | None:
        """Take an observation of one frame, with the time since the one before in the model's periods.

        What is predicted of the frame that is answered; None for the first `look_ahead` frames.
        """


class Stepped:
    """A model that streams by itself: the newest frame is answered."""

    look_ahead = 0
    camera: Camera | None = None

    def __init__(self, model: LiveModel, context: Context) -> None:
        self._stream = model.stream(context)

    def push(self, observation: Any, rate: float) -> Prediction | None:
        return self._stream.step(observation, rate)


class Windowed:
    """A model that looks both ways, run again on its latest frames for every one that comes."""

    camera: Camera | None = None

    def __init__(self, model: LiveModel, context: Context, look_ahead: int) -> None:
        self._model, self._context, self.look_ahead = model, context, look_ahead
        self._frames = max(model.card.window or WINDOW, look_ahead + 1)
        self._seen: Any = None
        self._rates = np.zeros(0)

    def push(self, observation: Any, rate: float) -> Prediction | None:
        latest = slice(-self._frames, None)
        self._seen = observation if self._seen is None else self._seen.then(observation).take(latest)
        self._rates = np.append(self._rates, rate)[latest]
        answered = len(self._rates) - 1 - self.look_ahead
        if answered < 0:
            return None
        return self._model.forward(self._seen, self._rates, self._context).take(slice(answered, answered + 1))


class Placed:
    """Predictions from keypoints, put where the keypoints' camera sees them (`engine.observation.placement`)."""

    def __init__(self, steps: Steps, mount: Mount, shared: Shared | None = None) -> None:
        self._steps, self.look_ahead = steps, steps.look_ahead
        self._seen: deque[Keypoints2D] = deque()
        self._placed, self._joints = PlacedFrames(mount, shared), JointsOf()
        self.camera: Camera | None = None

    def push(self, observation: Keypoints2D, rate: float) -> Prediction | None:
        self._seen.append(observation)
        found = self._steps.push(observation, rate)
        if found is None:
            return None
        seen = self._seen.popleft()
        if isinstance(found, ClassScores):
            return found
        joints = self._joints.push(found)
        if joints.frame == "world" and joints.rooted:
            return found
        placed = self._placed.push(joints.positions, seen)
        self.camera = placed.camera
        return found.in_world(placed.turn, placed.shift)


def steps_of(model: LiveModel, context: Context, look_ahead: int = 0, shared: Shared | None = None) -> Steps:
    """look_ahead: later frames that a model sees of each; shared: with the other people before a camera.

    Raises InputError as `check_look_ahead`.
    """
    check_look_ahead(model.card, look_ahead)
    plain = look_ahead or model.card.streams == "no"
    steps: Steps = Windowed(model, context, look_ahead) if plain else Stepped(model, context)
    return Placed(steps, context.mount, shared) if model.card.observes == "keypoints" else steps


def check_look_ahead(card: ModelCard, frames: int) -> None:
    """Raises InputError where later frames are nothing to a model."""
    if frames and card.causal:
        raise InputError(f"{card.name} is causal: later frames change nothing; set its look-ahead to 0.")


def look_ahead_frames(card: ModelCard, seconds: float) -> int:
    """Frames of the model's own rate in so many seconds; 0 of a causal one."""
    return 0 if card.causal else round(seconds * card.rate_hz)
