"""The experiment dock's further stresses: from slider to results and back, and the part that hides them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_stress import DIM, added
from window_fakes import FIRST, settle

from app.docks.properties import Properties
from app.state.settings import Slot
from app.state.state import State
from app.workers.rate_bench import questions
from engine.experiment.rate import RatePolicy
from engine.experiment.settings import ModelChoice
from engine.models.families import find_model
from engine.stress.catalogue import STRESSES


@pytest.fixture
def wait(qtbot, window):
    def answered():
        shown = window.state.results.shown
        return shown is not None and shown.settings == window.state.document.settings

    def wait_for_results():
        qtbot.waitUntil(answered, timeout=10_000)
        settle()

    return wait_for_results


def test_more_stress_opens_on_demand_and_says_what_is_on(window, wait):
    more, p = window.properties.more, window.properties
    assert not p.stresses["limbs"].isVisible() and more.note.text() == ""
    more.button.click()
    assert (
        p.stresses["limbs"].isVisible()
        and p.stresses["drop"].isVisible()
        and not p.choices["bar_direction"].isEnabled()
    )
    p.stresses["limbs"].slider.setValue(20)
    p.stresses["bar"].slider.setValue(10)
    assert p.choices["bar_direction"].isVisible() and p.choices["bar_direction"].isEnabled()
    wait()
    assert not more.note.isVisible()
    more.button.click()
    assert more.note.isVisible() and more.note.text() == "2 on"
    window.properties.reset.click()
    wait()
    assert more.note.text() == "" and p.stresses["limbs"].slider.value() == 0
    assert p.choices["bar_direction"].buttons["upright"].isChecked()


def test_hidden_limbs_and_the_bar_reach_the_models(window, wait):
    p = window.properties
    p.stresses["limbs"].slider.setValue(50)
    wait()
    hidden = window.state.results.shown.results.kept.confidence == 0
    assert 0.3 < hidden[:, [2, 3, 5, 6, 12, 13, 15, 16]].mean() < 0.7 and not hidden[:, 0].any()
    p.stresses["limbs"].slider.setValue(0)
    p.stresses["bar"].slider.setValue(30)
    p.choices["bar_direction"].buttons["level"].click()
    wait()
    assert window.state.results.shown.results.kept.confidence[:, 0].min() == 0
    assert window.state.document.settings.input.options == {"bar_direction": "level"}


def test_dropped_frames_and_jitter_give_each_frame_its_own_delta(window, models, wait):
    p = window.properties
    assert not p.nominal.isEnabled()  # regular sampling knows one Δ
    p.stresses["drop"].slider.setValue(40)
    p.stresses["clock_jitter"].slider.setValue(20)
    wait()
    results = window.state.results.shown.results
    assert results.frames == 120 - round(0.4 * 119) and results.models[0].delta == "per frame"
    assert np.std(np.diff(results.times)) > 0.005
    assert "per frame" in p.delta.value_label.text() and p.nominal.isEnabled()
    p.nominal.click()
    wait()
    assert window.state.document.settings.rate == RatePolicy(mode="nominal")
    assert window.state.results.shown.results.models[0].delta == models[FIRST].rates[-1] == pytest.approx(1.0, abs=0.35)
    assert p.mode.buttons["auto"].isChecked() and "per frame" not in p.delta.value_label.text()
    p.mode.buttons["trained"].click()
    assert not p.nominal.isChecked() and not p.nominal.isEnabled()
    p.mode.buttons["auto"].click()
    assert not p.nominal.isChecked() and p.nominal.isEnabled()


def test_a_stress_from_outside_has_a_slider_and_a_question(qtbot):
    with added(DIM):
        panel = Properties(State())
        qtbot.addWidget(panel)
        slider = panel.stresses["dim"]
        assert (slider.name.text(), slider.toolTip(), slider.slider.maximum()) == (DIM.label, DIM.slider.tip, 90)
        slider.slider.setValue(25)
        assert slider.value() == 0.25 and slider.value_label.text() == "25 %"
        asked = questions()["dim"]
        assert (asked.group, asked.text, asked.levels, asked.say(0.25)) == ("Light", "Dim light", DIM.levels, "25 %")


TRACKER_STRESSES = {"tracker_noise_mm", "lost_hands", "hand_drift_cm"}
VIEW_STRESSES = {"dropped_cameras", "turned_camera_deg", "late_camera_ms", "blind_camera"}


def offered(panel: Properties) -> set[str]:
    return {field for field, slider in panel.stresses.items() if not slider.isHidden()}


def choose(state: State, *names: str) -> None:
    state.document.settings = replace(
        state.document.settings, slots=tuple(Slot(ModelChoice(name=name), k) for k, name in enumerate(names))
    )


def test_only_stresses_of_what_the_models_observe_are_offered(qtbot):
    state = State()
    panel = Properties(state)
    qtbot.addWidget(panel)
    of_keypoints = set(STRESSES) - TRACKER_STRESSES - VIEW_STRESSES
    assert offered(panel) == of_keypoints, "without any model, those of keypoints"
    choose(state, "hummuss_small", "hummuss_small_causal")
    assert offered(panel) == of_keypoints
    choose(state, "hummuss_small", "triangulation")
    assert offered(panel) == of_keypoints | VIEW_STRESSES
    choose(state, "hummuss_small", "ssd_poser_small")
    assert offered(panel) == of_keypoints | TRACKER_STRESSES
    panel.stresses["bar"].slider.setValue(10)
    panel.stresses["lost_hands"].slider.setValue(40)
    panel.stresses["hand_drift_cm"].slider.setValue(4)
    assert not panel.choices["bar_direction"].isHidden() and panel.more.note.text() == "2 on"
    assert state.document.settings.input.levels == {"bar": 0.1, "lost_hands": 0.4, "hand_drift_cm": 2.0}
    choose(state, "ssd_poser_small")
    assert offered(panel) == TRACKER_STRESSES | {"drop", "clock_jitter"}
    assert panel.choices["bar_direction"].isHidden() and panel.more.note.text() == "1 on"
    assert panel.stresses["hand_drift_cm"].value_label.text() == "2 cm"


def test_the_note_on_delta_says_what_is_true_in_each_mode(window, wait):
    panel = window.properties

    def said(**policy) -> str:
        window.state.document.set_rate(RatePolicy(**policy))
        return panel.follows.text()

    own = find_model(FIRST).card
    assert said(mode="auto") == own.follows_rate
    assert "stays as it was learned at 60 Hz" in said(mode="trained") and "follows" not in panel.follows.text()
    assert said(mode="factor", factor=2.5) == "Δ is ×2.50 the trained one, whatever the frame rate."
    assert "median period" in said(mode="nominal")
    assert said(mode="resample") == "Input resampled to 60 Hz."
    assert said(mode="resample", factor=2.0) == "Input resampled to 60 Hz, and Δ is ×2.00 the trained one."
    window.state.document.change_model(0, choice=ModelChoice(name="motionbert_small"))
    counts = find_model("motionbert_small").card.follows_rate
    assert said(mode="trained") == said(mode="factor", factor=2.0) == counts, "there is no Δ to set"
    window.state.document.change_model(0, choice=ModelChoice(name=FIRST, rate=RatePolicy(mode="trained")))
    assert "stays" in said(mode="auto"), "its own policy"


def test_resampling_is_ticked_and_no_step_is_chosen_then(window, wait):
    panel = window.properties
    panel.resample.click()
    assert window.state.document.settings.rate.mode == "resample"
    assert not any(button.isChecked() for button in panel.mode.buttons.values())
    panel.mode.buttons["trained"].click()
    assert window.state.document.settings.rate.mode == "trained" and not panel.resample.isChecked()
    wait()
