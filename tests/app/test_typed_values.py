"""Sliders by keyboard, by typing and by presets; and a panel that stays where it is under the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from window_fakes import settle

from app.widgets.sliders import ValueSlider
from app.widgets.typed_value import typed_number

Key = Qt.Key


@pytest.mark.parametrize(
    ("text", "number"),
    [("7.5 Hz", 7.5), ("7,5", 7.5), ("1 in 8", 8.0), ("×2.5", 2.5), ("30 %", 30.0), ("", None), ("fast", None),
     ("-3", -3.0), (".5", 0.5)],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(text, number):
    assert typed_number(text) == number


@pytest.fixture
def slider(qtbot):
    made = ValueSlider(
        "Noise", (0, 20), 0, lambda v: f"{v:.1f} px", to_value=lambda s: s / 2, to_step=lambda v: round(2 * v)
    )
    qtbot.addWidget(made)
    made.resize(260, 50)
    made.show()
    return made


@pytest.mark.parametrize(("typed", "value"), [("3.5", 3.5), ("400", 10.0), ("-2", 0.0), ("much", 0.0)])
def test_a_value_can_be_typed(slider, qtbot, typed, value):
    qtbot.mouseClick(slider.value_label, Qt.MouseButton.LeftButton)
    assert slider.line.isVisible()
    qtbot.keyClicks(slider.line, typed)
    qtbot.keyClick(slider.line, Key.Key_Return)
    assert slider.value() == value and not slider.line.isVisible()


def test_escape_leaves_the_value(slider, qtbot):
    slider.type_value("4")
    qtbot.mouseClick(slider.value_label, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(slider.line, "9")
    qtbot.keyClick(slider.line, Key.Key_Escape)
    assert slider.value() == 4.0 and not slider.line.isVisible()


def test_a_slider_with_the_focus_has_the_arrows_and_without_it_the_window(window, qtbot):
    rate = window.properties.rate.slider
    rate.setFocus()
    qtbot.keyClick(rate, Key.Key_Right)
    assert window.state.document.settings.input.subsample == 2 and window.state.moment.frame == 0
    qtbot.keyClick(rate, Key.Key_End)
    assert window.state.document.settings.input.subsample == 16
    window.stage.viewport.setFocus()
    qtbot.mouseClick(rate, Qt.MouseButton.LeftButton, pos=QPoint(round(rate.place(4)), rate.height() // 2))
    assert not rate.hasFocus(), "a drag leaves the keys to the window"
    qtbot.keyClick(window, Key.Key_Right)
    assert window.state.moment.frame == 1


def test_presets_are_rates(window):
    panel, document = window.properties, window.state.document
    assert [key for key, button in panel.presets.buttons.items() if button.isChecked()] == ["60"]
    panel.presets.buttons["7.5"].click()
    assert document.settings.input.subsample == 8
    panel.rate.slider.setValue(4)
    assert [key for key, button in panel.presets.buttons.items() if button.isChecked()] == ["15"]
    panel.rate.slider.setValue(3)
    assert not any(button.isChecked() for button in panel.presets.buttons.values())
    panel.rate.type_value("30 Hz")
    assert document.settings.input.subsample == 2
    panel.rate.type_value("1 in 5")
    assert document.settings.input.subsample == 5


def test_percentages_and_factors_can_be_typed(window):
    panel, document = window.properties, window.state.document
    panel.stresses["mask"].type_value("20 %")
    assert document.settings.input.level("mask") == pytest.approx(0.2)
    panel.delta.type_value("×2")
    assert document.settings.rate.factor == pytest.approx(2.0)
    panel.delta.type_value("0")
    assert document.settings.rate.factor == pytest.approx(2.0**-4), "the least there is"


def test_nothing_moves_under_the_mouse_while_settings_change(window):
    panel = window.properties
    panel.more.button.setChecked(True)
    settle()

    def places():
        QApplication.processEvents()
        shown = [panel.mode, panel.nominal, *panel.stresses.values(), *panel.choices.values()]
        return [widget.mapTo(panel.widget(), QPoint()).y() for widget in shown if widget.isVisible()]

    panel.mode.buttons["trained"].click()
    before = places()
    for change in (
        lambda: panel.mode.buttons["auto"].click(),
        lambda: panel.mode.buttons["factor"].click(),
        lambda: panel.resample.click(),
        *(lambda s=s: s.slider.setValue(3) for s in panel.stresses.values()),
    ):
        change()
        assert places() == before
    panel.more.button.setChecked(False)
