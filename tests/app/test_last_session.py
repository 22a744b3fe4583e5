"""What was open comes back at the next start; bookmarks come back with their clip."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from window_fakes import FIRST, Models, clip_file, end, swaying, window_on

from app.main import DEMO, last_session
from app.state.clip import LoadedClip, Reader
from app.state.preferences import Preferences
from app.state.settings import Bookmark
from app.state.state import State


@pytest.mark.slow
def test_bookmarks_that_were_not_saved_come_back_at_the_next_start(qtbot, tmp_path):
    path, ini, models = clip_file(tmp_path), str(tmp_path / "s.ini"), Models()
    window = window_on(path, ini, models)
    qtbot.waitUntil(lambda: window.state.document.clip is not None, timeout=30_000)
    window.state.document.set_bookmark(40, "a stumble")
    window.state.document.edit_input(subsample=4)
    window.state.moment.set_frame(17)
    end(window)

    kept = last_session(Preferences(QSettings(ini, QSettings.Format.IniFormat)))
    assert kept is not None
    again = window_on(kept, ini, models)
    qtbot.waitUntil(lambda: again.state.document.clip is not None, timeout=30_000)
    document = again.state.document
    assert document.bookmarks == (Bookmark(40, "a stumble"),) and document.settings.input.subsample == 4
    assert again.state.moment.frame == 17 and not again.state.moment.playing
    assert again.preferences.recent == [path], "the kept session is nobody's file"
    end(again)


def test_without_its_clip_a_session_is_not_opened_again(qtbot, tmp_path):
    preferences = Preferences(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    assert last_session(preferences) is None
    window = window_on(DEMO, str(tmp_path / "s.ini"), Models())
    qtbot.waitUntil(lambda: window.state.document.clip is not None, timeout=30_000)
    end(window)
    assert last_session(preferences) == str(preferences.last_session)
    text = preferences.last_session.read_text()
    preferences.last_session.write_text(text.replace(DEMO, "gone.bvh"))
    assert last_session(preferences) is None
    preferences.last_session.write_text("{")
    assert last_session(preferences) is None
    assert Path(preferences.last_session).parent == tmp_path and FIRST in text


@pytest.mark.slow
def test_a_window_without_a_clip_keeps_nothing(qtbot, tmp_path):
    window = window_on(None, str(tmp_path / "s.ini"), Models())
    end(window)
    assert last_session(window.preferences) is None


def test_bookmarks_come_back_with_their_clip():
    state = State()
    one, other = (LoadedClip("folder", Reader(select=name), swaying(60, name=name)) for name in "ab")
    state.set_clip(one)
    state.document.set_bookmark(12, "here")
    state.set_clip(other)
    assert state.document.bookmarks == ()
    state.document.set_bookmark(3)
    state.set_clip(LoadedClip("folder", Reader(select="a"), swaying(60, name="a")))
    assert state.document.bookmarks == (Bookmark(12, "here"),)
    state.set_clip(other)
    assert state.document.bookmarks == (Bookmark(3),)
