"""The encoder of SSD-Poser: a headset and two controllers as 54 numbers a frame.

    "headset"         the published numbers: places in the world, metres
    "headset, own"    an own form: places from above or below the head, and lengths in statures of 1.7 m

A published network has to be shown people at every place and of every height; with the own form it need not. Both carry
real velocities at any frame rate (`engine.observation.headset_features`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.models.encoding import Check, Encoded, EncoderStream, go_on
from engine.observation.headset_features import PLACES, STEPS, FeatureStream
from engine.observation.lost_trackers import Bridge
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Context, Observation

Float = NDArray[np.float64]

STATURE_M = 1.7
"""The height whose lengths the own form leaves as they are, metres."""


def in_own_form(features: Float, height_m: float | Float) -> Float:
    """Published features (..., 54) in the own form; height_m of the person, broadcast over the leading axes."""
    own = features.copy()
    lengths = slice(PLACES.start, STEPS.stop)
    own[..., lengths] *= np.asarray(STATURE_M / height_m)[..., None]
    places = own[..., PLACES].reshape(*own.shape[:-1], 3, 3)
    places[..., :2] -= places[..., :1, :2].copy()
    own[..., PLACES] = places.reshape(*own.shape[:-1], 9)
    return own


@dataclass(frozen=True)
class Headset:
    """TrackerSignals -> (T, 54). rate_hz: one over the network's period; own: whether in the own form."""

    rate_hz: float = 60.0
    own: bool = False

    def whole(self, observation: Observation, context: Context, /, *, check: Check = go_on) -> Encoded:
        """Raises InputError for anything but a headset's signals."""
        check()
        return self.stream(context).step(observation)

    def stream(self, context: Context, /) -> EncoderStream:
        return HeadsetStream(self, context)


class HeadsetStream:
    """The one-frame twin of `Headset`: remembers the last frame, and where lost trackers were."""

    def __init__(self, encoder: Headset, context: Context) -> None:
        self.encoder, self.context = encoder, context
        self._bridge, self._features = Bridge(), FeatureStream(encoder.rate_hz)

    def step(self, observation: Observation, /) -> Encoded:
        if not isinstance(observation, TrackerSignals) or observation.trackers != HEADSET:
            raise InputError(
                f"{observation.name}: this model is given a headset and two controllers; choose a model that observes "
                "what there is."
            )
        seen = self._bridge.step(observation)
        features = self._features.step(seen)
        if self.encoder.own:
            features = in_own_form(features, self.context.height_m)
        return Encoded(seen.times, features, seen=seen)
