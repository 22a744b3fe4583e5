"""The encoder of SSD-Poser: a headset and two controllers as 54 numbers a frame.

    "headset"         the published numbers: places in the world, metres
    "headset, own"    an own form: places from above or below the head, along the head's heading, in statures of 1.7 m

A published network has to be shown people at every place, of every heading and of every height; with the own form it
need not, and answers the root's rotation along that heading. Both carry real velocities at any frame rate
(`engine.observation.headset_features`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.models.encoding import Check, Encoded, EncoderStream, go_on
from engine.motion.rotations import IDENTITY, conjugate, quat_to_matrix
from engine.observation.headset_features import FeatureStream
from engine.observation.lost_trackers import Bridge
from engine.observation.trackers import HEADSET, TrackerSignals
from engine.observation.trial import Context, Observation

Float = NDArray[np.float64]

STATURE_M = 1.7
"""The height whose lengths the own form leaves as they are, metres."""


def heading_of(head: Float) -> Float:
    """(..., 4) the turn about the vertical in a head's global rotation (..., 4): none for a head upside down."""
    turn = head * [1.0, 0.0, 0.0, 1.0]
    length = np.linalg.norm(turn, axis=-1, keepdims=True)
    upside_down = length < 1e-9
    return np.where(upside_down, IDENTITY, turn / np.where(upside_down, 1.0, length))


def in_own_form(features: Float, height_m: float | Float, heading: Float) -> Float:
    """Published features (..., 54) in the own form.

    height_m of the person, broadcast over the leading axes; heading (..., 4) of the head at every frame
    """
    vectors = features.reshape(*features.shape[:-1], 18, 3).copy()
    lengths, places = slice(12, 18), slice(12, 15)
    vectors[..., lengths, :] *= np.asarray(STATURE_M / height_m)[..., None, None]
    vectors[..., places, :2] -= vectors[..., 12:13, :2].copy()
    in_the_world = [*range(6), *range(12, 18)]  # all but the turns since the frame before
    vectors[..., in_the_world, :] = vectors[..., in_the_world, :] @ quat_to_matrix(heading)  # turned back
    return vectors.reshape(features.shape)


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
        if not self.encoder.own:
            return Encoded(seen.times, features, seen=seen)
        heading = heading_of(seen.rotations[:, 0])
        own = in_own_form(features, self.context.height_m, heading)
        return Encoded(seen.times, own, quat_to_matrix(conjugate(heading)), seen)
