"""The panels of the models' input: trackers with what is lost when, keypoints, or both."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from tracker_fakes import TRACKED, tracked_state
from window_fakes import FIRST

from app.look.theme import THEMES
from app.state.state import State
from app.widgets.input_panels import InputPanels
from app.widgets.tracker_inset import HEADING, LABEL, MARGIN, ROW, TrackerInset, spans, window_around
from engine.body import library
from engine.observation.trackers import TrackerSignals


@pytest.fixture(autouse=True)
def tubes(monkeypatch):
    monkeypatch.setattr(library, "_added", {})


def signals(valid: np.ndarray, times: np.ndarray) -> TrackerSignals:
    shape = valid.shape
    return TrackerSignals("t", times, np.zeros((*shape, 3)), np.tile([1.0, 0, 0, 0], (*shape, 1)), valid)


def test_spans_say_from_when_to_when():
    valid = np.ones((5, 3), bool)
    valid[1:3, 1] = valid[:, 2] = False
    found = spans(signals(valid, np.array([0.0, 0.1, 0.2, 0.5, 0.6])))
    assert found[0] == [(0.0, 0.7, True)] and found[2] == [(0.0, 0.7, False)]
    assert found[1] == [(0.0, 0.1, True), (0.1, 0.5, False), (0.5, 0.7, True)]
    assert spans(signals(np.ones((1, 3), bool), np.zeros(1)))[0] == [(0.0, 0.0, True)]


@pytest.mark.parametrize(
    ("now", "length", "shown"),
    [(3.0, 6.0, (0, 6)), (3.0, 60.0, (0, 10)), (30.0, 60.0, (25, 35)), (59.0, 60.0, (50, 60)), (0.0, 0.0, (0, 0))],
)
def test_strips_show_the_time_around_now(now, length, shown):
    assert window_around(now, np.array([0.0, length])) == shown


def strip(inset: TrackerInset, row: int) -> list[QColor]:
    """The colours along a row's strip."""
    image, y = inset.grab().toImage(), HEADING + MARGIN + row * ROW + ROW // 2
    return [image.pixelColor(x, y) for x in range(MARGIN + LABEL, inset.width() - MARGIN)]


def test_strips_are_open_where_a_hand_is_lost(qtbot):
    state = tracked_state(TRACKED, levels={"lost_hands": 0.5}, seed=1)
    inset = TrackerInset(state)
    qtbot.addWidget(inset)
    inset.resize(300, inset.wanted_height)
    muted, valid = QColor(THEMES["dark"].muted), inset.signals.valid
    assert inset.wanted_height > HEADING + 3 * ROW
    for row in range(3):
        pixels = strip(inset, row)
        bar = np.array([abs(c.red() - muted.red()) < 60 and c.red() - c.blue() > -40 for c in pixels])
        frame = np.linspace(0, len(valid) - 1, len(pixels)).round().astype(int)
        assert np.mean(bar == valid[frame, row]) > 0.93
    assert not valid[:, 1:].all()


def test_what_is_lost_now_is_named_in_the_accent(qtbot):
    state = tracked_state(TRACKED, levels={"lost_hands": 0.5}, seed=1)
    inset = TrackerInset(state)
    qtbot.addWidget(inset)
    inset.resize(300, inset.wanted_height)
    accent = QColor(THEMES["dark"].accent)

    def named(row: int) -> bool:
        image, top = inset.grab().toImage(), HEADING + MARGIN + row * ROW
        return any(
            abs(c.red() - accent.red()) + abs(c.green() - accent.green()) + abs(c.blue() - accent.blue()) < 60
            for x in range(MARGIN, MARGIN + LABEL - 4) for y in range(top, top + ROW) for c in [image.pixelColor(x, y)]
        )  # fmt: skip

    for frame in (5, 60, 110):
        state.moment.set_frame(frame)
        assert [named(row) for row in range(3)] == list(~inset.signals.valid[frame])


@pytest.mark.parametrize(
    ("models", "kinds"),
    [((), (True, False)), ((FIRST,), (True, False)), ((TRACKED,), (False, True)), ((FIRST, TRACKED), (True, True))],
)
@pytest.mark.slow
def test_a_panel_for_each_kind_that_the_models_observe(qtbot, models, kinds):
    panels = InputPanels(tracked_state(*models))
    qtbot.addWidget(panels)
    panels.fit(1000, 600)
    assert (not panels.keypoints.isHidden(), not panels.trackers.isHidden()) == kinds
    assert not panels.keypoints.geometry().intersects(panels.trackers.geometry()) or sum(kinds) == 1
    bottom = max(panel.geometry().bottom() for panel in (panels.keypoints, panels.trackers) if not panel.isHidden())
    assert (panels.width(), panels.height()) == (216, bottom + 1)


def test_the_panels_follow_the_results(qtbot):
    state, told = State(), []
    panels = InputPanels(state)
    qtbot.addWidget(panels)
    panels.refitted.connect(lambda: told.append(panels.height()))
    assert not panels.keypoints.isHidden() and panels.trackers.isHidden()
    other = tracked_state(TRACKED)
    state.set_clip(other.document.clip, settings=other.document.settings)
    state.set_shown(other.results.shown)
    assert panels.keypoints.isHidden() and not panels.trackers.isHidden()
    assert told and told[-1] == panels.height() == panels.trackers.wanted_height
