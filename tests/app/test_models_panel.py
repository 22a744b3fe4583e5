"""The models panel: add, duplicate with another Δ, colour, device, on and off, remove, and undo of all of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from window_fakes import FIRST, SECOND, answered, settle

from app.docks.models_panel import COLOUR_NAMES, describe
from app.look.theme import MODEL_COLOURS
from engine.experiment.rate import RatePolicy
from engine.experiment.settings import ModelChoice
from engine.models import devices
from engine.models.card import ModelCard
from engine.models.families import find_model, list_models

TRAINED = RatePolicy(mode="trained")


def menu(window, row: int):
    """The menu of a row, filled as when it opens; entries by their text."""
    window.models.rows[row].fill_menu()
    return entries(window.models.rows[row].menu)


def entries(menu):
    return {action.text(): action for action in menu.actions() if action.text()}


def marked(window):
    """What is chosen of the ways in which the first model may be run, as its menu shows it."""
    shown = [text for text, action in entries(window.models.rows[0].menu).items() if action.isChecked()]
    return [text for text in shown if "flip" not in text]


def choose(window, row: int, *path: str):
    found = menu(window, row)
    for text in path[:-1]:
        found = entries(found[text].menu())
    found[path[-1]].trigger()


def slots(window):
    return window.state.document.settings.slots


@pytest.fixture
def gpu(monkeypatch):
    """Pretend that it is known what there is: call with None for a GPU, or with why there is none."""

    def pretend(why):
        monkeypatch.setattr(devices, "asked", lambda: True)
        monkeypatch.setattr(devices, "why_no_gpu", lambda: why)
        monkeypatch.setattr(devices, "gpu_name", lambda: "NVIDIA H100")

    return pretend


def test_the_add_menu_offers_every_model_untrained_ones_apart(window):
    window.models.add.menu().aboutToShow.emit()
    top = entries(window.models.add.menu())
    rest = entries(top["Untrained"].menu()) if "Untrained" in top else {}
    assert {name for name in top if name != "Untrained"} == {e.name for e in list_models() if e.usable}
    assert set(rest) == {e.name for e in list_models() if not e.usable}
    top[SECOND].trigger()
    assert [s.choice.name for s in slots(window)] == [FIRST, SECOND]
    assert [row.name.text() for row in window.models.rows] == [FIRST, SECOND]


def test_a_duplicate_has_the_same_weights_another_delta_and_another_colour(window, models, qtbot):
    window.state.document.edit_input(subsample=4)
    choose(window, 0, "Duplicate with", "Δ as trained")
    assert [s.choice for s in slots(window)] == [ModelChoice(name=FIRST), ModelChoice(name=FIRST, rate=TRAINED)]
    assert slots(window)[0].colour != slots(window)[1].colour
    assert "Δ trained" in window.models.rows[1].about.text()
    loaded = models[FIRST]
    qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
    assert [m.delta for m in window.state.results.shown.results.models] == [4.0, 1.0]
    assert models[FIRST] is loaded


def test_menus_that_were_opened_before_are_not_kept(window):
    add, row = window.models.add.menu(), window.models.rows[0]
    for held, fill in ((add, lambda: window.models.fill_menu(add)), (row.menu, row.fill_menu)):
        counts = []
        for _ in range(3):
            fill()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            counts.append(len(held.children()))
        assert counts[1] == counts[2]


def test_a_duplicate_is_never_the_same_again(window):
    offered = entries(menu(window, 0)["Duplicate with"].menu())
    assert "Δ as set at the right" not in offered
    assert "Δ as trained" in offered
    choose(window, 0, "Δ as trained")
    offered = entries(menu(window, 0)["Duplicate with"].menu())
    assert "Δ as trained" not in offered
    assert "Δ as set at the right" in offered


def test_a_delta_of_its_own_is_marked(window):
    choose(window, 0, "Δ as trained")
    assert slots(window)[0].choice.rate == TRAINED
    menu(window, 0)
    assert marked(window) == ["Δ as trained"]


def test_a_delta_by_hand_is_dragged_in_the_menu_and_undone_at_once(window):
    menu(window, 0)
    slider = next(a for a in window.models.rows[0].menu.actions() if hasattr(a, "defaultWidget")).defaultWidget()
    for step in (4, 8, 12):
        slider.slider.setValue(step)
    assert slots(window)[0].choice.rate == RatePolicy(mode="factor", factor=2.0)
    assert "×2" in window.models.rows[0].about.text()
    assert not marked(window)
    window.actions_["undo"].trigger()
    assert slots(window)[0].choice.rate is None
    assert window.models.rows[0].about.text() == find_model(FIRST).card.training


def test_colour_is_chosen_from_the_palette_and_undone(window, qtbot):
    qtbot.waitUntil(lambda: window.state.results.shown is not None, timeout=10_000)
    choose(window, 0, "Colour", COLOUR_NAMES[3])
    assert slots(window)[0].colour == 3
    assert entries(menu(window, 0)["Colour"].menu())[COLOUR_NAMES[3]].isChecked()
    picture = window.models.rows[0].check.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert MODEL_COLOURS[3] in seen
    window.actions_["undo"].trigger()
    assert slots(window)[0].colour == 0


def test_remove_and_undo(window):
    window.state.document.add_model(ModelChoice(name=SECOND))
    choose(window, 0, "Remove")
    assert [row.name.text() for row in window.models.rows] == [SECOND]
    assert slots(window)[0].colour == 1, "the others keep their colours"
    window.actions_["undo"].trigger()
    assert [row.name.text() for row in window.models.rows] == [FIRST, SECOND]
    choose(window, 0, "Remove")
    choose(window, 0, "Remove")
    assert window.models.empty.isVisible()


def test_the_box_switches_on_and_off(window, qtbot):
    row = window.models.rows[0]
    qtbot.mouseClick(row.check, Qt.MouseButton.LeftButton)
    assert not slots(window)[0].on
    window.actions_["undo"].trigger()
    assert row.check.isChecked()
    assert slots(window)[0].on


def test_six_models_at_a_time(window, qtbot):
    for _ in range(5):
        window.state.document.add_model(ModelChoice(name=SECOND))
    qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
    settle()
    assert len(window.models.rows) == 6
    assert window.numbers.tables["models"].model().rowCount() == 7
    assert len({s.colour for s in slots(window)}) == 6


# -- device -------------------------------------------------------------------------------------------------


def test_without_a_gpu_the_menu_says_why_and_offers_nothing_else(window, gpu):
    gpu("this PyTorch was built for the CPU only")
    offered = entries(menu(window, 0)["Device"].menu())
    assert list(offered) == ["CPU", "No GPU: this PyTorch was built for the CPU only"]
    assert offered["CPU"].isChecked()
    assert not offered["No GPU: this PyTorch was built for the CPU only"].isEnabled()


def test_with_a_gpu_a_model_can_run_there_and_here(window, models, gpu, qtbot):
    gpu(None)
    before = len(models.asked)
    choose(window, 0, "Duplicate with", "Δ as trained")
    choose(window, 1, "Device", "NVIDIA H100")
    assert [s.choice.device for s in slots(window)] == ["cpu", "cuda"]
    assert window.models.rows[1].about.text().startswith("on cuda · Δ trained")
    qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
    assert models.asked[before:] == [(FIRST, "cuda")]
    assert window.status.device.text() == "CPU + CUDA"


def test_before_torch_is_there_the_menu_does_not_wait_for_it(window, monkeypatch):
    monkeypatch.setattr(devices, "asked", lambda: False)
    offered = entries(menu(window, 0)["Device"].menu())
    assert list(offered) == ["CPU", "No GPU: PyTorch is still starting"]


# -- the card -----------------------------------------------------------------------------------------------


def test_the_row_says_how_much_a_model_was_trained_and_that_another_was_not(window):
    untrained = next(e.name for e in list_models() if not e.usable)
    window.state.document.add_model(ModelChoice(name=untrained))
    settle()
    trained, fresh = window.models.rows
    assert trained.about.text() == find_model(FIRST).card.training
    assert trained.about.text().startswith("trained on ")
    assert not trained.badge.isVisible()
    assert fresh.badge.isVisible()
    assert "untrained" in fresh.toolTip()


def test_the_card_tells_everything():
    card = ModelCard(
        name="a_model",
        system="HumMUSS",
        summary="small",
        causal=True,
        follows_rate="Δ follows; space has no time.",
        params=482_121,
        params_module_held=400_000,
        macs_per_frame=7_682_368,
        trained_frames=5_541_508,
        data="some people",
        metrics={"val": {"mpjpe_mm": 61.79}, "test": {"mpjpe_mm": 41.12}, "test mpjpe_mm by category": {"walk": 27.8}},
        notes=("A <remark>.",),
    )
    said = describe(card)
    for part in ("a_model", "HumMUSS", "482\u2009121 (400\u2009000 in modules)", "7.7 M per frame",
                 "trained on 5.5 M frames", "60 Hz", "some people", "validation 61.8 mm · test 41.1 mm",
                 "causal", "Δ follows; space has no time.", "A &lt;remark&gt;."):  # fmt: skip
        assert part in said
    assert "mean nothing" in describe(card.model_copy(update={"trained_frames": 0}))


def test_an_untrained_models_size_is_known_once_it_has_run(window, models, qtbot, monkeypatch):
    untrained = next(e.name for e in list_models() if not e.usable)
    counted = find_model(untrained).card.model_copy(update={"params": 1234567})
    monkeypatch.setattr("window_fakes.model_card", lambda name: counted if name == untrained else find_model(name).card)
    window.state.document.set_level("noise_px", 0.7)  # which no other test has run it on
    window.state.document.add_model(ModelChoice(name=untrained))
    assert "1\u2009234\u2009567" not in window.models.rows[1].toolTip()
    qtbot.waitUntil(lambda: answered(window.state), timeout=10_000)
    assert "1\u2009234\u2009567" in window.models.rows[1].toolTip()


TRACKED = "ssd_poser_small"


def test_hands_are_offered_for_models_of_trackers_alone(window):
    document = window.state.document
    assert "Hands where they were seen" not in menu(window, 0)
    document.change_model(0, choice=ModelChoice(name=TRACKED), on=False)
    found = menu(window, 0)
    assert (
        found["Hands as predicted"].isChecked()
        and "least that puts a hand" in found["Hands where they were seen"].toolTip()
    )
    choose(window, 0, "Duplicate with", "Hands where they were seen")
    assert slots(window)[1].choice == ModelChoice(name=TRACKED, hands="seen")
    document.change_model(1, on=False)
    assert "seen hands" in window.models.rows[1].about.text()
    choose(window, 0, "Hands where they were seen")
    assert slots(window)[0].choice.hands == "seen" and menu(window, 0)["Hands where they were seen"].isChecked()
    choose(window, 0, "Hands as predicted")
    assert slots(window)[0].choice == ModelChoice(name=TRACKED)


def test_flip_averaging_is_offered_for_models_that_lift(window):
    document, name = window.state.document, slots(window)[0].choice.name
    assert menu(window, 0)["Without flip averaging"].isChecked()
    choose(window, 0, "Duplicate with", "Flip averaged")
    assert slots(window)[1].choice == ModelChoice(name=name, flip=True)
    document.change_model(1, on=False)
    assert "flip averaged" in window.models.rows[1].about.text()
    choose(window, 0, "Flip averaged")
    assert slots(window)[0].choice.flip and "mirrored input" in menu(window, 0)["Flip averaged"].toolTip()
    document.change_model(0, choice=ModelChoice(name=TRACKED), on=False)
    assert "Flip averaged" not in menu(window, 0)
