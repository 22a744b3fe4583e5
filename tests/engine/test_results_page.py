"""docs/results.md and the README say what the cards say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.card import CardFigures, ModelCard, RateFigure
from engine.report.results_page import by_rate as rates_table
from engine.report.results_page import rate_sweep, trained_cards, with_tables

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
    at_15 = [row for row in rows if row.model == cards[0].name and row.mode == "auto" and row.r == 4]
    assert [row.figures["mpjpe_mm"] for row in at_15] == [cards[0].figures.rates("auto")[15.0]]


def test_a_model_without_delta_gets_no_row_for_rescaling_it() -> None:
    modes, same = ("trained", "auto", "resample"), {60.0: 40.0, 15.0: 50.0}
    by_rate = tuple(RateFigure(mode=mode, hz=hz, mpjpe_mm=mm) for mode in modes for hz, mm in same.items())
    card = ModelCard(
        name="n", system="s", summary="", causal=False, follows_rate="", has_delta=False,
        figures=CardFigures(by_rate=by_rate),
    )  # fmt: skip
    table = rates_table([card])
    assert table.splitlines() == [
        "|                             |   60 Hz |   15 Hz |",
        "|:----------------------------|--------:|--------:|",
        "| n, as sampled (no Δ)        |    40.0 |    50.0 |",
        "| n, input resampled to 60 Hz |    40.0 |    50.0 |",
    ]


def test_models_of_other_sensors_have_tables_of_their_own():
    lifting = trained_cards()[0]
    headset = lifting.model_copy(update={"name": "headset", "observes": "trackers"})
    page = "<!-- table test -->\n\n<!-- end -->\n<!-- table trackers test -->\n\n<!-- end -->"
    first, second = with_tables(page, [lifting, headset]).split("<!-- table trackers test -->")
    assert lifting.name in first and "headset" not in first
    assert "headset" in second and lifting.name not in second
    assert "No model of trackers comes with trained weights yet." in with_tables(page, [lifting])
