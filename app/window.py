"""The window: docks, menus, layout; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMainWindow, QMenu, QToolButton, QVBoxLayout, QWidget

from app.commands.actions import ENTRIES, MENUS, dress, make_actions
from app.commands.commands import Commands
from app.docks.bookmarks import Bookmarks
from app.docks.clip_card import ClipCard
from app.docks.models_panel import ModelsPanel
from app.docks.numbers import Numbers
from app.docks.panel import Dock
from app.docks.plots import Plots
from app.docks.properties import Properties
from app.docks.timeline import Timeline
from app.look import theme
from app.state.playback import Playback
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.drops import dropped_path
from app.widgets.message_bar import MessageBar
from app.widgets.stage import Stage
from app.widgets.status import Status
from app.workers.bridge import Bridge, OpenJob
from engine.experiment.pipeline import builtin_clips
from engine.experiment.settings import BUILTIN

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
SEPARATED = ("quit", "frame_all", "one", "light", "go_to", "loop_in", "faster", "worst", "bookmark")
"""Actions with a line above them in their menu."""


class Window(QMainWindow):
    def __init__(self, state: State, bridge: Bridge, preferences: Preferences) -> None:
        super().__init__()
        self.state, self.bridge, self.preferences = state, bridge, preferences
        self.setWindowTitle("Kinestate")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.actions_ = make_actions(self)
        self._dress(state.theme)

        self.stage = Stage(state, self.actions_)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(MessageBar(state))
        column.addWidget(self.stage, 1)
        self.setCentralWidget(centre)

        self.clip_card, self.models, self.properties = ClipCard(state), ModelsPanel(state), Properties(state)
        self.numbers, self.timeline, self.plots = Numbers(state), Timeline(state, self.actions_), Plots(state)
        self.bookmarks = Bookmarks(state)
        self.docks = {
            "clip": Dock("clip", "Clip", self.clip_card),
            "models": Dock("models", "Models", self.models, self._button("streaming_check"), self.models.add),
            "experiment": Dock(
                "experiment",
                "Experiment",
                self.properties,
                *(self._button(name) for name in ("rate_bench", "inside")),
                *self.properties.buttons,
            ),
            "numbers": Dock("numbers", "Numbers", self.numbers, *self.numbers.buttons),
            "bookmarks": Dock("bookmarks", "Bookmarks", self.bookmarks, *self.bookmarks.buttons),
            "timeline": Dock("timeline", "", self.timeline),
            "curves": Dock("curves", "", self.plots),
        }
        self.resize(first_size(self.screen().availableSize()))
        self._lay_out()

        self.status = Status(state, lambda: self.stage.viewport.display_fps)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.commands = Commands(
            self,
            self.actions_,
            state,
            bridge,
            self.stage.viewport,
            preferences,
            copy_figures=self.numbers.copy_csv,
            ask_frame=self.timeline.ask_frame,
            bookmark=self._bookmark,
            show_sweep=self.numbers.show_sweep,
        )
        self.playback = Playback(state, self)
        self._make_menus()

        self.clip_card.read_again.connect(self.commands.read_again)
        self.clip_card.camera_from_view.connect(self.commands.camera_from_view)
        self.actions_["inset"].setChecked(True)
        self.actions_["inset"].toggled.connect(self.stage.inset.setVisible)
        self.actions_["light"].setChecked(state.theme == "light")
        self.actions_["reset_layout"].triggered.connect(lambda: self.restoreState(self._first_layout))
        bridge.activity.connect(self.status.set_activity)
        bridge.opened.connect(self._on_opened)
        state.theme_changed.connect(self._dress)
        state.playing_changed.connect(self._show_playing)

        for edit in self.findChildren(QLineEdit):
            edit.setAcceptDrops(False)  # a file that is dropped there is to be opened, not typed
        self.stage.viewport.setFocus()
        self._first_layout: QByteArray = self.saveState()
        remembered = preferences.layout()
        if remembered is not None:
            self.restoreGeometry(remembered[0])
            self.restoreState(remembered[1])

    # -- layout ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        d = self.docks
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, BOTTOM),
            (Qt.Corner.BottomRightCorner, BOTTOM),
        ):
            self.setCorner(corner, area)
        self.addDockWidget(LEFT, d["clip"])
        self.addDockWidget(LEFT, d["models"])
        self.tabifyDockWidget(d["clip"], d["bookmarks"])
        d["bookmarks"].hide()  # until there is one
        self.addDockWidget(RIGHT, d["experiment"])
        self.addDockWidget(BOTTOM, d["timeline"])
        self.splitDockWidget(d["timeline"], d["curves"], Qt.Orientation.Vertical)
        self.splitDockWidget(d["curves"], d["numbers"], Qt.Orientation.Horizontal)
        self.layout().activate()  # sizes hold from here on
        self.resizeDocks([d["clip"], d["experiment"]], [240, 304], Qt.Orientation.Horizontal)
        self.resizeDocks([d["clip"], d["models"]], [236, 198], Qt.Orientation.Vertical)
        low = max(188, self.height() // 4)  # four models and the truth, and more where there is room
        self.resizeDocks([d["timeline"], d["curves"]], [57, low], Qt.Orientation.Vertical)
        self.resizeDocks([d["curves"], d["numbers"]], [self.width() - 744, 744], Qt.Orientation.Horizontal)

    def _button(self, action: str) -> QToolButton:
        """A small button for one of the actions."""
        button = QToolButton()
        button.setDefaultAction(self.actions_[action])
        button.setText("")
        return button

    def _make_menus(self) -> None:
        menus = {name: self.menuBar().addMenu(name) for name in MENUS}
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        for entry in ENTRIES:
            menu = menus[entry.menu]
            if entry.id in SEPARATED:
                menu.addSeparator()
            menu.addAction(self.actions_[entry.id])
            if entry.id == "open_folder":
                self._recent = menu.addMenu("Open recent")
                self._recent.aboutToShow.connect(self._fill_recent)
                self._builtin = menu.addMenu("Built-in clips")
                self._builtin.aboutToShow.connect(self._fill_builtin)
        panels = QMenu("Panels", menus["View"])
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        menus["View"].insertMenu(self.actions_["reset_layout"], panels)
        models = QMenu("Models", self.menuBar())
        models.setToolTipsVisible(True)
        models.aboutToShow.connect(lambda: self.models.fill_menu(models))
        self.menuBar().insertMenu(menus["View"].menuAction(), models)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.preferences.recent:
            action = self._recent.addAction(Path(path).name)
            action.setToolTip(path)
            action.triggered.connect(lambda _=False, path=path: self.commands.open(path))
        if not self.preferences.recent:
            self._recent.addAction("Nothing yet").setEnabled(False)
        else:
            self._recent.addSeparator()
            self._recent.addAction("Forget them").triggered.connect(self.preferences.clear_recent)

    def _fill_builtin(self) -> None:
        self._builtin.clear()
        for name in builtin_clips():
            action = self._builtin.addAction(name)
            action.triggered.connect(lambda _=False, name=name: self.commands.open(f"{BUILTIN}{name}"))
        if not builtin_clips():
            self._builtin.addAction("None installed").setEnabled(False)

    # -- keeping up -----------------------------------------------------------------------------------------

    def _on_opened(self, job: OpenJob, _: object) -> None:
        clip = self.state.clip
        assert clip is not None
        self.setWindowTitle(f"Kinestate · {clip.name}")
        if not job.source.startswith(BUILTIN):
            self.preferences.add_recent(job.source)

    def _dress(self, name: str) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        dress(self.actions_, theme.apply(application, name))
        self._show_playing(self.state.playing)

    def _bookmark(self) -> None:
        """Mark the present frame in a list that can be seen."""
        self.docks["bookmarks"].show()
        self.docks["bookmarks"].raise_()
        self.bookmarks.mark()

    def _show_playing(self, playing: bool) -> None:
        from app.look import icons

        action, colours = self.actions_["play"], theme.THEMES[self.state.theme]
        action.setChecked(playing)
        action.setText("Pause" if playing else "Play")
        action.setIcon(icons.icon("pause" if playing else "play", colours.text, colours.faint))

    # -- events ---------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.commands.open(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.state.set_playing(False)
        self.preferences.set_layout(self.saveGeometry(), self.saveState())
        self.preferences.theme = self.state.theme
        self.preferences.stage_layout, self.preferences.linked = self.state.layout, self.state.linked
        self.commands.close_tools()
        self.hide()  # nobody needs to see the workers finish
        self.bridge.close()
        super().closeEvent(event)


def first_size(screen: QSize) -> QSize:
    """Before a size is remembered: most of the screen, all of a small one, and never less than the panels need."""
    return (screen if screen.width() <= 1440 else screen * 0.85).expandedTo(QSize(1280, 720))


def make_window(preferences: Preferences, **bridge_options: Callable[..., object]) -> Window:
    """The window with its state and workers, not yet shown; `bridge_options` as for `Bridge`."""
    state = State()
    state.theme = preferences.theme  # type: ignore[assignment]
    state.layout, state.linked = preferences.stage_layout, preferences.linked
    return Window(state, Bridge(state, **bridge_options), preferences)  # type: ignore[arg-type]
