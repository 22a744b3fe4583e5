"""What a card says in words."""

import json

import pytest

from engine.models.card import CardFigures, ModelCard, RateFigure, TrainingData, short_count
from engine.models.families import list_models


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


OLD = {
    "name": "mine", "system": "MotionBERT", "summary": "imported from mine.bin, not trained here", "causal": False,
    "follows_rate": "Δ does not exist here: attention.", "has_delta": False, "params": 5, "trained_hz": 50.0,
    "imported_from": "mine.bin", "config": {"width": 16, "max_frames": 81}, "input": "image",
    "data": "not stated in the file", "metrics": {"val": {"mpjpe_mm": 41.5}},
}  # fmt: skip


def test_cards_of_earlier_versions_are_read():
    card = ModelCard.model_validate_json(json.dumps(OLD))
    assert (card.rate_hz, card.resample_hz, card.encoding, card.window) == (50, 50, "image", 81)
    assert str(card.data) == "not stated in the file" and card.figures.summary["val"]["mpjpe_mm"] == 41.5
    assert (card.streams, card.look_ahead_frames, card.trained) == ("no", None, True)
    assert ModelCard.model_validate_json(card.model_dump_json()) == card


def test_what_follows_from_other_fields_is_filled_in():
    card = ModelCard(name="m", system="s", summary="", causal=True, follows_rate="", rate_hz=30)
    assert (card.streams, card.look_ahead_frames, card.resample_hz) == ("step", 0, 30)
    assert ModelCard(name="m", system="s", summary="", causal=True, follows_rate="", resample_hz=10).rate_hz == 60


def test_a_card_says_in_a_word_whether_it_runs_live():
    said = {entry.name: entry.bare_card.live for entry in list_models()}
    assert (said["hummuss_small_causal"], said["hummuss_small"]) == ("yes", "no")
    assert (said["ssd_poser_small_causal"], said["ssd_poser_small"]) == ("yes", "window")


def test_training_data_in_words():
    assert str(TrainingData()) == ""
    assert str(TrainingData(description="walks", clips=3, minutes=2.4)) == "walks, 3 clips, 2 minutes"


def test_figures_by_rate():
    rows = (RateFigure(mode="trained", hz=60, mpjpe_mm=40), RateFigure(mode="resample", hz=60, mpjpe_mm=41))
    assert CardFigures(by_rate=rows).rates("resample") == {60: 41}
