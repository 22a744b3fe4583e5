"""The length ablation trains, measures and draws each length once, and goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from shipping_fakes import made_up_fits, write_splits
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.models import registry
from engine.models.ssd_poser import presets
from engine.models.ssd_poser.config import SSDPoserConfig
from engine.report import length_ablation
from engine.report.length_ablation import ablate_length
from engine.report.length_chart import PANELS, TRUTH, length_chart
from engine.report.published import TRACKERS
from engine.training import body_motions
from engine.training.tasks.trackers import TrackerTask

TINY = SSDPoserConfig(width=16, depth=1, heads=2, inner=16, states=4, head_width=8, chunk=8, dropout=0.0)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_splits(tmp_path / "motion", ("test",), frames=60)
    monkeypatch.setattr(presets, "SMALL", TINY)
    monkeypatch.setattr(body_motions, "body_motions", made_up_fits)
    monkeypatch.setattr(TrackerTask, "windows", 2)
    monkeypatch.setattr(registry, "_added", {})
    return tmp_path / "motion"


@pytest.mark.slow
def test_each_length_is_trained_on_as_many_frames(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--data", str(data), "--out", str(out), "--lengths", "24,41,96", "--steps", "3"]
    done = CliRunner().invoke(app, ["ablate", "length", *options])
    assert done.exit_code == 0, done.output
    written = json.loads((out / "lengths.json").read_text())
    assert [row["frames"] for row in written] == [24, 41, 96]
    assert [row["trained_frames"] for row in written] == [3 * 8 * 24, 3 * 5 * 41, 3 * 2 * 96]
    for row in written:
        assert np.isfinite([row["figures"][key] for key in (*PANELS, TRUTH)]).all()
        assert (out / f"t{row['frames']}" / "curve.png").exists()
    assert len({row["figures"]["world_mpjpe_cm"] for row in written}) == 3
    lines = [line for line in done.output.splitlines() if line.startswith("|")]
    assert len(lines) == 5 and f"{written[1]['figures']['mpjre_deg']:.2f}" in lines[3]
    assert "<svg" in (out / "lengths.svg").read_text()


@pytest.mark.slow
def test_what_is_done_is_not_done_again(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained, plain = [], length_ablation.train
    monkeypatch.setattr(length_ablation, "train", lambda config: trained.append(config) or plain(config))
    out = tmp_path / "out"
    first = ablate_length(data, out, [24], steps=2)
    assert ablate_length(data, out, [24], steps=2) == first and len(trained) == 1
    (longer,) = ablate_length(data, out, [24], steps=4)
    assert len(trained) == 2 and longer.steps == 4 and longer.trained_frames == 2 * first[0].trained_frames
    (straight,) = ablate_length(data, tmp_path / "straight", [24], steps=4)
    assert straight.trained_frames == longer.trained_frames
    both = ablate_length(data, out, [24, 41], steps=4)
    assert both[0] == longer and len(trained) == 4


def test_data_without_a_test_split_is_refused_before_anything_is_fitted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no test\.tar\.xz"):
        ablate_length(tmp_path, tmp_path / "out", [24], steps=2)
    assert not (tmp_path / "out").exists()


def test_the_chart_holds_the_figures_the_truth_and_the_published_point() -> None:
    figures = {frames: {key: k + frames / 100 for k, key in enumerate((*PANELS, TRUTH))} for frames in (41, 96, 144)}
    panels = length_chart(figures).axes
    published = next(row for row in TRACKERS if row.name == "SSD-Poser").figures
    for axes, key in zip(panels, PANELS, strict=True):
        lines = [line.get_xydata().tolist() for line in axes.lines]
        assert lines[0] == [[frames, each[key]] for frames, each in figures.items()]
        assert lines[-1] == [[96, published[key]]]
        assert (len(lines) == 3) == (key == "world_jitter_100_m_s3")
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["41", "96", "144"]
    assert panels[2].lines[1].get_ydata().tolist() == [each[TRUTH] for each in figures.values()]
