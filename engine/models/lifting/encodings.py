"""The forms in which lifting networks read keypoints and answer."""

from __future__ import annotations

from collections.abc import Callable

from engine.models.card import ModelCard
from engine.models.encoding import Decoder, Encoder
from engine.models.lifting.bone_chain import BoneChain
from engine.models.lifting.follow import FollowCamera
from engine.models.lifting.image_plane import ImageDecoder, ImagePlane

ENCODINGS: dict[str, Callable[[ModelCard], tuple[Encoder, Decoder]]] = {
    "follow camera": lambda card: (FollowCamera(causal=card.causal), BoneChain()),
    "image": lambda card: (ImagePlane(), ImageDecoder()),
}
"""By `ModelCard.encoding`."""


def encoding_of(card: ModelCard) -> tuple[Encoder, Decoder]:
    """What stands before and behind a lifting network. KeyError for an encoding that is not known."""
    return ENCODINGS[card.encoding](card)
