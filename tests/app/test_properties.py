"""The experiment dock's further stresses: from slider to results and back, and the part that hides them."""

from __future__ import annotations

import numpy as np
import pytest
from window_fakes import FIRST, settle

from engine.experiment.settings import DeltaSetting


@pytest.fixture
def wait(qtbot, window):
    def answered():
        shown = window.state.shown
        return shown is not None and shown.settings == window.state.settings

    def wait_for_results():
        qtbot.waitUntil(answered, timeout=10_000)
        settle()

    return wait_for_results


def test_more_stress_opens_on_demand_and_says_what_is_on(window, wait):
    more, p = window.properties.more, window.properties
    assert not p.limbs.isVisible() and more.note.text() == ""
    more.button.click()
    assert p.limbs.isVisible() and p.drop.isVisible() and not p.bar_direction.isVisible()
    p.limbs.slider.setValue(20)
    p.bar.slider.setValue(10)
    assert p.bar_direction.isVisible()
    wait()
    assert not more.note.isVisible()
    more.button.click()
    assert more.note.isVisible() and more.note.text() == "2 on"
    window.properties.reset.click()
    wait()
    assert more.note.text() == "" and p.limbs.slider.value() == 0
    assert p.bar_direction.buttons["upright"].isChecked()


def test_hidden_limbs_and_the_bar_reach_the_models(window, wait):
    p = window.properties
    p.limbs.slider.setValue(50)
    wait()
    hidden = window.state.shown.results.keypoints.confidence == 0
    assert 0.3 < hidden[:, [2, 3, 5, 6, 12, 13, 15, 16]].mean() < 0.7 and not hidden[:, 0].any()
    p.limbs.slider.setValue(0)
    p.bar.slider.setValue(30)
    p.bar_direction.buttons["level"].click()
    wait()
    assert window.state.shown.results.keypoints.confidence[:, 0].min() == 0
    assert window.state.settings.input.bar_direction == "level"


def test_dropped_frames_and_jitter_give_each_frame_its_own_delta(window, models, wait):
    p = window.properties
    assert not p.nominal.isEnabled()  # regular sampling knows one Δ
    p.drop.slider.setValue(40)
    p.jitter.slider.setValue(20)
    wait()
    results = window.state.shown.results
    assert results.frames == 120 - round(0.4 * 119) and results.models[0].delta == "per frame"
    assert np.std(np.diff(results.times)) > 0.005
    assert "per frame" in p.delta.value_label.text() and p.nominal.isEnabled()
    p.nominal.click()
    wait()
    assert window.state.settings.delta == DeltaSetting(mode="nominal")
    assert window.state.shown.results.models[0].delta == models[FIRST].rates[-1] == pytest.approx(1.0, abs=0.35)
    assert p.mode.buttons["auto"].isChecked() and "per frame" not in p.delta.value_label.text()
    p.mode.buttons["trained"].click()
    assert not p.nominal.isChecked() and not p.nominal.isEnabled()
    p.mode.buttons["auto"].click()
    assert not p.nominal.isChecked() and p.nominal.isEnabled()
