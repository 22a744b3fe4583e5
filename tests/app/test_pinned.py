"""A change is seen: pinned results beside the present ones, axes that stay, names at the curves' ends."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from window_fakes import FIRST, SECOND, answered, settle

from app.plots.curves import Curve, CurvePlot
from app.plots.end_names import spread
from engine.experiment.settings import ModelChoice

TIMES = np.arange(100) / 10


def texts(table):
    return {c.key: [table.figures.text(r, k) for r in range(len(table.figures.table.rows))]
            for k, c in enumerate(table.figures.table.columns)}  # fmt: skip


def test_what_was_pinned_stays_in_sight_beside_what_follows(window, qtbot):
    state, plot = window.state, window.plots.error
    settle()
    first = state.results.shown
    qtbot.keyClick(window, "p")
    assert state.results.pinned is first and window.actions_["pin"].isChecked()
    state.document.edit_input(subsample=4)
    qtbot.waitUntil(lambda: answered(state), timeout=10_000)
    settle()
    before, now = (one.results.models[0].summary["mpjpe_mm"] for one in (first, state.results.shown))
    assert before != now
    faint, bright = plot._curves
    assert faint.faint and not bright.faint
    assert np.array_equal(faint.values, first.results.models[0].over_time("mpjpe_mm"))
    assert f"{before:.1f} → {now:.1f}" in plot.title.text()
    found = texts(window.numbers.tables["models"])
    assert (found["pinned"], found["mpjpe_mm"]) == ([f"{before:.1f}"], [f"{now:.1f}"])
    qtbot.keyClick(window, "p")
    settle()
    assert state.results.pinned is None and len(plot._curves) == 1 and "→" not in plot.title.text()


def test_pinned_results_go_with_their_clip(window):
    window.actions_["pin"].setChecked(True)
    window.state.set_clip(window.state.document.clip)
    assert window.state.results.pinned is None


@pytest.fixture
def make(qtbot):
    def build(**options):
        widget = CurvePlot("Jitter", "m/s³", **options)
        qtbot.addWidget(widget)
        widget.resize(500, 200)
        widget.show()
        return widget

    return build


def top(plot):
    return plot._box.viewRange()[1]


def test_a_locked_axis_stays_and_goes_on_when_it_is_let_go(make):
    plot = make(named=True)
    plot.set_curves([Curve("a", "#d55e00", TIMES, np.full(100, 40.0))])
    held = top(plot)
    plot.lock.setChecked(True)
    plot.set_curves([Curve("a", "#d55e00", TIMES, np.full(100, 400.0))])
    plot.show_all()
    assert top(plot) == held
    plot.lock.setChecked(False)
    assert top(plot)[1] > 400


def test_decades(make):
    plot = make(log=True)
    values = np.geomspace(0.5, 500.0, 100)
    values[7], values[9] = 0.0, np.nan
    plot.set_curves([Curve("a", "#d55e00", TIMES, values)])
    low, high = top(plot)
    assert low <= np.log10(0.6) and np.log10(450.0) <= high <= 3.0
    assert np.isnan(plot._placed(values)[[7, 9]]).all()
    assert plot._placed(values)[50] == pytest.approx(np.log10(values[50]))


def test_names_stand_at_the_ends_of_their_curves(make):
    plot = make(named=True)
    heights = (10.0, 40.0, 41.0)
    plot.set_curves([Curve(n, "#d55e00", TIMES, np.full(100, h)) for n, h in zip("abc", heights, strict=True)])
    for _ in range(5):
        QApplication.processEvents()
    assert plot.ends.isVisible()
    places = {name: y for name, _, y in plot.ends.names}
    assert places["a"] > places["b"] > places["c"] and places["b"] - places["c"] >= 9
    plot.resize(200, 200)
    plot._name_ends()
    assert not plot.ends.isVisible(), "there is no room"


def test_heights_are_spread_no_farther_than_needed():
    assert spread([50.0, 10.0], 12, 0, 100) == [50.0, 10.0]
    found = spread([98.0, 99.0, 97.0, 5.0], 12, 6, 94)
    assert found == [82.0, 94.0, 70.0, 6.0]
    assert spread([], 12, 0, 100) == []


def test_rows_of_models_that_still_run_keep_their_place_and_old_figures_are_dimmed(window, models, qtbot):
    state, table = window.state, window.numbers.tables["models"]
    models.gate.clear()
    state.document.add_model(ModelChoice(name=SECOND))
    qtbot.waitUntil(lambda: table.figures.stale, timeout=5000)
    models.gate.set()
    qtbot.waitUntil(lambda: answered(state) and len(state.results.shown.results.models) == 2, timeout=10_000)
    settle()
    assert not table.figures.stale
    from dataclasses import replace

    shown = state.results.shown
    partial = replace(shown, results=replace(shown.results, models=shown.results.models[:1]))
    state.set_shown(partial)
    settle()
    rows = table.figures.table.rows
    assert [row.name for row in rows] == [FIRST, SECOND] and np.isnan(rows[1].cells).all()
    state.moment.set_frame(50)  # while the second one still runs
    now = texts(table)["now"]
    assert now == [f"{shown.results.models[0].over_time('mpjpe_mm')[50]:.1f}", "–"]
    state.set_shown(shown)
