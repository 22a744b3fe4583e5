"""Curves over time: what is drawn of long ones, what is appended, and that the cursor draws none of them again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from app.plots.curves import Curve, CurvePlot
from app.plots.ring import Ring

NAMES = [("one", "#d55e00"), ("two", "#56b4e9")]


@given(st.lists(st.floats(0.001, 3.0), min_size=1, max_size=400))
def test_a_ring_holds_the_last_seconds_and_nothing_else(gaps):
    seconds = np.cumsum(gaps)
    ring = Ring(2, 5.0)
    for k, now in enumerate(seconds):
        ring.append(now, (k, -k))
        kept = seconds[: k + 1][seconds[: k + 1] >= now - 5.0]
        assert np.array_equal(ring.times, kept)
        assert np.array_equal(ring.values[0], np.arange(k + 1 - len(kept), k + 1))
        assert np.array_equal(ring.values[1], -ring.values[0])


def test_a_ring_does_not_grow_with_time_and_leaves_what_it_handed_out_alone():
    ring = Ring(1, 10.0)
    for k in range(600):
        ring.append(k / 60, (k,))
    held, copy = ring.values, ring.values.copy()
    for k in range(600, 50_000):
        ring.append(k / 60, (k,))
    assert np.array_equal(held, copy)
    assert len(ring.times) <= 601 and len(ring._times) <= 4 * 601


@pytest.fixture
def plot(qtbot):
    widget = CurvePlot("MPJPE", "mm")
    qtbot.addWidget(widget)
    widget.resize(500, 200)
    widget.show()
    return widget


def drawn(plot, number=0):
    return plot._lines[number].getData()


def test_extremes_of_long_curves_are_drawn_and_no_more_than_two_samples_a_pixel(plot):
    values = np.full(18_840, 10.0)
    values[[4321, 12_345]] = 70.0, 1.0
    plot.set_curves([Curve("one", "#d55e00", np.arange(18_840) / 60, values)])
    QApplication.processEvents()
    plot.plot.getPlotItem().getViewBox().setXRange(0, 18_800 / 60, padding=0)
    times, seen = drawn(plot)
    assert len(seen) <= 2 * plot.width() + 4
    for frame, value in ((4321, 70.0), (12_345, 1.0)):
        near = np.abs(times - frame / 60) < 1.5 * (18_840 / 60) / plot.width()
        assert value in seen[near]


def test_live_curves_show_the_last_seconds_of_what_was_appended(plot, qtbot):
    plot.set_live(NAMES, 2.0)
    assert not plot.plot.isVisible()
    for k in range(300):
        plot.append(k / 60, (20.0 + k / 100, np.nan))
    qtbot.waitUntil(lambda: len(plot._lines) == 2)
    times, values = drawn(plot)
    assert plot.plot.isVisible()
    assert (times[0], times[-1]) == pytest.approx((299 / 60 - 2.0, 299 / 60))
    assert values == pytest.approx(20.0 + np.round(times * 60) / 100)
    shown = plot.plot.getPlotItem().getViewBox().viewRange()[0]
    assert shown == pytest.approx((299 / 60 - 2.0, 299 / 60), abs=0.05)
    plot.set_curves([])
    plot.append(6.0, (1.0, 1.0))
    assert plot._lines == []


def test_everything_of_one_turn_is_drawn_at_once(plot, qtbot, monkeypatch):
    times = []
    monkeypatch.setattr(plot, "_draw", lambda *curves: times.append(len(curves[0][0].times)) if curves[0] else None)
    plot.set_live(NAMES, 60.0)
    for k in range(40):
        plot.append(k / 60, (1.0, 2.0))
    qtbot.waitUntil(lambda: times == [40])


def test_the_cursor_draws_no_curve_again(plot, qtbot, monkeypatch):
    import pyqtgraph as pg

    plot.set_curves([Curve("one", "#d55e00", np.arange(600) / 60, np.sin(np.arange(600)))])
    qtbot.wait(50)
    painted = []
    path = pg.PlotCurveItem._getLineSegments
    monkeypatch.setattr(pg.PlotCurveItem, "_getLineSegments", lambda self: (painted.append(1), path(self))[1])
    for k in range(20):
        plot.set_cursor(k / 3)
        plot.plot.viewport().repaint()
    assert not painted
    plot.plot.getPlotItem().getViewBox().setXRange(0, 3)
    plot.plot.viewport().repaint()
    assert painted
