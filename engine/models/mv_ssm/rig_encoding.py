"""What stands before and behind the networks on keypoints: a rig's detections as numbers, and joints in the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.models.card import ModelCard
from engine.models.encoding import (
    Check,
    DecodedFrameByFrame,
    Decoder,
    DecoderStream,
    Encoded,
    Encoder,
    EncoderStream,
    FrameByFrame,
    go_on,
)
from engine.models.lifting.layout import LAYOUT
from engine.motion.pose import Joints
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.trial import Context, Observation
from engine.observation.views import MultiViewKeypoints

Float = NDArray[np.float64]

VIEWS, PIXELS = "views", "views, with lenses"
"""`ModelCard.encoding`."""


def encoding_of(card: ModelCard) -> tuple[Encoder, Decoder]:
    """What stands before and behind a network. KeyError for an encoding that is not known."""
    return RigOfViews(lenses={VIEWS: False, PIXELS: True}[card.encoding]), InTheWorld()


def packed(flat: Float, confidence: Float, axes: Float, centres: Float) -> Float:
    """(..., V, J, 15): x/z, y/z (..., V, J, 2), confidence (..., V, J), axes (..., V, 3, 3) and centres (..., V, 3).

    Leading axes are broadcast.
    """
    joints = confidence.shape[-1]
    lead = np.broadcast_shapes(confidence.shape[:-1], centres.shape[:-1])
    camera = np.concatenate([axes.reshape(*axes.shape[:-2], 9), centres], -1)
    camera = np.broadcast_to(camera[..., None, :], (*lead, joints, 12))
    flat = np.where(confidence[..., None] > 0, flat, 0.0)
    return np.concatenate([flat, confidence[..., None], camera], -1)


@dataclass(frozen=True)
class RigOfViews:
    """MultiViewKeypoints of one person -> (T, V, 17, 15), or 18 with focal lengths and the picture's longer side."""

    lenses: bool = False

    def whole(self, observation: Observation, context: Context, /, *, check: Check = go_on) -> Encoded:
        """Raises InputError for anything else, for several people and for fewer than two views."""
        check()
        if not isinstance(observation, MultiViewKeypoints):
            raise InputError(
                f"{observation.name}: this model is given what several cameras see; open views with their calibration."
            )
        people, rig = observation.confidence.shape[2], observation.rig
        if people != 1:
            raise InputError(
                f"{observation.name}: {people} detections a view, of people whom nobody has told apart; choose one."
            )
        if len(rig) < 2:
            raise InputError(f"{observation.name}: there is one view; give the files of two cameras or more.")
        views = [keypoints_to_h36m17(observation.view(view)) for view in range(len(rig))]
        flat = np.stack([camera.rays(seen.xy) for camera, seen in zip(rig, views, strict=True)], 1)
        confidence = np.stack([seen.confidence for seen in views], 1)
        axes, centres = (np.stack([getattr(camera, name) for camera in rig]) for name in ("rotation", "centre"))
        inputs = packed(flat, confidence, axes, centres)
        if self.lenses:
            lens = np.array([[*camera.focal, max(camera.image_size)] for camera in rig], np.float64)
            inputs = np.concatenate([inputs, np.broadcast_to(lens[:, None], (*inputs.shape[:-1], 3))], -1)
        return Encoded(observation.times, inputs)

    def stream(self, context: Context, /) -> EncoderStream:
        return FrameByFrame(self, context)


@dataclass(frozen=True)
class InTheWorld:
    """(T, 17, 3) metres in the world, as they are."""

    def whole(self, output: Float, encoded: Encoded, context: Context, /) -> Joints:
        return Joints(encoded.times, output, LAYOUT)

    def stream(self, context: Context, /) -> DecoderStream:
        return DecodedFrameByFrame(self, context)
