"""Models: a network with its encoder, decoder and card; whole clips, or frames as they come."""

from __future__ import annotations

from copy import copy
from dataclasses import is_dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError
from engine.models.card import ModelCard
from engine.models.encoding import Decoder, Encoder, Float
from engine.models.interruption import Watch
from engine.models.joined import Joined
from engine.models.lifting.flipped import FlipAveraged
from engine.models.long_clips import CHUNK, is_long
from engine.models.network import CausalNetwork, FrameStep, Network
from engine.motion.pose import Prediction
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.trial import Context, Observation
from engine.pieces import pieces
from engine.progress import Cancel, Progress

RateLike = float | Float

ASSUMED = Context(ASSUMED_HEIGHT_M)
"""Of a person of whom nothing is known."""


class Model:
    """Call from one thread at a time."""

    def __init__(
        self, network: Network, encoder: Encoder, decoder: Decoder, card: ModelCard, device: str = "cpu"
    ) -> None:
        self.network: Network = network.to(device).eval()
        self.encoder, self.decoder, self.card = encoder, decoder, card
        self.device = torch.device(device)

    @torch.inference_mode()
    def forward(
        self,
        observation: Observation,
        rate: RateLike = 1.0,
        context: Context = ASSUMED,
        *,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        at_once: bool = False,
    ) -> Prediction:
        """The prediction at every frame of the observation, a pose as the decoder places it.

        rate: elapsed time per frame in periods of `card.rate_hz`: one number, or (T,) the time before each frame.
        at_once: also a long clip of a causal network, which else goes through its stream in chunks; for what watches
        its blocks.
        Raises InputError for an observation that is not what the card says, and Cancelled, which is asked for between
        windows and inside of them.
        """
        watch = Watch(self.card.name, progress, cancel)
        watch.check()
        if is_long(len(observation)) and self.card.streams == "step" and not at_once:
            return self._in_chunks(observation, rate, context, watch)
        encoded = self.encoder.whole(observation, context, check=watch.check)
        with watch.over(self.network):
            inputs = self.tensor(encoded.inputs)[None]
            output = self.network.over_windows(self.network, inputs, self.rate(rate), begin=watch.begin)[0]
        if not is_long(len(output)):
            return self.decoder.whole(_array(output), encoded, context)
        decoded = Joined(len(output))
        for part in pieces(len(output), CHUNK):
            watch.check()
            decoded.add(self.decoder.whole(_array(output[part]), encoded.take(part), context))
        return decoded.whole()

    def _in_chunks(self, observation: Observation, rate: RateLike, context: Context, watch: Watch) -> Prediction:
        """A long clip through the stream: as at once, in bounded memory."""
        frames, stream = len(observation), self.stream(context)
        predicted, parts = Joined(frames), list(pieces(frames, CHUNK))
        for number, part in enumerate(parts):
            watch.begin(number, len(parts))
            with watch.over(self.network):
                step = stream.step(observation.take(part), np.asarray(rate)[part] if np.ndim(rate) else rate)
            predicted.add(step)
            watch.say(1.0)
        return predicted.whole()

    def stream(self, context: Context) -> ModelStream:
        """A fresh stream; InputError for a model that needs the future."""
        if self.card.streams == "no":
            raise InputError(
                f"{self.card.name} is bidirectional: it needs frames that have not happened yet and cannot be "
                "streamed; choose a causal model."
            )
        return ModelStream(self, context)

    def with_seen_hands(self) -> Model:
        """The same network behind which arms are bent so that hands are where they were seen.

        Raises InputError for a model whose decoder has no such option.
        """
        if not is_dataclass(self.decoder) or not hasattr(self.decoder, "seen_hands"):
            raise InputError(
                f"{self.card.name} observes {self.card.observes}: no tracker sees its hands; leave them as predicted."
            )
        other = copy(self)
        other.decoder = cast(Decoder, replace(cast(Any, self.decoder), seen_hands=True))
        return other

    def with_flip_averaging(self) -> Model:
        """The mean with the answer to the mirrored input (`engine.models.lifting.flipped`), for twice the arithmetic.

        Raises InputError for a model that is not of keypoints and joints.
        """
        if not self.card.lifts:
            raise InputError(
                f"{self.card.name} does not lift keypoints to joints: there is no flip averaging for it; leave it out."
            )
        twice = {name: 2 * getattr(self.card, name) for name in ("macs_per_frame", "published_macs")}
        card = self.card.model_copy(update=twice)
        return Model(FlipAveraged(self.network), self.encoder, self.decoder, card, str(self.device))

    @cached_property
    def frame_step(self) -> CausalNetwork | FrameStep:
        """What streams run single frames with."""
        network = cast(CausalNetwork, self.network)
        return network.fast_step() or network

    def tensor(self, array: Float) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, torch.get_default_dtype())

    def rate(self, rate: RateLike) -> float | Tensor:
        return self.tensor(np.asarray(rate)) if np.ndim(rate) else float(rate)


class ModelStream:
    """A model on frames as they come; what it remembers is in `encoder`, `state` and `decoder`, constant in size."""

    def __init__(self, model: Model, context: Context) -> None:
        self.model = model
        self.network = cast(CausalNetwork, model.network)
        self.encoder, self.decoder = model.encoder.stream(context), model.decoder.stream(context)
        self.state: Any = self.network.init_state(1)

    @torch.inference_mode()
    def step(self, observation: Observation, rate: RateLike = 1.0) -> Prediction:
        """One or more frames after those before; as `Model.forward` of all of them gives it."""
        encoded = self.encoder.step(observation)
        inputs = self.model.tensor(encoded.inputs)
        if len(inputs) == 1:
            output, self.state = self.model.frame_step.step(inputs, self.state, float(np.ravel(rate)[0]))
        else:
            output, self.state = self.network.chunk(inputs[None], self.state, self.model.rate(rate))
            output = output[0]
        return self.decoder.step(_array(output), encoded)


def _array(output: Tensor) -> Float:
    return np.asarray(output.cpu().double().numpy())
