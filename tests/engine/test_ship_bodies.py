"""From a run to a shipped, graded and listed model, for those that predict bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shipping_fakes import made_up_fits, write_splits
from typer.testing import CliRunner

from engine.cli.app import app
from engine.cli.console import print_models
from engine.models.card import short_count
from engine.models.families import find_model
from engine.report.body_tables import MESH_HEADS, TRACKER_HEADS
from engine.training import body_motions
from engine.training.run import run_training
from engine.training.ship import ship
from engine.training.tasks.trackers import TrackerTask


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Splits of one clip each, whose file holds its body; training reads made-up fits; weights go to a folder."""
    write_splits(tmp_path / "motion")
    weights = tmp_path / "weights"
    monkeypatch.setattr(body_motions, "body_motions", made_up_fits)
    monkeypatch.setattr(TrackerTask, "windows", 2)
    monkeypatch.setattr("engine.report.grading.CAMERA_PRESETS", ("front", "high"))
    monkeypatch.setattr("engine.models.registry.WEIGHTS", weights)
    monkeypatch.setitem(ship.__kwdefaults__, "to", weights)
    return tmp_path / "motion"


@pytest.mark.parametrize(
    ("name", "kind", "heads"),
    [
        ("ssd_poser_small_causal", "trackers", TRACKER_HEADS),
        ("hummuss_mesh_small", "meshes", MESH_HEADS),
    ],
)
@pytest.mark.slow
def test_a_run_becomes_a_graded_model(
    name: str, kind: str, heads: dict[str, str], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not find_model(name).trained
    run_training(name, data, tmp_path / "run", steps=1)
    page = tmp_path / "page.md"
    page.write_text(f"<!-- table {kind} test -->\n<!-- end -->")
    asked = ["--model", name, "--run", str(tmp_path / "run"), "--data", str(data), "--page", str(page)]
    done = CliRunner().invoke(app, ["ship", *asked])
    assert done.exit_code == 0, done.output
    entry = find_model(name)
    card = entry.card
    assert entry.trained and card.trained_frames > 0 and card.data.clips == 1 and card.params > 100_000
    assert {"val", "test"} <= card.figures.summary.keys()
    for split in ("val", "test"):
        summary = card.figures.summary[split]
        assert heads.keys() <= summary.keys()
        assert np.isfinite([summary[key] for key in heads]).all()
    assert [figure.hz for figure in card.figures.by_rate if figure.mode == "auto"] == [60, 30, 15, 7.5, 3.75]
    assert list(card.figures.by_category) == ["swings"]
    hands = card.figures.summary.get("test, seen hands", {}).get("hand_pe_cm")
    if kind == "trackers":
        assert hands is not None and 0 < hands < card.figures.summary["test"]["hand_pe_cm"]
        assert card.figures.by_camera == {}
    else:
        assert hands is None and "high" in card.figures.by_camera

    assert f"**{name}**" in page.read_text()
    print_models([card])
    said = " ".join(capsys.readouterr().out.split())
    error = card.figures.summary["test"]["mpjpe_mm"]
    sizes = f"{card.params:,} {short_count(card.macs_per_frame)} {short_count(card.trained_frames)}"
    assert f"{name} {sizes} {error:.1f} {card.live} " in said
    assert f"from {card.observes} to a body; trained on" in said and "own rate is 60 Hz" in said
