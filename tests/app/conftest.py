"""The window on a made-up clip with made-up models, and those beside it."""

from __future__ import annotations

import time

import pytest


@pytest.fixture
def preferences(tmp_path):
    """Preferences of nobody, in a folder of the test's own."""
    from PySide6.QtCore import QSettings

    from app.state.preferences import Preferences

    made = Preferences(QSettings(str(tmp_path / "p.ini"), QSettings.Format.IniFormat))
    made.folder = str(tmp_path)
    return made


@pytest.fixture
def open_tool(qtbot):
    """open_tool(kind, state, load, **options) -> a window beside the main one, shown, about that state."""
    from PySide6.QtWidgets import QWidget

    from app.workers.bridge import Bridge

    made = []

    def open_it(kind, state, load, **options):
        parent, bridge = QWidget(), Bridge(state, load_model=load, start=lambda: None)
        tool = kind(state, bridge, parent, **options)
        qtbot.addWidget(parent)
        made.append((bridge, parent))
        tool.present()
        return tool

    yield open_it
    for bridge, parent in made:
        parent.close()
        bridge.close()


@pytest.fixture(scope="module")
def shared(qapp, tmp_path_factory):
    """One window for the tests of a module: (window, models, the clip's path)."""
    from window_fakes import Models, clip_file, end, window_on

    folder = tmp_path_factory.mktemp("window")
    models, path = Models(), clip_file(folder)
    window = window_on(path, str(folder / "settings.ini"), models)
    window.show()
    deadline = time.monotonic() + 30
    while (window.state.results.shown is None or not window.isActiveWindow()) and time.monotonic() < deadline:
        window.activateWindow()
        qapp.processEvents()
        time.sleep(0.005)
    window.resize(1280, 720)  # whatever the screen of the tests is
    yield window, models, path
    end(window)


@pytest.fixture
def models(shared):
    return shared[1]


@pytest.fixture
def window(qtbot, shared):
    """The shared window as it was at the beginning: its clip, one model, nothing undone, paused at frame 0."""
    from window_fakes import put_back

    window, models, path = shared
    models.gate.set()
    put_back(window, path, qtbot)
    window.activateWindow()
    return window
