"""What a new user tries: keys in fields, files one after the other, clicks beside, pictures of the window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

Key = Qt.Key


def fields(window):
    card = window.clip_card
    card.more.button.setChecked(True)
    return {"frame": window.timeline.frame, "rate": card.rate, "height": card.body_height}


@pytest.mark.parametrize("name", ["frame", "rate", "height"])
@pytest.mark.parametrize("key", [Key.Key_Escape, Key.Key_Return, Key.Key_Enter])
def test_number_fields_give_the_keyboard_back(window, qtbot, name, key):
    field = fields(window)[name]
    before = field.text()
    field.setFocus()
    field.selectAll()
    assert field.hasFocus()
    if key == Key.Key_Escape:
        qtbot.keyClicks(field, "1")
    qtbot.keyClick(field, key)
    assert not field.hasFocus() and field.text() == before


def test_escape_takes_back_what_was_typed_and_cancels_nothing(window, qtbot):
    field = window.timeline.frame
    window.state.results.say("A sentence.", error=True)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "77")
    qtbot.keyClick(field, Key.Key_Escape)
    assert window.state.moment.frame == 0 and window.state.results.message is not None


@pytest.mark.parametrize("name", ["frame", "rate", "height"])
def test_space_never_empties_a_number_but_plays(window, qtbot, name):
    field = fields(window)[name]
    before = field.text()
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Key.Key_Space)
    assert field.text() == before
    assert window.state.moment.playing
    window.state.moment.set_playing(False)
    QApplication.processEvents()


@pytest.mark.parametrize(("typed", "frame"), [("9999", 119), ("120", 119), ("119", 119), ("7", 7)])
def test_a_frame_beyond_the_end_is_the_last_one(window, qtbot, typed, frame):
    window.actions_["go_to"].trigger()
    qtbot.keyClicks(window.timeline.frame, typed)
    qtbot.keyClick(window.timeline.frame, Key.Key_Return)
    assert window.state.moment.frame == frame and window.timeline.frame.text() == str(frame)
