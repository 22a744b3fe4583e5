"""Encoders and decoders: from an observation to what a network reads, and from its answer to a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import Prediction
from engine.observation.trial import Context, Observation

Float = NDArray[np.float64]

Check = Callable[[], None]
"""Called now and then by long work; raises Cancelled where it is to stop."""


def go_on() -> None:
    """The check of work that nobody cancels."""


@dataclass(frozen=True)
class Encoded:
    """T frames as a network reads them, and what its decoder has to know of them.

    times     (T,) seconds
    inputs    (T, *reads) of the network
    rotation  (T, 3, 3) the camera's axes (of trackers the world's) -> those in which the network answers, None where
              they are the same
    seen      the observation, as the encoder completed it; None where the decoder has no use for it
    """

    times: Float
    inputs: Float
    rotation: Float | None = None
    seen: Observation | None = None

    def take(self, frames: slice) -> Encoded:
        """Some of the frames."""
        return Encoded(
            self.times[frames],
            self.inputs[frames],
            None if self.rotation is None else self.rotation[frames],
            None if self.seen is None else self.seen.take(frames),
        )


class EncoderStream(Protocol):
    """The one-frame twin of an encoder: all that it remembers."""

    def step(self, observation: Any, /) -> Encoded:
        """One or more frames after those before."""


class Encoder(Protocol):
    """An observation of one kind -> what the network reads. Raises InputError for another kind or skeleton."""

    def whole(self, observation: Any, context: Context, /, *, check: Check = go_on) -> Encoded: ...

    def stream(self, context: Context, /) -> EncoderStream: ...


class DecoderStream(Protocol):
    """The one-frame twin of a decoder."""

    def step(self, output: Float, encoded: Encoded, /) -> Prediction:
        """One or more frames after those before."""


class Decoder(Protocol):
    """The network's answer (T, *answers) -> a pose, or scores of labels.

    Joints are in the camera's axes with the root at the origin, a body that is seen by trackers in the world.
    """

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> Prediction: ...

    def stream(self, context: Context, /) -> DecoderStream: ...


@dataclass(frozen=True)
class FrameByFrame:
    """The stream of an encoder that remembers nothing."""

    encoder: Encoder
    context: Context

    def step(self, observation: Any, /) -> Encoded:
        return self.encoder.whole(observation, self.context)


@dataclass(frozen=True)
class DecodedFrameByFrame:
    """The stream of a decoder that remembers nothing."""

    decoder: Decoder
    context: Context

    def step(self, output: Float, encoded: Encoded, /) -> Prediction:
        return self.decoder.whole(output, encoded, self.context)
