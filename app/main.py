"""The program with a window."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.commands.help import show_tour
from app.look import icons, theme
from app.state.preferences import Preferences
from app.state.settings import Settings, Slot
from app.window import Window, make_window
from app.workers.bridge import OpenJob
from app.workers.loading import OpenedDocument
from engine.errors import InputError
from engine.experiment.session import load_session
from engine.experiment.settings import ModelChoice
from engine.experiment.sources import BUILTIN, clip_path
from engine.models.families import list_models

TOUR_AFTER_MS = 2500
"""When a first start has something to show."""
DEMO = f"{BUILTIN}demo"


def run_app(path: str | None) -> int:
    """Show the window on a file, or on the built-in demo; returns the exit code.

    The window comes first; opening the clip and importing torch happen on workers once it is there.
    """
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):  # left behind by an OpenCV that was imported
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Kinestate")
    app.setDesktopFileName("kinestate")
    app.setWindowIcon(QIcon(icons.pixmap("app", theme.MODEL_COLOURS[0], 64)))
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    window = make_window(Preferences())
    window.show()
    QTimer.singleShot(0, lambda: begin(window, path))
    if window.preferences.take_first_time():
        QTimer.singleShot(TOUR_AFTER_MS, lambda: show_tour(window.desk))
    return app.exec()


def begin(window: Window, path: str | None) -> None:
    """Start the workers and open the first clip, which plays at once; without one, what was open when it was closed.

    Without either it is a built-in clip with the default model on it.
    """
    window.state.document.settings = Settings(slots=default_slots())
    window.bridge.opened.connect(lambda job, opened: play_clip(window, opened))
    window.bridge.begin()
    window.bridge.open(OpenJob(path or last_session(window.preferences) or DEMO))


def last_session(preferences: Preferences) -> str | None:
    """Find the session that was kept when the window was closed; None where it, or its clip, is gone."""
    kept = preferences.last_session
    with suppress(InputError):
        if kept.is_file() and clip_path(load_session(kept).experiment.file.path).exists():
            return str(kept)
    return None


def play_clip(window: Window, opened: OpenedDocument) -> None:
    """Play a clip that was opened; a session stays as it was saved."""
    if opened.view is None:
        window.state.moment.set_playing(True)


def default_slots() -> tuple[Slot, ...]:
    """Choose the first trained model; where none is trained, the first one, whose row then says so."""
    entries = list_models()
    trained = [entry for entry in entries if entry.trained] or entries
    return tuple(Slot(ModelChoice(name=entry.name), 0) for entry in trained[:1])
