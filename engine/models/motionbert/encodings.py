"""What stands before and behind MotionBERT's networks, by what they predict."""

from __future__ import annotations

from engine.models.card import ModelCard
from engine.models.encoding import Decoder, Encoder
from engine.models.label_scores import ActionScores
from engine.models.lifting import encodings
from engine.models.motionbert.cropped import CroppedPicture
from engine.models.motionbert.smpl_pose import SMPLPose


def encoding_of(card: ModelCard) -> tuple[Encoder, Decoder]:
    """Of a lifting, an action or a mesh network. KeyError for an encoding that is not known."""
    if card.predicts == "scores":
        return CroppedPicture(), ActionScores(card.labels)
    if card.predicts == "body":
        return CroppedPicture(), SMPLPose()
    return encodings.encoding_of(card)
