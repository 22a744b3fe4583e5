"""The streaming check, in its window."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from tool_fakes import BOTH, CAUSAL, Slow, Small, state_with

from app.dialogs.streaming_check import StreamingCheckWindow
from app.present.wording import length


@pytest.fixture
def make(open_tool):
    def build(*models, load=None, frames=60):
        state, load = state_with(*models, frames=frames), load or Small()
        return open_tool(StreamingCheckWindow, state, load), state, load

    return build


def row(tool, k):
    return [tool.table.item(k, column).text() if tool.table.item(k, column) else "" for column in range(4)]


def finished(tool):
    return lambda: not tool.bar.running and "waiting" not in {row(tool, k)[3] for k in range(tool.table.rowCount())}


def test_opening_it_checks_every_model_that_is_on(make, qtbot):
    tool, _, load = make(CAUSAL, BOTH)
    qtbot.waitUntil(finished(tool), timeout=60_000)
    name, by_frame, in_chunks, verdict = row(tool, 0)
    assert name == CAUSAL and verdict == "✓  equal"
    assert all(text.split()[1] in ("nm", "µm") for text in (by_frame, in_chunks))
    assert "bidirectional" in row(tool, 1)[1]  # the reason of the refusal
    assert tool.about.text() == "swaying · 60 frames at 60 Hz"
    assert load.threads and threading.get_ident() not in load.threads
    assert not tool.changed.isVisible()


def test_a_model_that_forgets_is_shown_to_differ(make, qtbot):
    class Forgetful(Small):
        def __call__(self, name, device):
            lifter = super().__call__(name, device)
            kept = lifter.network.chunk
            lifter.network.chunk = lambda u, state, rate: (kept(u, state, rate)[0], state)
            return lifter

    tool, _, _ = make(CAUSAL, load=Forgetful())
    qtbot.waitUntil(finished(tool), timeout=60_000)
    assert row(tool, 0)[3] == "✗  NOT equal"


def test_another_experiment_makes_the_result_old_and_a_new_check_makes_it_new(make, qtbot):
    tool, state, _ = make(CAUSAL)
    qtbot.waitUntil(finished(tool), timeout=60_000)
    state.document.edit_input(subsample=4)
    assert tool.changed.isVisible()
    tool.bar.button.click()
    qtbot.waitUntil(finished(tool), timeout=60_000)
    assert tool.about.text() == "swaying · 15 frames at 15 Hz"
    assert not tool.changed.isVisible()


def test_it_can_be_stopped_and_closing_stops_it(make, qtbot):
    gate = threading.Event()
    tool, _, _ = make(CAUSAL, load=Slow(lambda: gate.wait(10)), frames=600)
    qtbot.waitUntil(lambda: tool.bar.running, timeout=10_000)
    tool.bar.button.click()
    gate.set()
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=60_000)
    assert row(tool, 0)[3] == "not checked" and tool.bar.note.text() == "Cancelled."
    tool.bar.button.click()
    qtbot.waitUntil(lambda: tool.bar.running, timeout=10_000)
    qtbot.keyClick(tool, Qt.Key.Key_Escape)
    assert not tool.isVisible()
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=60_000)


def test_without_models_it_says_so(make):
    tool, _, _ = make()
    assert "No model is on" in tool.about.text() and tool.table.rowCount() == 0


def test_distances_are_said_in_the_unit_that_suits_them():
    assert [length(m) for m in (0.0, 1.2e-8, 4.56e-7, 9.996e-7, 1e-5, 0.0012345, 0.5)] == [
        "0 nm", "12 nm", "456 nm", "1 µm", "10 µm", "1.23 mm", "500 mm",
    ]  # fmt: skip
