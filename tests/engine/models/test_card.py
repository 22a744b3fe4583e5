"""What a card says in words."""

import pytest

from engine.models.card import ModelCard, short_count
from engine.models.registry import list_models


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0"), (999, "999"), (1000, "1.0 k"), (482_121, "482 k"), (999_960, "1.0 M"), (5_541_508, "5.5 M"),
     (16_001_549, "16.0 M"), (99_960_000, "100 M"), (2.7e9, "2.7 G")],
)  # fmt: skip
def test_counts_in_two_or_three_digits(count, said):
    assert short_count(count) == said


def test_a_card_says_how_much_it_was_trained():
    card = ModelCard(name="m", system="s", summary="", causal=False, follows_rate="")
    assert card.training == "untrained"
    assert card.model_copy(update={"trained_frames": 12_000_000}).training == "trained on 12.0 M frames"


@pytest.mark.parametrize("entry", list_models(), ids=lambda e: e.name)
def test_every_model_says_in_short_what_follows_the_rate(entry):
    short = entry.card.rate_in_short
    assert entry.card.follows_rate.startswith(short)
    assert 0 < len(short) <= 60
    assert not short.endswith(".")
