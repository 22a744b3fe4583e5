"""A live run's figure, pinned before a change and shown beside what it is after it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.look.theme import THEMES
from app.present.before_after import ERROR, JITTER, LEAST_S, SPAN_S, Figures, Recent, changed
from app.widgets.before_after import BeforeAfter, Said
from engine.live.tick import Tick
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.assumed_camera import default_camera
from engine.observation.keypoints import Keypoints2D

AUTO, TRAINED = {"Step Δ": "auto", "Frame rate": "all"}, {"Step Δ": "as trained", "Frame rate": "all"}


def tick(time: float, error: float, jitter: float = 2.0) -> Tick:
    at, joints = np.array([time]), np.zeros((1, 17, 3))
    seen = Keypoints2D("", at, joints[..., :2], np.ones((1, 17)), H36M_17, (640, 480), default_camera((640, 480)))
    return Tick(time, seen, 1.0, Joints(at, joints, H36M_17), 0.01, 0, {ERROR: error, JITTER: jitter})


def run_of(recent: Recent, times, errors, settings=AUTO) -> None:
    for time, error in zip(times, errors, strict=True):
        recent.push({"one": tick(time, error), "two": None}, settings)


def test_the_mean_is_of_the_last_seconds_and_each_tick_counts_once():
    recent, times = Recent(), np.arange(0, 10, 0.1)
    errors = np.where(times < 10 - SPAN_S - 0.2, 500.0, 20.0)
    run_of(recent, np.repeat(times, 2), np.repeat(errors, 2))
    assert recent.figures(ERROR).values["one"] == pytest.approx(20)
    assert recent.figures(JITTER).values["one"] == pytest.approx(2)
    assert "two" not in recent.figures(ERROR).values
    run_of(recent, [0.0, LEAST_S + 0.1], [70, 70])  # the feed's clock begins again
    assert recent.figures(ERROR).values["one"] == pytest.approx(70)


def test_a_figure_needs_some_time_and_unknown_ones_take_nothing():
    recent = Recent()
    run_of(recent, [0.0, 0.1], [20, 20])
    assert math.isnan(recent.figures(ERROR).values["one"])
    run_of(recent, [0.3, LEAST_S + 0.2, LEAST_S + 0.3], [math.nan, 40, 60])
    assert recent.figures(ERROR).values["one"] == pytest.approx((20 + 40 + 60) / 3)


def test_what_was_before_a_change_is_no_part_of_the_figure_after_it():
    recent, times = Recent(), np.arange(0, 3, 0.1)
    run_of(recent, times, np.full(30, 24.0))
    before = recent.figures(ERROR)
    run_of(recent, times + 3, np.r_[24.0, np.full(29, 61.0)], TRAINED)  # the first was made before it
    now = recent.figures(ERROR)
    assert now.said("one", before) == "24 → 61 mm" and now.said("one", None) == "61 mm"
    assert changed(before, now) == "Step Δ auto → as trained" and changed(before, before) == ""


def test_figures_of_another_metric_or_without_a_value_are_not_set_beside_each_other():
    error, jitter = Figures(ERROR, {"one": 24.4}, AUTO), Figures(JITTER, {"one": 3.25}, AUTO)
    assert jitter.said("one", error) == "3.2 m/s³" and jitter.said("two", jitter) == "– m/s³"
    assert error.said("one", Figures(ERROR, {"one": math.nan}, AUTO)) == "24 mm"


def test_the_letters_become_smaller_where_a_figure_would_not_fit(qtbot):
    shown = BeforeAfter()
    qtbot.addWidget(shown)
    shown.set_theme(THEMES["light"])
    shown.say([Said("a model", "#d55e00", "24 → 61 mm")], "Step Δ auto → as trained")
    shown.resize(900, shown.sizeHint().height())
    wide = shown.grab().toImage()
    high = shown.fontMetrics().height()
    chip = wide.pixelColor(round(0.35 * high), round(1.5 * high)).getRgb()[:3]
    assert chip == pytest.approx((0xD5, 0x5E, 0x00), abs=2)
    assert shown._fitting(900).pointSizeF() > 2 * shown.font().pointSizeF()
    assert shown._fitting(60).pointSizeF() < shown._fitting(900).pointSizeF()
