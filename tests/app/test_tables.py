"""The tables of results: their figures are the results' own."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from fake_metric import HEIGHT, added
from tracker_fakes import TRACKED, tracked_state
from window_fakes import FIRST, SECOND, Models, swaying

from app.present.tables import (
    DELTA,
    NOW,
    PINNED,
    categories_table,
    curves_csv,
    figures_csv,
    joints_table,
    metric_columns,
    models_table,
)
from app.state.clip import LoadedClip, Reader
from app.state.results import Shown
from app.state.settings import Settings, Slot
from engine.body import library
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.experiment.sweep import SweepRow, SweepTable
from engine.metrics.catalogue import METRICS, mean_over_frames
from engine.motion.skeleton import H36M_17
from engine.observation.observe import observe

CLIP = LoadedClip("swaying.npz", Reader(), swaying())
SLOTS = (
    Slot(ModelChoice(name=FIRST), 3),
    Slot(ModelChoice(name=FIRST), 0, on=False),
    Slot(ModelChoice(name=FIRST, rate=RatePolicy(mode="trained")), 1),
)
GIVEN = InputSettings(subsample=2, levels={"noise_px": 1.5})


def shown_of(clip=CLIP) -> Shown:
    models = Models()
    models.load(FIRST)
    settings = Settings(input=GIVEN, slots=SLOTS)
    on = tuple(slot.choice for slot in SLOTS if slot.on)
    return Shown(clip, settings, run(Experiment(input=GIVEN, models=on), recording=clip.motion, models=models.of))


@pytest.fixture(scope="module")
def shown():
    return shown_of()


@pytest.fixture(scope="module")
def results(shown):
    return shown.results


def column(table, key):
    at = [c.key for c in table.columns].index(key)
    return [row.cells[at] for row in table.all_rows]


OF_JOINTS = {key for key, metric in METRICS.items() if metric.common}


def test_every_metric_there_is_has_a_column():
    assert {m.key for m in metric_columns()} == OF_JOINTS - {"jitter_truth_m_s3"} | {
        "ms_per_frame",
        "params",
        "macs_per_frame",
    }


def test_the_models_table_has_the_results_figures_and_the_truth_last(shown, results):
    table = models_table(shown, 0)
    assert [row.name for row in table.rows] == [FIRST, f"{FIRST} · Δ trained"]
    assert [row.mark for row in table.all_rows] == [3, 1, "truth"]
    for metric in metric_columns():
        expected = [m.figures[metric.key] for m in results.models]
        assert column(table, metric.key)[:2] == expected
    assert column(table, DELTA)[:2] == [2.0, 1.0]
    truth = {c.key: value for c, value in zip(table.columns, table.foot[0].cells, strict=True)}
    assert truth.pop("jitter_m_s3") == results.models[0].summary["jitter_truth_m_s3"]
    assert all(math.isnan(value) for value in truth.values())


def test_figures_of_bodies_have_columns_where_a_model_has_them(shown, results):
    of_joints, of_bodies = results.models
    body = {"mpve_mm": 31.0, "foot_skate_cm_per_frame": 0.5, "foot_skate_truth_cm_per_frame": 0.25}
    of_bodies = replace(of_bodies, summary=of_bodies.summary | body)
    mixed = replace(shown, results=replace(results, models=(of_joints, of_bodies)))
    table, plain = models_table(mixed, 0), models_table(shown, 0)
    assert {c.key for c in table.columns} - {c.key for c in plain.columns} == {"mpve_mm", "foot_skate_cm_per_frame"}
    assert math.isnan(column(table, "mpve_mm")[0]) and column(table, "mpve_mm")[1] == 31.0
    assert column(table, "foot_skate_cm_per_frame")[1:] == [0.5, 0.25]
    lines = list(csv.DictReader(io.StringIO(figures_csv(mixed.results))))
    assert [line["mpve_mm"] for line in lines] == ["", "31"]


def test_a_metric_from_outside_has_a_column():
    with added(replace(HEIGHT, better="higher")):
        shown = shown_of()
        table = models_table(shown, 0)
        found = next(c for c in table.columns if c.key == HEIGHT.key)
        assert (found.title, found.tip, found.digits) == ("Height (mm)", HEIGHT.tip, 2)
        assert column(table, HEIGHT.key)[:2] == [m.summary[HEIGHT.key] for m in shown.results.models]
        low, high = (
            replace(model, summary=model.summary | {HEIGHT.key: value})
            for model, value in zip(shown.results.models, (3.0, 400.0), strict=True)
        )
        table = models_table(replace(shown, results=replace(shown.results, models=(low, high))), 0)
        at = [c.key for c in table.columns].index(HEIGHT.key)
        assert [r for r in (0, 1) if (r, at) in table.best] == [1]


def test_the_best_jitter_is_the_nearest_to_the_truths_not_the_lowest(shown, results):
    truth = results.models[0].summary["jitter_truth_m_s3"]
    calm, lively = (
        replace(model, summary=model.summary | {"jitter_m_s3": share * truth})
        for model, share in zip(results.models, (0.3, 1.2), strict=True)
    )
    table = models_table(replace(shown, results=replace(results, models=(calm, lively))), 0)
    at = [c.key for c in table.columns].index("jitter_m_s3")
    assert [r for r in (0, 1) if (r, at) in table.best] == [1]


def test_the_caption_says_what_was_done_to_the_input(shown):
    caption = models_table(shown, 0).caption
    for part in ("swaying: 60 frames at 30 Hz", "camera front", "clip skeleton", "noise_px 1.5"):
        assert part in caption


def test_the_error_now_is_that_of_the_pose_on_show(shown, results):
    table = models_table(shown, 33 / 60)
    assert column(table, NOW)[:2] == pytest.approx([m.over_time("mpjpe_mm")[16] for m in results.models])
    assert column(models_table(shown, 32 / 60), NOW) == pytest.approx(column(table, NOW), nan_ok=True)
    assert next(c for c in table.columns if c.key == NOW).room == max(
        m.over_time("mpjpe_mm").max() for m in results.models
    )


def test_a_size_that_nobody_counted_is_unknown_and_not_nothing(shown, results):
    uncounted = replace(results.models[0], card=results.models[0].card.model_copy(update={"macs_per_frame": 0}))
    table = models_table(replace(shown, results=replace(results, models=(uncounted, results.models[1]))), 0)
    assert math.isnan(column(table, "macs_per_frame")[0])
    assert column(table, "macs_per_frame")[1] > 0


def test_without_truth_there_is_no_error_now_and_no_truths_row():
    seen = observe(swaying(), "front").observation
    table = models_table(shown_of(LoadedClip("2d.json", Reader(), seen)), 0)
    assert NOW not in [c.key for c in table.columns]
    assert table.foot == ()
    assert all(math.isnan(value) for value in column(table, "mpjpe_mm"))
    assert all(value > 0 for value in column(table, "jitter_m_s3"))


def test_the_joints_table_averages_to_the_mpjpe(shown, results):
    table = joints_table(shown)
    assert tuple(row.name for row in table.rows) == H36M_17.names
    cells = np.array([row.cells for row in table.rows])
    assert cells.mean(0) == pytest.approx([m.summary["mpjpe_mm"] for m in results.models])
    assert cells.mean(0) == pytest.approx(table.foot[0].cells)
    assert cells[3, 1] == pytest.approx(results.models[1].over_time("mpjpe_mm", 3).mean())
    assert [c.mark for c in table.columns] == [3, 1]


def test_the_categories_table_pools_over_frames():
    def row(model, clip, category, frames, error, r=1):
        return SweepRow(model, r, "auto", 60.0 / r, frames, {"mpjpe_mm": error}, clip, category)

    clips = (
        row(FIRST, "a", "walk", 30, 40.0),
        row(SECOND, "a", "walk", 30, 10.0),
        row(FIRST, "b", "walk", 10, 80.0),
        row(SECOND, "b", "walk", 10, 20.0),
        row(FIRST, "c", "", 60, 20.0),
        row(FIRST, "a", "walk", 15, 99.0, r=2),
    )
    everything = tuple(
        SweepRow(
            m, 1, "auto", 60.0, sum(c.frames for c in mine), mean_over_frames([(c.frames, c.figures) for c in mine])
        )
        for m in (FIRST, SECOND)
        for mine in [[c for c in clips if c.model == m and c.r == 1]]
    )
    table = categories_table(SweepTable(everything, clips, {}), {FIRST: 4})
    assert [c.name for c in table.columns] == [FIRST, SECOND]
    assert [c.mark for c in table.columns] == [4, None]
    found = {r.name: r.cells for r in table.all_rows}
    assert found["walk"] == (50.0, 12.5)
    assert found["without one"][0] == 20.0
    assert math.isnan(found["without one"][1])
    assert found["all"] == (32.0, 12.5)
    assert "3 clips at 60 Hz" in table.caption


def test_curves_as_csv_have_a_line_for_each_kept_frame(results):
    rows = [line.split(",") for line in curves_csv(results).splitlines()]
    assert len(rows) == 61
    assert len({len(row) for row in rows}) == 1
    assert [float(row[0]) for row in rows[1:]] == pytest.approx(results.times, rel=1e-5)
    assert rows[1][rows[0].index(f"{FIRST} jitter_m_s3")] == ""  # not a number: empty


def test_figures_as_csv_say_what_decided_them(results):
    head, row, _ = (line.split(",") for line in figures_csv(results).splitlines())
    found = dict(zip(head, row, strict=True))
    assert found["input_hz"] == "30"
    assert found["height_source"] == "clip skeleton"
    assert found["params"] == str(results.models[0].card.params)
    assert float(found["mpjpe_mm"]) == pytest.approx(results.models[0].summary["mpjpe_mm"], rel=1e-5)


def test_what_models_observe_is_a_column_where_it_differs(monkeypatch, shown):
    monkeypatch.setattr(library, "_added", {})
    mixed = tracked_state(FIRST, TRACKED).results.shown
    table = models_table(mixed, 0.0)
    assert [c.name for c in table.columns][:3] == ["Observes", "Δ", "Now"]
    assert [table.columns[0].text(row.cells[0]) for row in table.all_rows] == ["keypoints", "trackers", ""]
    assert not any(column == 0 for _, column in table.best)
    assert table.order(0, descending=True) == [1, 0]
    for text in (table.csv(), table.markdown(), table.latex(), table.tsv([0, 1]), figures_csv(mixed.results)):
        assert "keypoints" in text and "trackers" in text
    assert "observes" not in figures_csv(shown.results) and models_table(shown, 0.0).columns[0].key == DELTA


def test_what_is_assumed_is_marked_and_said(shown):
    assert models_table(shown, 0.0).assumed == "" and "assumed" not in models_table(shown, 0.0).caption
    kept = shown.results.clean
    unsure = replace(kept, provenance=replace(kept.provenance, assumed=("30 Hz", "picture 1280 x 720")))
    shown = replace(shown, results=replace(shown.results, clean=unsure))
    for table in (models_table(shown, 0.0), joints_table(shown)):
        assert table.assumed == "30 Hz; picture 1280 x 720" and table.caption.endswith(f"assumed: {table.assumed}")
        assert table.csv().splitlines()[1].endswith(f",{table.assumed}")
    assert "30 Hz; picture 1280 x 720" in figures_csv(shown.results)
    table = models_table(replace(shown, results=replace(shown.results, clean=kept)), 0.0, shown)
    pinned = next(c for c in table.columns if c.key == PINNED)
    assert table.assumed == "" and pinned.name == "Pinned *"
    assert pinned.tip.endswith("assumed: 30 Hz; picture 1280 x 720")
