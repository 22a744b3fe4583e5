"""The state inspector: it draws what the engine reads off, and moves with Δ."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from tool_fakes import BOTH, CAUSAL, Small, state_with

from app.dialogs.state_inspector import StateInspector
from app.present.wording import duration
from engine.experiment.rate import RatePolicy
from engine.ssm.inspect import memory_horizons


@pytest.fixture
def make(open_tool):
    def build(*models):
        state, load = state_with(*models), Small()
        return open_tool(StateInspector, state, load), state, load

    return build


@pytest.fixture
def answered(qtbot):
    """Wait until the answer fits `holds` and, where something happens over the clip, that is drawn."""

    def wait(tool, holds=lambda answer: True):
        def done():
            answer = tool._answer
            drawn = answer is None or not answer.happens or bool(tool.over_clip._curves)
            return answer is not None and holds(answer) and drawn

        qtbot.waitUntil(done, timeout=60_000)
        return tool._answer

    return wait


def horizons_s(tool):
    """The horizons that the memory plot shows."""
    x = tool.memory._channels.getData()[0]
    return 10.0 ** x[1:-1:2]


def choose(tool, title):
    tool.layer.setCurrentText(title)
    tool.layer.activated.emit(tool.layer.currentIndex())


def test_it_shows_what_the_engine_reads_off_the_first_ssm_along_time(make, answered):
    tool, _, load = make(CAUSAL)
    answer = answered(tool)
    network = load(CAUSAL, "cpu").network
    assert [tool.layer.itemText(k) for k in range(tool.layer.count())] == [x.title for x in network.ssm_layers()]
    assert tool.layer.currentText() == answer.layer.title == "Layer 1 · time, after the joints"
    expected = np.sort(memory_horizons(network.layers[0].st_time.ssm)) / 60
    assert horizons_s(tool) == pytest.approx(expected)
    assert duration(float(np.median(expected))) in tool.about.text()
    (curve,) = tool.over_clip._curves
    assert len(curve.values) == 60 and np.all(curve.values > 0)
    assert threading.get_ident() not in load.threads[:1]


def test_seconds_stay_when_delta_follows_the_rate_and_move_when_it_is_set_by_hand(make, answered):
    tool, state, _ = make(CAUSAL)
    answered(tool)
    before = horizons_s(tool)
    state.document.edit_input(subsample=4)
    answered(tool, lambda a: a.rate == 4)
    assert horizons_s(tool) == pytest.approx(before)
    assert len(tool.over_clip._curves[0].values) == 15
    state.document.set_rate(RatePolicy(mode="factor", factor=8.0))
    answered(tool, lambda a: a.rate == 8)
    assert horizons_s(tool) == pytest.approx(before / 2)
    trained, now = tool.steps._trained.getData()[1], tool.steps._now.getData()[1]
    assert now - trained == pytest.approx(np.full(len(now), np.log10(8)))


@pytest.mark.slow
def test_an_ssm_along_the_joints_says_that_it_has_no_time(make, answered):
    tool, _, _ = make(BOTH)
    answered(tool)
    choose(tool, "Layer 1 · joints, first · backwards")
    answered(tool, lambda a: a.layer.axis == "joints")
    assert tool.pages.currentIndex() == 1 and "no time" in tool.empty.text()
    choose(tool, "Layer 1 · time, first · backwards")
    answered(tool, lambda a: a.layer.title.endswith("backwards") and a.layer.axis == "time")
    assert tool.pages.currentIndex() == 0


def test_a_model_without_an_ssm_says_so(make, answered):
    tool, _, _ = make("motionbert_small")
    answered(tool)
    assert "no state space model" in tool.empty.text() and not tool.layer.isEnabled()


def test_a_selective_ssm_shows_the_delta_that_its_input_chose(make, answered):
    tool, _, _ = make("sasmamba")
    answered(tool)
    assert [curve.name for curve in tool.over_clip._curves][1::2] == ["median", "mean over joints and channels"]
    assert all(len(curve.values) == 60 for curve in tool.over_clip._curves)
    assert not tool.kernels.isVisible() and "not a step in time" in tool.about.text()


def test_a_selected_joint_has_its_own_curve_and_the_cursor_follows_the_frame(make, answered, qtbot):
    tool, state, _ = make(CAUSAL)
    answered(tool)
    state.view.selection = 3
    assert [curve.name for curve in tool.over_clip._curves] == ["mean of the joints", "right ankle"]
    state.moment.set_frame(30)
    qtbot.waitUntil(lambda: tool.over_clip.cursor_line.value() == pytest.approx(0.5), timeout=5000)


def test_it_follows_the_models_of_the_panel(make, answered):
    tool, state, _ = make(CAUSAL, BOTH)
    answered(tool)
    tool.model.setCurrentIndex(1)
    tool.model.activated.emit(1)
    answered(tool, lambda a: a.question.choice.name == BOTH)
    state.document.remove_model(1)
    answered(tool, lambda a: a.question.choice.name == CAUSAL)
    state.document.remove_model(0)
    assert "add one" in tool.empty.text()


def test_durations_are_said_shortly():
    said = [duration(s) for s in (1e-3, 1 / 60, 0.0994, 0.0995, 0.266, 1.0, 9.94, 9.95, 63.2, 120)]
    assert said == ["1 ms", "17 ms", "99 ms", "0.1 s", "0.27 s", "1 s", "9.9 s", "10 s", "63 s", "120 s"]
