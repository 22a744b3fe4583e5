"""docs/results.md and the README say what the cards say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.card import HELD_APART, ActionFigures, CardFigures, ModelCard, RateFigure
from engine.report import published
from engine.report.body_tables import MESH_HEADS, TRACKER_HEADS
from engine.report.results_page import by_rate as rates_table
from engine.report.results_page import rate_sweep, trained_cards, with_tables

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(("path", "tables"), [("docs/results.md", 20), ("README.md", 1)])
def test_the_page_in_the_project_is_up_to_date(path: str, tables: int) -> None:
    page = (PROJECT / path).read_text()
    assert page.count("<!-- table ") == page.count("<!-- end -->") == tables
    assert with_tables(page, trained_cards()) == page
    named = [
        card for card in trained_cards() if tables > 1 or (card.observes, card.predicts) == ("keypoints", "joints")
    ]
    assert all(card.name in page for card in named)


def test_the_picture_is_of_the_cards_figures() -> None:
    cards = [card for card in trained_cards() if card.figures.by_rate]
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


def card_of(name: str, observes: str, predicts: str, **summary: dict[str, float]) -> ModelCard:
    """A trained card of made-up figures."""
    modes = ("trained", "auto", "resample")
    by_rate = tuple(RateFigure(mode=mode, hz=hz, mpjpe_mm=50.0) for mode in modes for hz in (60.0, 30.0))
    return ModelCard(
        name=name, system="s", summary="", observes=observes, predicts=predicts, causal=False, follows_rate="",
        params=1_070_000, trained_frames=4_000_000, figures=CardFigures(summary=summary, by_rate=by_rate),
    )  # fmt: skip


LIFTER = card_of("lifter", "keypoints", "joints", test={"mpjpe_mm": 41.0}, val={"mpjpe_mm": 60.0})
HEADSET = card_of(
    "headset", "trackers", "body",
    test={key: 1.5 + k for k, key in enumerate(TRACKER_HEADS)},
    val={"mpjre_deg": 4.25},
    **{"test, seen hands": {"hand_pe_cm": 0.125}},
)  # fmt: skip
MESH = card_of("mesh", "keypoints", "body", test={"mpve_mm": 1057.25}, val={"mpve_mm": 70.0})
NAMES = ("test", "val", "rates", "trackers test", "trackers val", "trackers rates",
         "meshes test", "meshes val", "meshes rates")  # fmt: skip
PAGE = "\n".join(f"<!-- table {name} -->\n\n<!-- end -->" for name in NAMES)


def tables_of(*cards: ModelCard) -> dict[str, list[list[str]]]:
    """The lines of cells of each table of a page."""
    blocks = with_tables(PAGE, cards).split("<!-- end -->")[: len(NAMES)]
    lines = {name: block.split(" -->\n")[1].strip().splitlines() for name, block in zip(NAMES, blocks, strict=True)}
    return {
        name: [[cell.strip() for cell in line.strip("|").split("|")] for line in rows] for name, rows in lines.items()
    }


@pytest.mark.parametrize("kind", ["trackers", "meshes"])
def test_models_of_other_kinds_have_tables_of_their_own(kind: str) -> None:
    mine, other = ("headset", "mesh") if kind == "trackers" else ("mesh", "headset")
    for name, rows in tables_of(LIFTER, HEADSET, MESH).items():
        said = str(rows)
        assert (mine in said) == name.startswith(kind) and (name.startswith(kind) and other in said) is False
        assert ("lifter" in said) == (name in ("test", "val", "rates"))


def test_what_is_not_trained_yet_says_so() -> None:
    for name, rows in tables_of(LIFTER).items():
        assert (rows == [["Not trained yet."]]) == (name not in ("test", "val", "rates"))


def test_a_model_of_trackers_stands_beside_published_rows_of_other_data() -> None:
    tables = tables_of(HEADSET)
    head, _, own, seen, *rows = tables["trackers test"]
    assert head == ["", "data", *TRACKER_HEADS.values(), "parameters"]
    values = [f"{1.5 + k:.2f}" for k in range(len(TRACKER_HEADS))]
    assert own == ["**headset**", "this page's", *values, "1.1 M"]
    assert seen[0] == "**headset, seen hands**" and seen[head.index("hand, cm")] == "0.12" and seen[2] == ""
    assert [row[0] for row in rows] == [row.name for row in published.TRACKERS]
    assert {row[1] for row in rows} == {"AMASS"}
    kinest = next(row for row in rows if row[0] == "KineST")
    assert kinest[2:] == ["2.25", "", "2.86", "15.26", "5.97", "4.00", "1.04", "1.24", "5.20", "2.65", "11 M"]
    assert [row[0] for row in tables["trackers val"][2:]] == ["**headset**"]
    assert tables["trackers val"][2][2] == "4.25"


def test_a_mesh_model_stands_beside_published_rows_of_other_data() -> None:
    head, _, own, *rows = tables_of(MESH)["meshes test"]
    assert head == ["", "data", *MESH_HEADS.values(), "parameters"]
    assert own[:4] == ["**mesh**", "this page's", "1,057.2", ""]
    assert [row[0] for row in rows] == [row.name for row in published.MESH] and {row[1] for row in rows} == {"3DPW"}
    assert rows[0][2:] == ["88.9", "77.4", "47.5", "", "", ""]


def test_models_of_labels_stand_in_tables_of_their_own() -> None:
    counts = ((3, 1), (0, 2))
    found = ActionFigures(labels=("walking", "dance"), confusion=counts, people=4)
    labels = card_of("labels", "keypoints", "scores").model_copy(
        update={"figures": CardFigures(actions={HELD_APART: found})}
    )
    assert not any("labels" in str(rows) for rows in tables_of(LIFTER, labels).values())
    page = "<!-- table labels -->\n\n<!-- end -->\n<!-- table confusion -->\n\n<!-- end -->"
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in with_tables(page, [labels]).splitlines()]
    assert ["labels, people held apart", "6", "4", "83.3 %", "43.6 to 97.0 %", "87.5 %"] in lines
    assert ["walking", "3", "1"] in lines and ["dance", "", "2"] in lines
