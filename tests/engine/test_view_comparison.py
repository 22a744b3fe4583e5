"""Models of several views beside triangulation: known answers of every method, and the command's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_lifters import swaying

from engine.errors import InputError
from engine.models.card import CardFigures, ViewFigure
from engine.models.families import build
from engine.models.loading import load_model
from engine.observation.detector_noise import PERFECT, Noise
from engine.report.grading import view_figures
from engine.report.results_page import with_tables
from engine.report.view_baselines import METHODS, filled, rig_of
from engine.report.view_comparison import answers, compare_views, comparison_json, view_tables
from engine.report.view_losses import loss_table, view_chart
from engine.report.view_prior import drawn, placed
from engine.training.motions import Motions
from engine.training.view_windows import ViewBatch, ViewSettings, view_batch

MEAN = "mv_ssm_keypoints_mean"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    positions = swaying(120).positions
    np.savez(tmp_path / "test.npz", positions=positions.astype(np.float32), starts=np.array([0, 120]))
    return tmp_path / "test.npz"


def batch(cache: Path, views: int = 4, rigs: int = 6, **changes: object) -> ViewBatch:
    settings = ViewSettings(views, rigs, frames=5, **changes)  # type: ignore[arg-type]
    return view_batch(Motions.load(cache), settings, np.random.default_rng(0))


def test_every_method_and_a_fresh_network_are_exact_on_clean_views(cache: Path) -> None:
    given = batch(cache, noise=PERFECT)
    twice = (given.inputs[..., 2] > 0).sum(2) >= 2
    found = answers(given, {MEAN: build(MEAN).eval()})  # fresh: a trained one expects errors
    assert list(found) == [*METHODS, MEAN]
    for name, points in found.items():
        error = np.linalg.norm(points - given.targets, axis=-1)
        assert np.nanmax(error[twice]) < (0.01 if name == MEAN else 1e-3), name
    assert np.isnan(found["DLT"][~twice]).all()


def test_swaps_are_searched_for_and_confidences_weigh(cache: Path) -> None:
    given = batch(cache, 5, noise=Noise(swapping=1.0, exchanged=1.0).times(1e-6))
    found = {name: np.nanmean(np.linalg.norm(p - given.targets, axis=-1)) for name, p in answers(given, {}).items()}
    assert found["DLT"] > 0.03 > 0.02 > found["Cauchy and swap search"]
    off = given.inputs.copy()
    off[:, :, 0, :, :2] += 0.1
    off[:, :, 0, :, 2] *= 0.01
    wrong = answers(ViewBatch(off, given.targets, given.fov), {})
    assert np.nanmedian(np.abs(wrong["DLT, by confidence"] - wrong["DLT"])) > 0.005


def test_what_is_not_found_is_taken_from_the_nearest_frame() -> None:
    points = np.arange(4 * 2 * 3, dtype=float).reshape(4, 2, 3)
    points[1:3, 0], points[:, 1] = np.nan, np.nan
    out = filled(points)
    assert np.array_equal(out[1, 0], points[0, 0]) and np.array_equal(out[2, 0], points[3, 0])
    assert np.isfinite(out).all() and not filled(np.full((2, 3, 3), np.nan)).any()


def test_the_comparison_is_a_table_a_condition(cache: Path) -> None:
    found = compare_views(cache, [MEAN], views=(2, 4), conditions=("measured", "turned"), rigs=5, frames=3)
    assert len(found) == 2 * 2 * 5
    of = {(row.condition, row.views, row.method): row for row in found}
    assert of["turned", 4, "DLT"].mpjpe_mm > of["measured", 4, "DLT"].mpjpe_mm > 5
    assert of["measured", 2, "DLT"].found < 1 == of["measured", 2, MEAN].found
    assert of["measured", 4, MEAN].within[150] >= of["measured", 4, MEAN].within[25]
    text = view_tables(found)
    assert text.count("| DLT ") == 2 and "4 views" in text and MEAN in text
    assert len(comparison_json(found)["rows"]) == 20


def test_a_pose_decides_only_what_the_views_leave_open(cache: Path) -> None:
    given = batch(cache, 2, 3, noise=PERFECT)
    inputs = given.inputs[0].astype(float)
    truth = given.targets[0].astype(float)
    wrong = truth + [0.0, 0.0, 0.2]
    near = np.abs(drawn(inputs, truth, wrong, 0.03) - truth).max((0, 2))
    twice = (inputs[..., 2] > 0).all((0, 1))
    assert twice.sum() > 10 and near[twice].max() < 0.04  # two rays outweigh it
    blind = inputs.copy()
    blind[..., 2] = 0.0
    np.testing.assert_allclose(drawn(blind, truth, wrong, 0.03), wrong, atol=1e-9)
    for strength in (1e-6, 1e6):
        off = np.abs(drawn(inputs, truth, wrong, strength) - (truth if strength < 1 else wrong))
        assert off[:, twice].max() < 1e-4


def test_a_pose_is_put_where_the_person_was_found_and_as_large() -> None:
    found = swaying(5).positions
    np.testing.assert_allclose(placed(0.4 * (found - found[:, :1]), found), found, atol=1e-9)


def test_triangulation_is_drawn_to_a_lifting_model(cache: Path) -> None:
    lifter = "hummuss_small_anyrate_causal"
    found = compare_views(cache, [], views=(2,), conditions=("measured",), rigs=4, frames=4, prior=lifter)
    of = {row.method: row for row in found}
    assert list(of) == [*METHODS, f"triangulation, drawn to {lifter}"] and f"drawn to {lifter}" in view_tables(found)
    assert of[f"triangulation, drawn to {lifter}"].mpjpe_mm != of["Cauchy and swap search"].mpjpe_mm
    with pytest.raises(InputError, match="does not lift"):
        compare_views(cache, [], prior=MEAN)


def test_other_models_and_conditions_are_refused(cache: Path) -> None:
    with pytest.raises(InputError, match="hummuss_small does not find"):
        compare_views(cache, ["hummuss_small"])
    with pytest.raises(InputError, match="rainy"):
        compare_views(cache, [MEAN], conditions=["rainy"])
    with pytest.raises(InputError, match=r"checkpoint\.pt"):
        compare_views(cache, [MEAN], [cache.parent / "none"])


def test_a_card_says_what_triangulation_would_have_been(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = compare_views(cache, [MEAN], views=(3,), conditions=("measured",), rigs=4, frames=2)
    monkeypatch.setattr("engine.report.grading.compare_views", lambda *_, **__: rows)
    (figure,) = view_figures(MEAN, cache)
    own = next(row for row in rows if row.method == MEAN)
    assert (figure.condition, figure.views, figure.world_mm) == ("measured", 3, own.mpjpe_mm)
    assert figure.triangulation_mm == min(row.mpjpe_mm for row in rows if row.method in METHODS)
    figures = CardFigures(by_views=(figure,))
    assert CardFigures.model_validate_json(figures.model_dump_json()) == figures


def test_the_page_s_table_says_how_much_less_than_triangulation() -> None:
    figure = ViewFigure(condition="turned", views=3, world_mm=60.0, relative_mm=1, median_mm=1, triangulation_mm=80.0)
    card = load_model(MEAN).card.model_copy(update={"figures": CardFigures(by_views=(figure,))})
    page = with_tables("<!-- table views -->\n<!-- end -->", [card])
    assert "60.0 (-25 %)" in page and "3 views" in page and "turned by 3 degrees" in page and "measured" not in page


def test_one_camera_is_late_and_the_others_and_the_truth_are_not(cache: Path) -> None:
    usual, late = batch(cache, noise=PERFECT), batch(cache, noise=PERFECT, late_s=0.08)
    assert late.inputs.shape == usual.inputs.shape and late.targets.shape == usual.targets.shape
    rigs = [rig_of(inputs[0], fov) for inputs, fov in zip(late.inputs.astype(float), late.fov, strict=True)]
    off = []
    for rig, inputs, truth in zip(rigs, late.inputs, late.targets, strict=True):
        where = np.stack([camera.rays(camera.project(truth.astype(float))[0]) for camera in rig], 1)
        off.append(np.abs(inputs[..., :2] - where).max((0, 2, 3), where=(inputs[..., 2] > 0)[..., None], initial=0))
    wrong = np.array(off) > 1e-3
    assert (wrong.sum(1) <= 1).all() and wrong.any(1).mean() > 0.5


def test_what_troubles_cost_and_a_picture_of_the_views(cache: Path, tmp_path: Path) -> None:
    rows = compare_views(cache, [MEAN], views=(3, 4), conditions=["measured", "late", "turned5"], rigs=3, frames=3)
    table = loss_table(rows).splitlines()
    assert table[4].split()[1:8:2] == ["views", "mm", "measured", "late"] and len(table) == 6 + 4
    best = {(r.condition, r.views): r.mpjpe_mm for r in rows if r.method == "Cauchy and swap search"}
    assert f"{best['late', 3] - best['measured', 3]:+.1f}" in table[6]
    assert loss_table([row for row in rows if row.condition == "measured"]) == ""
    axes = view_chart(rows).axes[0]
    assert len(axes.lines) == 5 and list(axes.lines[-1].get_xdata()) == [3, 4]
