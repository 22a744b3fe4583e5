"""The decoder of action recognition: scores of every frame -> the probabilities of the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.models.card import ModelCard
from engine.models.encoding import DecodedFrameByFrame, Decoder, DecoderStream, Encoded, Encoder, Float
from engine.models.lifting.follow import FollowCamera
from engine.motion.pose import ClassScores
from engine.observation.trial import Context


@dataclass(frozen=True)
class ActionScores:
    """labels: what the network's classes are called, in its order."""

    labels: tuple[str, ...]

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> ClassScores:
        """output (T, classes) before the softmax."""
        grown = np.exp(output - output.max(-1, keepdims=True))
        return ClassScores(encoded.times, self.labels, grown / grown.sum(-1, keepdims=True))

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)


def encoding_of(card: ModelCard) -> tuple[Encoder, Decoder]:
    """What stands before and behind a network of action recognition."""
    return FollowCamera(causal=card.causal), ActionScores(card.labels)
