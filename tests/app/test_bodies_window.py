"""The body models, in their window."""

from __future__ import annotations

import threading

import pytest
from body_fakes import tube_body
from licensed_files import model_arrays, write_npz
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel
from tool_fakes import Small, state_with

from app.dialogs import bodies
from app.dialogs.bodies import BodiesWindow
from engine.body import library
from engine.body.smpl_search import smpl_folder


@pytest.fixture
def make(open_tool, preferences, tmp_path, monkeypatch, qtbot):
    """A window over an own place for licensed files, when it has listed them."""
    monkeypatch.delenv("KINESTATE_SMPL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(library, "_added", {"tubes": tube_body()})
    monkeypatch.setattr(library, "_licensed", {})

    def build():
        state = state_with(frames=10)
        tool = open_tool(BodiesWindow, state, Small(), preferences=preferences)
        qtbot.waitUntil(lambda: len(tool.lines) == len(library.names()) and tool.file.isEnabled(), timeout=30_000)
        return tool, state

    return build


def rows(tool):
    table = tool.table
    texts = [[table.item(r, c).text() if table.item(r, c) else "" for c in range(5)] for r in range(table.rowCount())]
    return {row[0]: row[1:] for row in texts}


def settled(tool, qtbot):
    qtbot.waitUntil(lambda: not tool.file.isEnabled() or bool(tool.note.text()), timeout=30_000)
    qtbot.waitUntil(lambda: tool.file.isEnabled() and len(tool.lines) == len(library.names()), timeout=30_000)


def test_without_licensed_files_it_says_that_none_is_needed_and_where_they_are(make):
    tool, _ = make()
    assert tool.empty.isVisible() and "none is needed" in tool.empty.text()
    said = " ".join(text.text() for text in tool.findChildren(QLabel))
    for part in ("smpl.is.tue.mpg.de", "smpl-x.is.tue.mpg.de", "mano.is.tue.mpg.de", "non-commercial", "free"):
        assert part in said
    assert str(smpl_folder()) in tool.where.text()
    assert rows(tool)["tubes"] == ["SMPL's layout", "6,624", "10", f"{tube_body().height_m([0] * 10):.2f} m"]


def test_a_chosen_file_is_checked_off_the_window_s_thread_copied_and_listed(make, qtbot, tmp_path, monkeypatch):
    tool, _ = make()
    threads, plain = [], bodies.install
    monkeypatch.setattr(bodies, "install", lambda *a: threads.append(threading.get_ident()) or plain(*a))
    path = write_npz(tmp_path / "got/male/model.npz", model_arrays("SMPL-H", shapes=16))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (str(path), ""))
    qtbot.mouseClick(tool.file, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "smplh_male" in rows(tool), timeout=30_000)
    settled(tool, qtbot)
    assert rows(tool)["smplh_male"][:3] == ["SMPL-H", "60", "16"]
    assert tool.note.text() == "Installed smplh_male." and not tool.empty.isVisible()
    assert (smpl_folder() / "SMPLH_MALE.npz").exists() and library.body("smplh_male").name == "smplh_male"
    assert threads and threading.get_ident() not in threads
    assert tool._preferences.folder == str(path.parent)


def test_a_folder_gives_all_its_models(make, qtbot, tmp_path, monkeypatch):
    tool, _ = make()
    write_npz(tmp_path / "got/SMPL_MALE.npz", model_arrays("SMPL"))
    write_npz(tmp_path / "got/smplx/SMPLX_FEMALE.npz", model_arrays("SMPL-X"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: str(tmp_path / "got"))
    qtbot.mouseClick(tool.folder, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: {"smpl_male", "smplx_female"} <= set(rows(tool)), timeout=30_000)


def test_what_is_refused_is_said_and_nothing_is_copied(make, qtbot, tmp_path):
    tool, state = make()
    before = rows(tool)
    tool.take(str(write_npz(tmp_path / "SMPL_MALE.npz", model_arrays("SMPL") | {"f": [[0, 1, 99]]})))
    qtbot.waitUntil(lambda: state.results.message is not None, timeout=30_000)
    assert "f names vertices outside" in tool.note.text() == state.results.message.text
    assert rows(tool) == before and not smpl_folder().exists()


def test_an_installed_file_that_is_damaged_stands_in_the_list_with_its_reason(make, qtbot):
    write_npz(smpl_folder() / "SMPL_MALE.npz", {"v_template": [[0.0, 0, 0]]})
    tool, _ = make()
    assert rows(tool)["smpl_male"][0].startswith("SMPL_MALE.npz: weights is missing")
    assert "smpl_male" not in [tool.choice.itemText(k) for k in range(tool.choice.count())]


def test_the_body_that_is_worn_is_an_option_that_is_remembered(make, qtbot, tmp_path):
    tool, state = make()
    assert state.view.body == "kinestate"
    tool.choice.setCurrentText("tubes")
    tool.choice.activated.emit(tool.choice.currentIndex())
    assert state.view.body == "tubes"
    tool._preferences.remember(state.view)
    other = state_with(frames=10).view
    tool._preferences.recall(other)
    assert other.body == "tubes"
    state.view.body = "smplx_female"
    assert tool.choice.currentIndex() == -1 and "smplx_female (not installed)" in tool.choice.placeholderText()


def test_escape_closes_it_and_a_second_opening_lists_anew(make, qtbot):
    tool, _ = make()
    qtbot.keyClick(tool, Qt.Key.Key_Escape)
    assert not tool.isVisible()
    write_npz(smpl_folder() / "SMPL_FEMALE.npz", model_arrays("SMPL"))
    tool.present()
    qtbot.waitUntil(lambda: "smpl_female" in rows(tool), timeout=30_000)
    assert not tool.empty.isVisible()
