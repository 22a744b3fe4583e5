"""The forms in which SSD-Poser's networks read a headset."""

from __future__ import annotations

from engine.models.card import ModelCard
from engine.models.encoding import Decoder, Encoder
from engine.models.ssd_poser.headset import Headset
from engine.models.ssd_poser.whole_body import WholeBody

PUBLISHED, OWN = "headset", "headset, own"
"""`ModelCard.encoding`."""


def encoding_of(card: ModelCard, *, seen_hands: bool = False) -> tuple[Encoder, Decoder]:
    """What stands before and behind a network. KeyError for an encoding that is not known.

    seen_hands: whether arms are bent to the hands that are seen (`engine.models.ssd_poser.seen_hands`).
    """
    return Headset(card.rate_hz, own={PUBLISHED: False, OWN: True}[card.encoding]), WholeBody(seen_hands)
