"""What a new user tries: keys in fields, files one after the other, clicks beside, pictures of the window."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QMenu
from window_fakes import answered, settle, swaying

from app.commands import file
from app.docks.clip_card import ClipCard
from app.state.clip import LoadedClip, Reader
from app.state.state import State
from app.window import first_size, inside
from engine.data import registry
from engine.data.formats.kinestate_npz import save_clip
from engine.data.registry import unpack

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


def open_far_away(window, qtbot, folder, name="far"):
    """A clip 40 m away and half as large."""
    clip = swaying(40, name=name)
    save_clip(folder / f"{name}.npz", replace(clip, positions=0.5 * clip.positions + [40.0, 0.0, 0.0]))
    file.open_path(window.desk, str(folder / f"{name}.npz"))
    qtbot.waitUntil(lambda: window.state.document.clip.name == name, timeout=30_000)


@pytest.mark.parametrize("linked", [True, False])
def test_a_newly_opened_clip_is_framed_whatever_was_done_to_the_camera(window, qtbot, tmp_path, linked):
    viewport = window.stage.viewport
    window.state.view.follow, window.state.view.linked = False, linked
    viewport.set_orbit(viewport.orbit.moved(np.array([5.0, 5.0, 0.0])).zoomed(3.0))
    moved = viewport.orbit
    window.state.set_clip(replace(window.state.document.clip))
    assert viewport.orbit == moved, "the same clip once more"
    open_far_away(window, qtbot, tmp_path)
    camera = viewport.camera()
    pixels, depth = camera.project(window.state.document.clip.truth.reshape(-1, 3))
    assert (depth > 0).all() and (pixels >= 0).all() and (pixels <= camera.image_size).all()
    height = np.ptp(pixels[:, 1])
    assert height > 0.3 * camera.image_size[1]


@pytest.mark.parametrize("screen", [(1920, 1080), (2560, 1400), (1280, 720), (960, 540), (1366, 728)])
def test_the_window_fits_its_screen_with_its_title_bar(window, screen):
    first = first_size(QSize(*screen))
    assert first.width() <= screen[0] and first.height() <= screen[1] - 30
    least = window.minimumSizeHint()
    assert least.width() <= first.width() and least.height() <= first.height(), "a screen of twice the density"


def test_a_window_that_was_left_on_a_larger_screen_comes_back():
    screen = QRect(0, 0, 960, 540)
    for frame in (QRect(1500, 700, 1280, 720), QRect(-40, -30, 300, 200), QRect(900, 500, 100, 100)):
        assert screen.contains(inside(frame, screen))
    assert inside(QRect(10, 20, 100, 100), screen) == QRect(10, 20, 100, 100)


def test_a_screenshot_is_taken_without_the_message(window):
    def is_red(picture) -> bool:
        colour = picture.toImage().pixelColor(window.centralWidget().geometry().topLeft() + QPoint(4, 4))
        return colour.red() > 2 * colour.green()

    window.state.results.say("Something went wrong.", "its details")
    settle()
    assert is_red(window.grab())
    assert not is_red(file.picture_of(window.desk))
    assert window.state.results.message.text == "Something went wrong.", "it is still to be read"
    settle()
    assert is_red(window.grab())


def test_the_clip_card_comes_forward_when_a_clip_is_opened(window, qtbot, tmp_path):
    window.actions_["bookmark"].trigger()
    assert window.clip_card.visibleRegion().isEmpty()
    open_far_away(window, qtbot, tmp_path, "next")
    settle()
    assert not window.clip_card.visibleRegion().isEmpty()


def test_choosing_what_is_chosen_does_nothing(window, qtbot):
    card, document = window.clip_card, window.state.document
    before = document.clip
    with qtbot.assertNotEmitted(card.read_again):
        for box in (card.unit, card.up):
            box.activated.emit(box.currentIndex())
        card.rate.setValue(card.rate.value())
    card.camera.activated.emit(card.camera.currentIndex())
    for button in window.properties.mode.buttons.values():
        if button.isChecked():
            button.click()
    assert document.clip is before and document.history == (False, False)
    with qtbot.waitSignal(card.read_again):
        card.unit.setCurrentText("cm")
        card.unit.activated.emit(card.unit.currentIndex())
    qtbot.waitUntil(lambda: document.clip is not before, timeout=30_000)


def test_choosing_the_clip_that_is_shown_does_nothing(qtbot):
    state = State()
    card = ClipCard(state)
    qtbot.addWidget(card)
    state.set_clip(LoadedClip("folder", Reader(), swaying(name="b"), siblings=("a", "b")))
    assert card.siblings.currentText() == "b"
    with qtbot.assertNotEmitted(card.read_again):
        card.siblings.activated.emit(1)
    card.siblings.setCurrentText("a")
    with qtbot.waitSignal(card.read_again) as asked:
        card.siblings.activated.emit(0)
    assert asked.args == [Reader(select="a")]


def test_a_click_beside_everybody_lets_go_of_a_joint(window):
    viewport = window.stage.viewport
    window.state.view.selection = 13
    viewport.click((3.0, viewport.height() - 3.0))
    assert window.state.view.selection is None


def test_page_keys_go_along_the_clips_of_an_archive_which_is_unpacked_once(window, qtbot, tmp_path, monkeypatch):
    unpacked = []
    monkeypatch.setattr(registry, "unpack", lambda *args: (unpacked.append(args), unpack(*args)))
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as archive:
        for name in ("a", "b", "c"):
            save_clip(tmp_path / f"{name}.npz", swaying(30, name=name))
            archive.write(tmp_path / f"{name}.npz", f"{name}.npz")
    assert not window.actions_["next_clip"].isEnabled()
    file.open_path(window.desk, str(tmp_path / "clips.zip"))
    shown = lambda: window.state.document.clip.name  # noqa: E731
    qtbot.waitUntil(lambda: shown() == "a", timeout=30_000)
    for key, name in ((Key.Key_PageDown, "b"), (Key.Key_PageDown, "c"), (Key.Key_PageUp, "b")):
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda name=name: shown() == name, timeout=30_000)
    window.actions_["next_clip"].trigger()
    qtbot.waitUntil(lambda: shown() == "c", timeout=30_000)
    window.actions_["next_clip"].trigger()  # the last one
    assert len(unpacked) == 1
    save_clip(tmp_path / "d.npz", swaying(30, name="d"))
    with zipfile.ZipFile(tmp_path / "clips.zip", "a") as archive:
        archive.write(tmp_path / "d.npz", "d.npz")
    window.actions_["previous_clip"].trigger()
    qtbot.waitUntil(lambda: len(window.state.document.clip.siblings) == 4, timeout=30_000)
    assert len(unpacked) == 2, "it was written anew"


def test_sessions_and_folders_are_in_the_recent_list(window, qtbot, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("a", "b"):
        save_clip(folder / f"{name}.npz", swaying(30, name=name))
    window.preferences.clear_recent()
    file.open_path(window.desk, str(folder))
    qtbot.waitUntil(lambda: window.state.document.clip.siblings == ("a", "b"), timeout=30_000)
    file.save_session(window.desk, tmp_path / "mine & yours.json")
    assert [Path(path).name for path in window.preferences.recent] == ["mine & yours.json", "clips"]
    menu = next(m for m in window.menuBar().findChildren(QMenu) if m.title() == "Open recent")
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions()]
    assert texts[:2] == ["mine && yours.json (session)", "clips/"]
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: window.windowTitle().endswith("a"), timeout=30_000)
    assert [Path(path).name for path in window.preferences.recent] == ["mine & yours.json", "clips"]


def test_opening_and_copying_give_a_sign(window, qtbot, tmp_path):
    open_far_away(window, qtbot, tmp_path, "next")
    sign = window.status.sign
    qtbot.waitUntil(lambda: "next is open: 40 frames, 60 Hz" in sign.text())
    qtbot.waitUntil(lambda: answered(window.state), timeout=30_000)
    settle()
    window.numbers.tables["models"].copy_selected()
    assert "1 row copied" in sign.text() or "2 rows copied" in sign.text()
    window.status._passing.timeout.emit()
    assert sign.text() == ""
