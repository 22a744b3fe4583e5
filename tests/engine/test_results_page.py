"""docs/results.md says what the cards say."""

from __future__ import annotations

from pathlib import Path

from engine.models.card import ModelCard
from engine.results_page import by_rate, trained_cards, with_tables

PAGE = Path(__file__).parents[2] / "docs" / "results.md"


def test_the_page_in_the_project_is_up_to_date() -> None:
    page = PAGE.read_text()
    assert page.count("<!-- table ") == page.count("<!-- end -->") >= 5
    assert with_tables(page, trained_cards()) == page


def test_every_trained_model_is_on_it() -> None:
    page = PAGE.read_text()
    assert all(f"{card.name}" in page for card in trained_cards())


def test_a_model_without_delta_gets_no_row_for_rescaling_it() -> None:
    same = {"60 Hz": 40.0, "15 Hz": 50.0}
    figures = {f"test mpjpe_mm by rate, {way}": same for way in ("trained", "rescaled", "resampled")}
    card = ModelCard(name="n", system="s", summary="", causal=False, follows_rate="", metrics=figures)
    table = by_rate([card])
    assert table.splitlines() == [
        "|  | 60 Hz | 15 Hz |",
        "| --- | --- | --- |",
        "| n, as sampled (no Δ) | 40.0 | 50.0 |",
        "| n, input resampled to 60 Hz | 40.0 | 50.0 |",
    ]
