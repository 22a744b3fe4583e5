"""The bench's rows as lines, as a table and as text."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import pytest

from app.workers.rate_bench import RATE, bench_table, lines, measures, questions, rows_csv, ticks
from engine.experiment.rate import MODES
from engine.experiment.sweep import SweepRow, pool
from engine.stress.catalogue import STRESSES

MPJPE = measures()[0]
QUESTIONS = questions()
COLOURS = {"a": 0, "b": 3}


def row(model, r, way, value, *, frames=100, clip="x", varied="", level=0.0):
    return SweepRow(model, r, way, 60 / r, frames, {"mpjpe_mm": value}, clip, "", varied, level)


RATES = pool(
    [
        row(model, r, way, base + k * r)
        for model, base in (("a", 20.0), ("b", 30.0))
        for r in (1, 4)
        for k, way in enumerate(("auto", "trained", "resample"))
    ]
)


def test_there_is_a_line_for_each_model_and_way_over_octaves_of_the_frame_rate():
    found = lines(RATES, QUESTIONS[RATE], MPJPE, COLOURS)
    assert [(line.model, line.mode, line.colour) for line in found] == [
        (model, way, COLOURS[model]) for model in "ab" for way in ("trained", "auto", "resample")
    ]
    trained = found[0]
    assert trained.y == (21.0, 24.0)
    assert trained.x[1] - trained.x[0] == pytest.approx(2.0)  # two octaves slower, to the right
    assert trained.tips[1] == "a\n15 Hz · Δ as trained\nMPJPE 24.0 mm"
    assert [text for _, text in ticks(RATES, QUESTIONS[RATE])] == ["60 Hz", "15 Hz"]


def test_a_model_without_delta_has_one_line_for_all_that_could_be_done_to_delta():
    rows = pool([replace(found, has_delta=found.model != "b") for found in RATES])
    found = lines(rows, QUESTIONS[RATE], MPJPE, COLOURS)
    assert [(line.model, line.mode) for line in found[3:]] == [("b", "trained"), ("b", "resample")]
    assert found[3].tips[0] == "b\n60 Hz · as sampled: it has no Δ\nMPJPE 31.0 mm"
    shown = [row for row in rows if row.mode != "trained"]
    assert [line.mode for line in lines(shown, QUESTIONS[RATE], MPJPE, COLOURS)] == ["auto", "resample"] * 2


def test_the_table_has_a_line_for_each_model_and_rate_and_says_how_much_worse_it_gets():
    table = bench_table(RATES, QUESTIONS[RATE], MPJPE, COLOURS, "walk")
    assert [r.name for r in table.rows] == ["a", "a", "b", "b"]
    by_key = {column.key: k for k, column in enumerate(table.columns)}
    last = table.rows[3].cells
    assert [last[by_key[key]] for key in ("hz", "auto", "trained", "resample")] == [15.0, 30.0, 34.0, 38.0]
    trained_only = [r for r in RATES if r.mode == "trained"]
    relative = [r.cells[-1] for r in bench_table(trained_only, QUESTIONS[RATE], MPJPE, COLOURS).rows]
    assert relative == pytest.approx([1.0, 24 / 21, 1.0, 34 / 31])
    assert table.best == {(k, by_key["auto"]) for k in range(4)}
    assert "walk" in table.caption


def test_what_is_not_there_yet_is_left_open():
    table = bench_table(RATES[:4], QUESTIONS[RATE], MPJPE, COLOURS)
    assert math.isnan(table.rows[1].cells[2]) and not math.isnan(table.rows[1].cells[3])


@pytest.mark.parametrize("key", STRESSES)
def test_every_variation_can_be_asked_for(key):
    question = QUESTIONS[key]
    rows = [
        row("a", 1, way, 20.0 + level, varied=key, level=level) for level in question.levels for way in question.modes
    ]
    found = lines(rows, question, MPJPE, COLOURS)
    assert [line.mode for line in found] and {line.mode for line in found} == set(question.modes) <= set(MODES)
    assert found[0].x == question.levels
    assert len({text for _, text in ticks(rows, question)}) == len(question.levels)
    assert len(bench_table(rows, question, MPJPE, COLOURS).rows) == len(question.levels)


def test_irregular_sampling_compares_each_frame_s_delta_with_one_for_all():
    assert [QUESTIONS["drop"].said(mode) for mode in QUESTIONS["drop"].modes][:2] == ["Δ per frame", "Δ nominal"]


def test_csv_has_every_figure_of_every_mean():
    rows = list(csv.DictReader(io.StringIO(rows_csv(RATES))))
    assert len(rows) == 12
    assert {r["mode"] for r in rows} == {"trained", "auto", "resample"}
    assert float(rows[-1]["mpjpe_mm"]) == 38.0


def test_what_is_assumed_of_any_clip_is_marked_and_said():
    sure, unsure = row("a", 1, "auto", 20.0), replace(row("a", 1, "auto", 30.0), number=1, assumed=("30 Hz",))
    table = bench_table(pool([sure, unsure]), QUESTIONS[RATE], MPJPE, COLOURS)
    assert table.assumed == "30 Hz"
    assert bench_table(pool([sure]), QUESTIONS[RATE], MPJPE, COLOURS).assumed == ""
    lines = list(csv.DictReader(io.StringIO(rows_csv(pool([sure, unsure])))))
    assert [line["assumed"] for line in lines] == ["30 Hz"]
    assert table.csv().splitlines()[1].endswith(",30 Hz")
