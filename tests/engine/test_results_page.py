"""docs/results.md and the README say what the cards say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.card import ModelCard
from engine.report.results_page import by_rate, rate_sweep, trained_cards, with_tables

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(("path", "tables"), [("docs/results.md", 6), ("README.md", 1)])
def test_the_page_in_the_project_is_up_to_date(path: str, tables: int) -> None:
    page = (PROJECT / path).read_text()
    assert page.count("<!-- table ") == page.count("<!-- end -->") == tables
    assert with_tables(page, trained_cards()) == page
    assert all(f"{card.name}" in page for card in trained_cards())


def test_the_picture_is_of_the_cards_figures() -> None:
    cards = trained_cards()
    rows = rate_sweep(cards).rows
    assert {row.model for row in rows} == {card.name for card in cards}
    at_15 = [row for row in rows if row.model == cards[0].name and row.way == "rescaled" and row.r == 4]
    assert [row.figures["mpjpe_mm"] for row in at_15] == [cards[0].metrics["test mpjpe_mm by rate, rescaled"]["15 Hz"]]


def test_a_model_without_delta_gets_no_row_for_rescaling_it() -> None:
    same = {"60 Hz": 40.0, "15 Hz": 50.0}
    figures = {f"test mpjpe_mm by rate, {way}": same for way in ("trained", "rescaled", "resampled")}
    card = ModelCard(name="n", system="s", summary="", causal=False, follows_rate="", has_delta=False, metrics=figures)
    table = by_rate([card])
    assert table.splitlines() == [
        "|  | 60 Hz | 15 Hz |",
        "| --- | --- | --- |",
        "| n, as sampled (no Δ) | 40.0 | 50.0 |",
        "| n, input resampled to 60 Hz | 40.0 | 50.0 |",
    ]
