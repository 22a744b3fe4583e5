"""Bookmarks in the window: the list, the marks on the bar, the keys, the session."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip
from window_fakes import settle

from app.commands.file import open_path, save_session
from app.docks.bookmarks import NOTE, TIME
from app.look.theme import THEMES
from app.state.settings import Bookmark


@pytest.fixture
def marked(window):
    """Bookmarks at 20 (no note), 60 and 90."""
    for frame, note in ((60, "knee bends"), (20, ""), (90, "<b>end</b>")):
        window.state.document.set_bookmark(frame, note)
    settle()
    return window


def rows(window):
    table = window.bookmarks.table
    return [tuple(table.item(row, column).text() for column in (TIME, NOTE)) for row in range(table.rowCount())]


def write(qtbot, text):
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settle()


def test_an_empty_list_explains_itself(window):
    assert not window.bookmarks.empty.isHidden()
    assert "K marks the frame" in window.bookmarks.empty.text()
    assert window.bookmarks.table.isHidden()
    assert not window.actions_["bookmark_on"].isEnabled()


def test_k_marks_the_frame_and_takes_a_note(window, qtbot):
    window.state.moment.set_frame(44)
    qtbot.keyClick(window, "k")
    assert window.docks["bookmarks"].isVisible()
    write(qtbot, "hand goes up")
    assert window.state.document.bookmarks == (Bookmark(44, "hand goes up"),)
    assert rows(window) == [("0:00.73", "hand goes up")]
    assert not isinstance(QApplication.focusWidget(), QLineEdit)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert window.state.moment.frame == 45  # the keys belong to the window again


def test_k_on_a_marked_frame_changes_its_note(marked, qtbot):
    marked.state.moment.set_frame(60)
    qtbot.keyClick(marked, "k")
    write(qtbot, "both knees")
    assert marked.state.document.bookmarks[1] == Bookmark(60, "both knees")


def test_esc_leaves_the_note_as_it_was(marked, qtbot):
    marked.state.moment.set_frame(60)
    qtbot.keyClick(marked, "k")
    qtbot.keyClicks(QApplication.focusWidget(), "no")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert marked.state.document.bookmarks[1] == Bookmark(60, "knee bends")


def test_k_while_it_plays_marks_and_goes_on_playing(window, qtbot):
    window.state.moment.set_playing(True)
    qtbot.keyClick(window, "k")
    assert window.state.moment.playing
    assert len(window.state.document.bookmarks) == 1
    assert not isinstance(QApplication.focusWidget(), QLineEdit)


def test_n_goes_along_the_bookmarks(marked, qtbot):
    marked.state.moment.set_playing(True)
    seen = []
    for modifier in (Qt.KeyboardModifier.NoModifier,) * 4 + (Qt.KeyboardModifier.ShiftModifier,) * 2:
        qtbot.keyClick(marked, "n", modifier)
        seen.append(marked.state.moment.frame)
    assert seen == [20, 60, 90, 20, 90, 60]
    assert not marked.state.moment.playing


def test_a_click_in_the_list_goes_there_and_the_list_follows_the_frame(marked, qtbot):
    marked.docks["bookmarks"].show()
    marked.docks["bookmarks"].raise_()
    settle()
    panel, table = marked.bookmarks, marked.bookmarks.table
    place = table.visualItemRect(table.item(2, NOTE)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert marked.state.moment.frame == 90
    marked.state.moment.set_frame(20)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [0]
    assert panel.remove.isEnabled()
    marked.state.moment.set_frame(21)
    assert not table.selectionModel().selectedRows()
    assert not panel.remove.isEnabled()


def test_a_bookmark_is_removed_and_brought_back(marked, qtbot):
    before = marked.state.document.bookmarks
    marked.state.moment.set_frame(60)
    marked.bookmarks.remove.click()
    settle()
    assert [b.frame for b in marked.state.document.bookmarks] == [20, 90]
    assert "Ctrl+Z" in marked.state.results.message.text
    marked.actions_["undo"].trigger()
    settle()
    assert marked.state.document.bookmarks == before
    assert [note for _, note in rows(marked)] == ["", "knee bends", "<b>end</b>"]


@pytest.fixture
def table(marked):
    """The list, with the second bookmark selected and the focus on it."""
    marked.docks["bookmarks"].show()
    marked.docks["bookmarks"].raise_()
    settle()
    table = marked.bookmarks.table
    table.setFocus()
    table.setCurrentCell(1, NOTE)
    return table


def test_del_in_the_list_removes(marked, table, qtbot):
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert [b.frame for b in marked.state.document.bookmarks] == [20, 90]


def test_del_removes_nothing_while_nothing_is_selected(marked, table, qtbot):
    marked.state.moment.set_frame(21)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert [b.frame for b in marked.state.document.bookmarks] == [20, 60, 90]


def test_marks_stand_on_the_bar_and_a_click_goes_exactly_there(marked, qtbot):
    bar = marked.timeline.bar
    ink = THEMES["dark"].text
    image = bar.grab().toImage()
    for frame in (20, 60, 90):
        x = round(bar._x(float(marked.state.document.clip.times[frame])))
        assert image.pixelColor(x, 2).name() == ink
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(x + 3, 4))
        assert marked.state.moment.frame == frame


def test_a_note_is_a_tooltip_and_never_markup(marked, monkeypatch):
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    bar = marked.timeline.bar
    for x in (bar._x(float(marked.state.document.clip.times[90])), bar._x(1.2)):
        point = QPointF(x, 5)
        none = Qt.MouseButton.NoButton
        moved = QMouseEvent(QEvent.Type.MouseMove, point, bar.mapToGlobal(point), none, none, Qt.KeyboardModifier(0))
        QApplication.sendEvent(bar, moved)
    notes = [text.split("<br><span")[0] for text in said]  # what follows are the models' errors
    assert notes == ["0:01.50<br>&lt;b&gt;end&lt;/b&gt;", "0:01.20"]


def test_bookmarks_are_saved_in_the_session(marked, qtbot, tmp_path):
    save_session(marked.desk, tmp_path / "s.json")
    assert json.loads((tmp_path / "s.json").read_text())["view"]["bookmarks"][1] == {"frame": 60, "note": "knee bends"}
    before = marked.state.document.bookmarks
    marked.state.document.restore_bookmarks(())
    open_path(marked.desk, str(tmp_path / "s.json"))
    qtbot.waitUntil(lambda: marked.state.document.bookmarks == before, timeout=10_000)
    settle()
    assert len(rows(marked)) == 3
