"""The windows beside the main one: opened by their actions, closed by Esc, about what the main one shows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from window_fakes import FIRST

from app.dialogs.bodies import BodiesWindow
from app.dialogs.rate_bench import RateBench
from app.dialogs.state_inspector import StateInspector
from app.dialogs.streaming_check import StreamingCheckWindow
from app.dialogs.tool import Tool


def shown(window, kind):
    (tool,) = [tool for tool in window.findChildren(Tool) if isinstance(tool, kind)]
    return tool


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("rate_bench", RateBench),
        ("inside", StateInspector),
        ("streaming_check", StreamingCheckWindow),
        ("bodies", BodiesWindow),
    ],
)
def test_an_action_opens_it_once_and_escape_closes_it(window, qtbot, action, kind):
    for _ in range(2):
        window.actions_[action].trigger()
        tool = shown(window, kind)
        assert tool.isVisible() and not tool.isModal()
        assert window.geometry().contains(tool.geometry())
        qtbot.keyClick(tool, Qt.Key.Key_Escape)
        assert not tool.isVisible()


def test_the_rate_bench_is_about_the_window_s_clip_and_models_and_feeds_its_table(window, qtbot):
    window.actions_["rate_bench"].trigger()
    bench = shown(window, RateBench)
    qtbot.mouseClick(bench.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.bar.note.text().startswith("Done"), timeout=60_000)
    assert {row.model for row in bench.found.rows} == {FIRST}
    assert {row.clip for row in bench.found.rows} == {window.state.document.clip.name}
    state = window.state
    full = next(row for row in bench.found.rows if (row.r, row.mode) == (1, "auto"))
    assert full.figures["mpjpe_mm"] == pytest.approx(
        state.results.shown.results.models[0].summary["mpjpe_mm"], rel=1e-12
    )
    window.numbers.show_view("categories")
    assert window.numbers.tables["categories"].figures.table.columns[0].name == FIRST
    window.numbers.show_view("models")
    bench.close()


def test_a_failure_in_it_is_said_and_nothing_else_changes(window, qtbot):
    """The made-up models have no network to look into."""
    before = window.state.results.shown
    window.actions_["inside"].trigger()
    qtbot.waitUntil(lambda: window.state.results.message is not None, timeout=30_000)
    assert "please report" in window.state.results.message.text
    shown(window, StateInspector).close()
    window.state.results.unsay()
    assert window.state.results.shown is before
