"""Live trackers, in their window: from a socket to the 3D view."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from live_fakes import free_port, listens, sending, swaying
from tool_fakes import state_with

from app.dialogs.live_trackers import LiveTrackersWindow
from app.present.live import counts_of, state_of
from engine.experiment.loaded import load

MODEL = "ssd_poser_small_causal"


@pytest.fixture
def tool(open_tool):
    made = open_tool(LiveTrackersWindow, state_with(frames=10), load)
    made.model.setCurrentText(MODEL)
    made.port.setValue(free_port())
    return made


def running(tool):
    return lambda: tool.run is not None and tool.run.state == "running"


def test_it_offers_models_of_trackers_and_listens_to_this_computer(tool):
    names = [tool.model.itemText(k) for k in range(tool.model.count())]
    assert MODEL in names and "hummuss_small" not in names
    assert tool.address.currentData() == "127.0.0.1"
    assert tool.said.text() == "Stopped." and not tool.button.isEnabled()


def test_from_the_socket_to_the_view(tool, qtbot):
    tool.bar.button.click()
    assert not tool.port.isEnabled()
    qtbot.waitUntil(running(tool), timeout=60_000)
    qtbot.waitUntil(lambda: "Listening on 127.0.0.1" in tool.said.text(), timeout=5_000)
    sending(swaying(90), tool.port.value())
    qtbot.waitUntil(lambda: bool(tool.viewport.views[0]), timeout=20_000)
    qtbot.waitUntil(lambda: tool.run.tracks[0].latency.count + tool.run.tracks[0].dropped >= 90, timeout=20_000)
    qtbot.waitUntil(lambda: tool._shown is tool.run.tracks[0].latest, timeout=5_000)
    (item,) = tool.viewport.views[0]
    newest = tool.run.tracks[0].latest.prediction
    assert np.array_equal(item.at(0.0).joints[0], newest.root[0])
    qtbot.waitUntil(lambda: "Nobody sends" in tool.said.text(), timeout=5_000)
    for part in ("predictions a second", "(p50)", "(p95)", "dropped", "0 missing"):
        assert part in tool.figures.text()
    tool.bar.button.click()
    assert tool.run.state == "stopped" and not listens(tool.port.value())
    assert tool.said.text() == "Stopped." and tool.port.isEnabled()


def test_a_lost_tracker_and_a_calibration_that_saw_nobody_are_told(tool, qtbot):
    tool.bar.button.click()
    qtbot.waitUntil(running(tool), timeout=60_000)
    tool.button.click()
    assert "No tracker was heard of yet" in tool.calibrated.text()
    signals = swaying(120)
    signals.valid[:, 2] = False
    sending(signals, tool.port.value())
    qtbot.waitUntil(lambda: tool.said.text() == "Right hand lost, bridged.", timeout=20_000)


def test_a_port_that_is_taken_is_told(tool, qtbot):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        tool.port.setValue(other.getsockname()[1])
        tool.bar.button.click()
        qtbot.waitUntil(lambda: "cannot be listened to" in tool.said.text(), timeout=60_000)
        assert not tool.bar.running


def test_closing_it_stops_it(tool, qtbot):
    tool.bar.button.click()
    qtbot.waitUntil(running(tool), timeout=60_000)
    tool.close()
    assert tool.run.state == "stopped" and not listens(tool.port.value())


def test_words_without_a_run():
    assert (state_of(None), counts_of(None)) == ("Stopped.", "")
