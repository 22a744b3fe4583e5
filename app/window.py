"""The window: docks and layout; nothing else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMainWindow, QToolButton, QVBoxLayout, QWidget

from app.commands import file, tools, view
from app.commands.actions import connect, dress, make_actions
from app.commands.desk import Desk
from app.commands.menu_bar import fill_menu_bar
from app.commands.menus import MENUS
from app.docks.bookmarks import Bookmarks
from app.docks.clip_card import ClipCard
from app.docks.models_panel import ModelsPanel
from app.docks.numbers import Numbers
from app.docks.panel import Dock
from app.docks.plots import Plots
from app.docks.properties import Properties
from app.docks.timeline import Timeline
from app.look import theme
from app.look.theme import LARGE, SPACE
from app.present.wording import count_of, hertz
from app.state.playback import Playback
from app.state.preferences import Preferences
from app.state.state import State
from app.widgets.drops import dropped_path
from app.widgets.footage import FootageView
from app.widgets.message_bar import MessageBar
from app.widgets.number_field import give_keys_back
from app.widgets.stage import Stage
from app.widgets.status import Status
from app.workers.bridge import Bridge, OpenJob
from app.workers.loading import OpenedDocument
from engine.experiment.sources import BUILTIN

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


TITLE_BAR = 40
"""Pixels for the title bar, whose height is not known before the window is there."""


class Window(QMainWindow):
    """Makes every part and ties it to the state; `desk` is what the commands act on."""

    def __init__(self, state: State, bridge: Bridge, preferences: Preferences) -> None:
        super().__init__()
        self.state, self.bridge, self.preferences = state, bridge, preferences
        self.setWindowTitle("Kinestate")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.actions_ = make_actions(self)
        self._dress()

        self.stage = Stage(state, self.actions_, FootageView(state, bridge.worker))
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
            "models": Dock("models", "Models", self.models, self.models.add),
            "experiment": Dock("experiment", "Experiment", self.properties, *self.properties.buttons),
            "numbers": Dock("numbers", "Numbers", self.numbers, self._button("pin"), *self.numbers.buttons),
            "bookmarks": Dock("bookmarks", "Bookmarks", self.bookmarks, *self.bookmarks.buttons),
            "timeline": Dock("timeline", "", self.timeline),
            "curves": Dock("curves", "", self.plots),
        }
        self.resize(first_size(self.screen().availableSize()))
        self._lay_out()

        self.status = Status(state, lambda: self.stage.viewport.display_fps)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self.playback = Playback(state, self)
        self.desk = Desk(
            window=self,
            state=state,
            bridge=bridge,
            preferences=preferences,
            viewport=self.stage.viewport,
            numbers=self.numbers,
            timeline=self.timeline,
            bookmarks=self.bookmarks,
            docks=self.docks,
            menus=MENUS,
        )
        connect(self.actions_, self.desk)
        fill_menu_bar(self.actions_, self.desk, self.models.fill_menu)
        self.menuBar().setCornerWidget(self._tools())

        self.clip_card.read_again.connect(lambda reader: file.read_again(self.desk, reader))
        self.clip_card.camera_from_view.connect(lambda: view.camera_from_view(self.desk))
        bridge.activity.connect(self.status.set_activity)
        bridge.opened.connect(self._on_opened)
        self.clip_card.joints_wanted.connect(lambda: tools.show_joints(self.desk))
        bridge.joints_unknown.connect(lambda job, error: tools.offer_joints(self.desk, job, error))
        bridge.live_opened.connect(lambda opened: tools.show_live_session(self.desk, opened))
        state.view.events.theme.connect(self._dress)
        self._before: QByteArray | None = None  # the panels before a presentation
        state.view.events.presenting.connect(self._present)

        for edit in self.findChildren(QLineEdit):
            edit.setAcceptDrops(False)  # a file that is dropped there is to be opened, not typed
        give_keys_back(self)
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
        layout = self.layout()
        assert layout is not None
        layout.activate()  # sizes hold from here on
        self.resizeDocks([d["clip"], d["experiment"]], [240, 304], Qt.Orientation.Horizontal)
        self.resizeDocks([d["clip"], d["models"]], [236, 198], Qt.Orientation.Vertical)
        low = min(max(188, self.height() // 4), self.height() // 3)  # four models and the truth, or more
        self.resizeDocks([d["timeline"], d["curves"]], [57, low], Qt.Orientation.Vertical)
        self.resizeDocks([d["curves"], d["numbers"]], [self.width() - 744, 744], Qt.Orientation.Horizontal)

    def reset_layout(self) -> None:
        """Put all panels back where they were at the very first."""
        self.restoreState(self._first_layout)

    def _button(self, action: str) -> QToolButton:
        """Make a small button for one of the actions."""
        button = QToolButton()
        button.setDefaultAction(self.actions_[action])
        button.setText("")
        return button

    def _tools(self) -> QWidget:
        """Make buttons for the windows beside this one, with their names, at the right of the menus."""
        tools = QWidget(self.menuBar())
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, SPACE // 2, 0)
        row.setSpacing(2)
        for name in ("rate_bench", "inside", "streaming_check"):
            button = self._button(name)
            self.actions_[name].setIconText(self.actions_[name].text().removesuffix(" …"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            row.addWidget(button)
        tools.show()
        return tools

    # -- keeping up -----------------------------------------------------------------------------------------

    def _on_opened(self, job: OpenJob, opened: OpenedDocument) -> None:
        clip = self.state.document.clip
        assert clip is not None
        self.setWindowTitle(f"Kinestate · {clip.name}")
        self.docks["clip"].raise_()  # bookmarks lie over it
        frames = count_of(len(clip.times), "frame")
        self.state.results.show_sign(f"{clip.name} is open: {frames}, {hertz(clip.rate_hz)}")
        if not job.source.startswith(BUILTIN) and job.source != str(self.preferences.last_session):
            self.preferences.add_recent(job.source)
        if opened.view is not None:
            file.restore_view(self.desk, opened.view)

    def _present(self, on: bool) -> None:
        """Put the panels away and write larger, or bring everything back."""
        if on:
            self._before = self.saveState()
            for name, dock in self.docks.items():
                dock.setVisible(name == "timeline")
        elif self._before is not None:
            self.restoreState(self._before)
        for bar in (self.menuBar(), self.statusBar(), self.stage.tools):
            bar.setVisible(not on)
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen if on != self.isFullScreen()
                            else self.windowState())  # fmt: skip
        self.stage.viewport.set_letters(LARGE if on else 1.0)
        self._dress()

    def _dress(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, self.state.view.theme, LARGE if self.state.view.presenting else 1.0)
        dress(self.actions_, self.state)

    def _keep_on_screen(self) -> None:
        """Come back to the screen with the title bar, from a larger one for instance."""
        frame, edge = self.frameGeometry(), self.frameGeometry().size() - self.size()
        there = inside(frame, self.screen().availableGeometry())
        if there != frame and not self.isMaximized() and not self.isFullScreen():
            self.resize(there.size() - edge)
            self.move(there.topLeft())

    # -- events ---------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self._keep_on_screen)  # when the frame is there

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            file.open_path(self.desk, path)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.state.moment.set_playing(False)
        self.state.view.presenting = False
        self.preferences.set_layout(self.saveGeometry(), self.saveState())
        self.preferences.remember(self.state.view)
        tools.close_tools(self.desk)
        self.hide()  # nobody needs to see the rest
        file.keep_session(self.desk)
        self.bridge.close()
        super().closeEvent(event)


def first_size(screen: QSize) -> QSize:
    """Choose the first size: most of the screen, or all of a small one but for the title bar."""
    most = (screen if screen.width() <= 1440 else screen * 0.85).expandedTo(QSize(1280, 720))
    return most.boundedTo(screen - QSize(0, TITLE_BAR))


def inside(frame: QRect, screen: QRect) -> QRect:
    """Move a window with its frame into a screen, and make it smaller where it is larger."""
    fitting = QRect(frame.topLeft(), frame.size().boundedTo(screen.size()))
    fitting.moveRight(min(fitting.right(), screen.right()))
    fitting.moveBottom(min(fitting.bottom(), screen.bottom()))
    fitting.moveLeft(max(fitting.left(), screen.left()))
    fitting.moveTop(max(fitting.top(), screen.top()))
    return fitting


def make_window(preferences: Preferences, **bridge_options: Callable[..., object]) -> Window:
    """Make the window with its state and workers, not yet shown; `bridge_options` as for `Bridge`."""
    state = State()
    preferences.recall(state.view)
    return Window(state, Bridge(state, **bridge_options), preferences)  # type: ignore[arg-type]
