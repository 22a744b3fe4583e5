"""What the actions do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from app.commands.actions import allow
from app.dialogs.inside import InsideWindow
from app.dialogs.rate_bench import RateBench
from app.dialogs.shortcuts import Shortcuts
from app.dialogs.streaming_check import StreamingCheckWindow
from app.dialogs.tool import Tool
from app.present.curves import error_mm, has_errors
from app.present.tables import curves_csv, figures_csv
from app.present.worst import next_worst, worst_frames
from app.state.preferences import Preferences
from app.state.sessions import View, session_of
from app.state.state import SPEEDS, Layout, Reader, State
from app.view3d.viewport import Viewport
from app.workers.bridge import Bridge, OpenJob
from app.workers.loading import Opened
from engine import __version__
from engine.data.registry import ARCHIVE_SUFFIXES, FORMATS
from engine.errors import InputError
from engine.experiment.session import save_session
from engine.experiment.settings import CameraSettings
from engine.experiment.sweep import SweepTable


class Commands(QObject):
    """Connects every action of the window to the state, the bridge and the dialogs."""

    def __init__(
        self,
        window: QMainWindow,
        actions: dict[str, QAction],
        state: State,
        bridge: Bridge,
        viewport: Viewport,
        preferences: Preferences,
        *,
        copy_figures: Callable[[], None],
        ask_frame: Callable[[], None],
        bookmark: Callable[[], None],
        show_sweep: Callable[[SweepTable], None],
    ) -> None:
        super().__init__(window)
        self._window, self._state, self._bridge = window, state, bridge
        self._viewport, self._preferences, self._actions = viewport, preferences, actions
        self._tools: dict[Callable[..., Tool], Tool] = {}
        do: dict[str, Callable[[], object]] = {
            "open": self.ask_open,
            "open_folder": self.ask_folder,
            "save_session": self.ask_save_session,
            "export_curves": self.ask_export,
            "screenshot": self.ask_screenshot,
            "quit": window.close,
            "undo": state.undo,
            "redo": state.redo,
            "front": partial(viewport.set_preset, "front"),
            "side": partial(viewport.set_preset, "side"),
            "top": partial(viewport.set_preset, "top"),
            "frame_all": viewport.frame_all,
            "back": partial(self.step, -1),
            "forward": partial(self.step, 1),
            "back_10": partial(self.step, -10),
            "forward_10": partial(self.step, 10),
            "back_second": partial(self.jump, -1.0),
            "forward_second": partial(self.jump, 1.0),
            "first": lambda: state.set_frame(state.loop[0]),
            "last": lambda: self._pause_at(state.loop[1]),
            "go_to": ask_frame,
            "loop_in": lambda: state.set_loop(state.frame, max(state.frame, state.loop[1])),
            "loop_out": lambda: state.set_loop(min(state.frame, state.loop[0]), state.frame),
            "loop_all": lambda: state.set_loop(0, state.frames - 1),
            "faster": partial(self.change_speed, 1),
            "slower": partial(self.change_speed, -1),
            "worst": partial(self.go_to_worst, 1),
            "worst_back": partial(self.go_to_worst, -1),
            "bookmark": bookmark,
            "bookmark_on": partial(self.go_to_bookmark, 1),
            "bookmark_back": partial(self.go_to_bookmark, -1),
            "rate_bench": partial(self.show_tool, partial(RateBench, preferences=preferences, show_sweep=show_sweep)),
            "inside": partial(self.show_tool, InsideWindow),
            "streaming_check": partial(self.show_tool, StreamingCheckWindow),
            "cancel": self.cancel,
            "copy_figures": copy_figures,
            "shortcuts": self.show_shortcuts,
            "about": self.show_about,
        }
        for name, call in do.items():
            actions[name].triggered.connect(lambda _=False, call=call: call())
        actions["play"].toggled.connect(state.set_playing)
        actions["repeat"].toggled.connect(state.set_repeat)
        actions["follow"].toggled.connect(viewport.set_follow)
        for layout in get_args(Layout):
            actions[layout].triggered.connect(lambda on, layout=layout: self._choose_layout(layout if on else "one"))
        state.layout_changed.connect(lambda _: self._show_layout())
        actions["linked"].toggled.connect(state.set_linked)
        state.linked_changed.connect(lambda on: actions["linked"].setChecked(on))
        actions["errors"].toggled.connect(state.set_error_colours)
        state.error_colours_changed.connect(lambda on: actions["errors"].setChecked(on))
        actions["light"].toggled.connect(lambda on: state.set_theme("light" if on else "dark"))
        state.history_changed.connect(self._show_history)
        state.clip_changed.connect(lambda _: self._show_available())
        state.shown_changed.connect(lambda _: self._show_available())
        state.bookmarks_changed.connect(lambda _: self._show_available())
        state.repeat_changed.connect(lambda on: actions["repeat"].setChecked(on))
        actions["repeat"].setChecked(state.repeat)
        actions["follow"].setChecked(viewport.following)
        actions["linked"].setChecked(state.linked)
        self._show_layout()
        self._show_history(False, False)
        self._show_available()
        bridge.opened.connect(self._on_opened)

    # -- files ----------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Open a motion file, folder, archive or session; the present one stays until the new one is there."""
        self._bridge.open(OpenJob(path))

    def read_again(self, reader: Reader) -> None:
        """Open the present clip with other reader settings, or another clip of the same file."""
        if self._state.clip is not None:
            self._bridge.open(OpenJob(self._state.clip.source, reader))

    def ask_open(self) -> None:
        suffixes = sorted({s for f in FORMATS for s in f.suffixes} | set(ARCHIVE_SUFFIXES))
        known = " ".join(f"*{s}" for s in suffixes)
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open", self._preferences.folder, f"Motion and sessions ({known});;All files (*)"
        )
        if path:
            self._preferences.folder = str(Path(path).parent)
            self.open(path)

    def ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open folder", self._preferences.folder)
        if path:
            self._preferences.folder = str(Path(path).parent)
            self.open(path)

    def ask_save_session(self) -> None:
        path = self._ask_name("Save session", ".json", "Sessions (*.json)")
        if path:
            self.save_session(Path(path))

    def save_session(self, path: Path) -> None:
        """Write what is shown as a session."""
        view = self._viewport
        apart = () if view.linked else view.orbits
        session = session_of(self._state, orbit=view.orbit, orbits=apart, follow=view.following)
        if session is None:
            return
        try:
            save_session(session, path)
        except InputError as error:
            self._state.say(str(error), error.detail)
        else:
            self._state.say(f"Saved {path.name}.", error=False)

    def ask_export(self) -> None:
        path = self._ask_name("Export curves", ".csv", "Comma separated values (*.csv)")
        if path:
            self.export_curves(Path(path))

    def export_curves(self, path: Path) -> None:
        """Write the curves, and beside them the figures (`name-figures.csv`)."""
        shown = self._state.shown
        if shown is None:
            return
        figures = path.with_name(f"{path.stem}-figures.csv")
        try:
            path.write_text(curves_csv(shown.results))
            figures.write_text(figures_csv(shown.results))
        except OSError as error:
            self._state.say(f"{path.name}: it cannot be written; choose another folder.", str(error))
        else:
            self._state.say(f"Wrote {path.name} and {figures.name}.", error=False)

    def ask_screenshot(self) -> None:
        picture = self._window.grab()  # before the dialog lies on it
        path = self._ask_name("Screenshot", ".png", "Pictures (*.png)")
        if path and not picture.save(path):
            self._state.say(f"{Path(path).name}: the picture cannot be written; choose another folder or .png.")

    def _ask_name(self, title: str, suffix: str, kinds: str) -> str:
        name = f"{self._state.clip.name if self._state.clip else 'kinestate'}{suffix}"
        start = str(Path(self._preferences.folder, name))
        path, _ = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        if path:
            self._preferences.folder = str(Path(path).parent)
            path = path if Path(path).suffix else path + suffix
        return path

    def _on_opened(self, job: OpenJob, opened: Opened) -> None:
        if opened.view is not None:
            self._restore(opened.view)

    def _restore(self, view: View) -> None:
        """Show a session as it was shown when it was saved."""
        state = self._state
        if view.loop is not None:
            state.set_loop(*view.loop)
        state.set_speed(view.speed)
        state.select(view.joint)
        state.set_layout(view.layout)
        state.set_linked(view.linked)
        state.set_error_colours(view.error_colours)
        state.restore_bookmarks(view.bookmarks)
        state.set_playing(False)
        state.set_frame(view.frame)
        self._actions["follow"].setChecked(view.follow)
        if view.orbit is not None:
            self._viewport.set_orbit(view.orbit)
        self._viewport.set_orbits(view.orbits)

    # -- the view -------------------------------------------------------------------------------------------

    def _choose_layout(self, layout: Layout) -> None:
        self._state.set_layout(layout)
        self._show_layout()

    def _show_layout(self) -> None:
        for layout in get_args(Layout):
            self._actions[layout].setChecked(layout == self._state.layout)
        allow(self._actions, "linked", "" if self._state.layout == "grid" else "only the grid has several cameras")

    # -- time -----------------------------------------------------------------------------------------------

    def step(self, frames: int) -> None:
        self._pause_at(self._state.frame + frames)

    def jump(self, seconds: float) -> None:
        state = self._state
        if state.clip is not None:
            state.set_time(float(state.clip.times[state.frame]) + seconds)

    def _pause_at(self, frame: int) -> None:
        """Stepping is looking: playing stops."""
        self._state.set_playing(False)
        self._state.set_frame(frame)

    def change_speed(self, step: int) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - self._state.speed))
        self._state.set_speed(SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)])

    def go_to_worst(self, step: int) -> None:
        """The frames where the first model is most wrong, worst first."""
        shown = self._state.shown
        if shown is None or not has_errors(shown):
            return
        times = shown.results.times
        ranked = worst_frames(error_mm(shown.results.models[0], self._state.selection), times)
        at = next_worst(ranked, shown.kept(self._state.frame), step)
        if at is not None:
            self._state.set_playing(False)
            self._state.set_time(float(times[at]))

    def go_to_bookmark(self, step: int) -> None:
        """Go to the nearest bookmark after this frame, or before it."""
        mark = self._state.next_bookmark(step)
        if mark is not None:
            self._pause_at(mark.frame)

    # -- the rest -------------------------------------------------------------------------------------------

    def show_tool(self, kind: Callable[[State, Bridge, QMainWindow], Tool]) -> None:
        """Show one of the windows beside this one; it is made when it is first wanted."""
        if kind not in self._tools:
            self._tools[kind] = kind(self._state, self._bridge, self._window)
        self._tools[kind].present()

    def close_tools(self) -> None:
        """Close the windows beside this one and stop what they do."""
        for tool in self._tools.values():
            tool.close()

    def show_shortcuts(self) -> None:
        """Show the list, or take it away again."""
        shown = self._window.findChild(Shortcuts)
        if shown is not None:
            shown.close()
        else:
            Shortcuts(self._state.theme, self._window).show()

    def cancel(self) -> None:
        """One thing at a time: the list of shortcuts, the message, the selected joint, what is running."""
        if self._window.findChild(Shortcuts) is not None:
            self.show_shortcuts()
        elif self._state.message is not None:
            self._state.unsay()
        elif self._state.selection is not None:
            self._state.select(None)
        else:
            self._bridge.cancel()

    def camera_from_view(self) -> None:
        """Let the models see the clip from where the person at the screen sees it now."""
        camera = self._viewport.camera()
        self._state.set_camera(CameraSettings.of(camera))

    def show_about(self) -> None:
        import PySide6

        QMessageBox.about(
            self._window,
            "About Kinestate",
            f"<b>Kinestate {__version__}</b><br>A workbench for human-motion models built on state space models."
            "<br><br>"
            f"Python {sys.version.split()[0]}, Qt {PySide6.__version__}, drawing with {self._viewport.renderer}.<br>"
            "Apache License 2.0.",
        )

    def _show_history(self, undo: bool, redo: bool) -> None:
        self._actions["undo"].setEnabled(undo)
        self._actions["redo"].setEnabled(redo)

    def _show_available(self) -> None:
        """Grey out what makes no sense now."""
        clip, shown = self._state.clip is not None, self._state.shown
        for name in ("save_session", "play", "back", "forward", "back_10", "forward_10", "back_second",
                     "forward_second", "first", "last", "go_to", "loop_in", "loop_out", "loop_all"):  # fmt: skip
            self._actions[name].setEnabled(clip)
        for name in ("export_curves", "copy_figures"):
            self._actions[name].setEnabled(shown is not None and bool(shown.results.models))
        for name in ("worst", "worst_back"):
            self._actions[name].setEnabled(has_errors(shown))
        self._actions["bookmark"].setEnabled(clip)
        for name in ("bookmark_on", "bookmark_back"):
            self._actions[name].setEnabled(bool(self._state.bookmarks))
        flat = self._state.clip is not None and self._state.clip.truth is None
        allow(self._actions, "errors", "2D keypoints have no 3D truth to measure against" if flat else "")
