"""What can be done to a model's answer: what a choice changes, what that is called, and what it does. No Qt."""

from __future__ import annotations

from engine.models.card import ModelCard

Answers = tuple[tuple[dict[str, object], str, str], ...]
"""The answer as it is, then the other: changes of a `ModelChoice`, name, tip."""

HANDS: Answers = (
    ({"hands": "as predicted"}, "Hands as predicted", "The body is as the network has it"),
    (
        {"hands": "seen"},
        "Hands where they were seen",
        "Shoulder and elbow turn by the least that puts a hand where its tracker was, the wrist as it was held."
        "\nThe hands' error is then what the arm cannot reach; the arms' rotations may be better or worse.",
    ),
)
FLIP: Answers = (
    ({"flip": False}, "Without flip averaging", "The network's answer to the input as it is"),
    (
        {"flip": True},
        "Flip averaged",
        "The mean with the answer to the mirrored input, mirrored back, as in the figures that papers print."
        "\nNearer by up to 4 % with the models that were measured, for twice the arithmetic.",
    ),
)


def answers_of(card: ModelCard) -> Answers:
    """What a model's answer can be; nothing where there is only one."""
    return HANDS if card.observes == "trackers" else FLIP if card.lifts else ()
