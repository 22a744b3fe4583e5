"""The page docs/extending.md: its code is run, and what it adds is found everywhere, with no other file touched."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from fake_lifters import Known, served, swaying

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL))


def run_block(name: str) -> dict[str, object]:
    namespace: dict[str, object] = {"__name__": f"extending_{name}"}
    exec(compile(BLOCKS[name], f"{PAGE.name}, {name}", "exec"), namespace)
    return namespace


def test_the_page_shows_all_five() -> None:
    assert list(BLOCKS) == ["model", "reader", "stress", "metric", "item"]


def test_a_model(monkeypatch) -> None:
    from engine.experiment.loaded import LoadedModels
    from engine.experiment.run import run
    from engine.experiment.settings import Experiment, ModelChoice
    from engine.models import registry
    from engine.models.families import find_model, list_models

    monkeypatch.setattr(registry, "_added", {})
    run_block("model")
    assert "flat" in [entry.name for entry in list_models()]
    assert not find_model("flat").usable
    results = run(Experiment(models=(ModelChoice(name="flat"),)), recording=swaying(30), models=LoadedModels())
    (result,) = results.models
    assert result.card.params == 51 * 52 and result.card.macs_per_frame == 51 * 51
    assert np.isfinite(result.summary["mpjpe_mm"]) and result.delta is None


def test_a_reader(monkeypatch, tmp_path) -> None:
    from engine.data import registry
    from engine.experiment.sources import open_recording

    monkeypatch.setattr(registry, "FORMATS", list(registry.FORMATS))
    run_block("reader")
    file = tmp_path / "walk.txt"
    file.write_text("h36m rows\n" + "\n".join(" ".join(map(str, row)) for row in swaying(5).positions.reshape(5, -1)))
    opened = open_recording(str(file))
    np.testing.assert_allclose(opened.recording.positions, swaying(5).positions)
    assert dict(opened.card)["Rate"] == "30 Hz assumed" and registry.FORMATS[-1].suffixes == (".txt",)


def test_a_stress(monkeypatch, qtbot) -> None:
    from app.docks.properties import Properties
    from app.state.clip import LoadedClip, Reader
    from app.state.state import State
    from engine.cli.options import stress_options
    from engine.experiment.prepared import prepare
    from engine.experiment.settings import Experiment, InputSettings
    from engine.stress import catalogue
    from engine.stress.catalogue import in_panel_order

    kept = dict(catalogue.STRESSES)
    try:
        run_block("stress")
        seen = prepare(Experiment(input=InputSettings(levels={"dim": 0.25})), swaying(5)).kept
        assert (seen.confidence == 0.75).all() and "dim_light" in stress_options(in_panel_order())
        state = State()
        state.set_clip(LoadedClip("swaying.npz", Reader(), swaying(5)))
        panel = Properties(state)
        qtbot.addWidget(panel)
        panel.stresses["dim"].slider.setValue(40)
        assert state.document.settings.input.level("dim") == 0.4
        state.document.undo()
        assert panel.stresses["dim"].value() == 0
    finally:
        catalogue.STRESSES.clear()
        catalogue.STRESSES.update(kept)


def test_a_metric(monkeypatch) -> None:
    from app.present.tables import metric_columns
    from engine.experiment.run import run
    from engine.experiment.settings import Experiment, ModelChoice
    from engine.metrics import catalogue

    monkeypatch.setattr(catalogue, "METRICS", dict(catalogue.METRICS))
    monkeypatch.setattr("app.present.tables.METRICS", catalogue.METRICS)
    run_block("metric")
    experiment = Experiment(models=(ModelChoice(name="known"),))
    results = run(experiment, recording=swaying(5), models=served(known=Known(swaying(5))))
    assert results.models[0].summary["height_error_mm"] == pytest.approx(0, abs=1e-6)
    assert "height_error_mm" in [column.key for column in metric_columns()]


def test_a_thing_in_the_3d_view(monkeypatch) -> None:
    from app.view3d.camera_rig import Orbit
    from app.view3d.visuals import table

    monkeypatch.setattr(table, "VISUALS", dict(table.VISUALS))
    namespace = run_block("item")
    try:
        from app.view3d.offscreen import Renderer

        renderer = Renderer((320, 240), legend=False)
    except (RuntimeError, OSError, ImportError) as reason:
        pytest.skip(f"no OpenGL to draw with: {reason}")
    ball = namespace["Ball"]("ball", "A ball", colour="#0072b2")
    renderer.set_items([ball])
    camera = Orbit().preset("front").camera((320, 240))
    drawn = renderer.render(0.2, camera, (0.0, 0.0, 0.0)).astype(int)
    x, y = camera.project(ball.at(0.2)[0])[0]
    assert drawn[int(y), int(x), 2] - drawn[int(y), int(x), 0] > 60
