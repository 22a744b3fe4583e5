"""The timeline: play, step, speed, loop, seek, and the moment that is shown."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.docks.panel import tipped
from app.look.theme import SPACE, THEMES, model_colour, tabular
from app.present.curves import error_mm, has_errors
from app.present.labels import label_strips
from app.present.wording import clock_text
from app.state.clip import LoadedClip
from app.state.moment import SPEEDS
from app.state.results import Shown
from app.state.state import State
from app.widgets.heat_strips import Heat
from app.widgets.later import Later
from app.widgets.number_field import FrameField
from app.widgets.seek_bar import SeekBar
from app.widgets.sliders import label


class Timeline(QWidget):
    """actions: the window's, by id; their buttons stand at the left."""

    def __init__(self, state: State, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._state = state
        self.bar = SeekBar()
        self.bar.setToolTip("")
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE // 2, SPACE * 3 // 2, SPACE // 2)
        row.setSpacing(1)
        for name in ("first", "back", "play", "forward", "last", "repeat", "bookmark"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            self.buttons[name] = button
            row.addWidget(button)
        self.speed = tipped(QComboBox(), "Speed of playing")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        row.addSpacing(SPACE)
        row.addWidget(self.speed)
        row.addSpacing(SPACE)
        row.addWidget(self.bar, 1)
        row.addSpacing(SPACE)
        self.time = label("", "value", "Time of this frame / length of the clip")
        self.frame = tipped(FrameField(), "The frame; press G and type a number to go there")
        self.frame.setKeyboardTracking(False)
        self.frame.lineEdit().setTextMargins(5, 0, 5, 0)
        self.frame.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.count = label("", "muted")
        row.addWidget(self.time)
        row.addSpacing(SPACE)
        row.addWidget(label("frame", "muted"))
        row.addSpacing(SPACE // 2)
        row.addWidget(self.frame)
        row.addSpacing(SPACE // 2)
        row.addWidget(self.count)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

        self.bar.sought.connect(state.moment.seek)
        self.bar.loop_dragged.connect(state.moment.set_loop)
        self.speed.activated.connect(lambda _: state.moment.set_speed(self.speed.currentData()))
        self.frame.valueChanged.connect(state.moment.set_frame)
        state.document.events.clip.connect(self.show_clip)
        showing = Later(self, lambda: self.show_results(state.results.shown))
        state.results.events.shown.connect(lambda: showing.start())
        state.view.events.selection.connect(lambda: showing.start())
        state.document.events.bookmarks.connect(self.show_bookmarks)
        state.moment.events.seconds.connect(self.show_moment)
        state.moment.events.loop.connect(self.show_loop)
        state.moment.events.speed.connect(self.show_speed)
        state.view.events.theme.connect(self._dress)
        self._dress(state.view.theme)
        self.show_clip(state.document.clip)
        self.show_speed(state.moment.speed)

    def ask_frame(self) -> None:
        """Let a frame number be typed."""
        self.frame.setFocus()
        self.frame.selectAll()

    def show_clip(self, clip: LoadedClip | None) -> None:
        """Take over a clip's length, its loop and its bookmarks."""
        self.setEnabled(clip is not None)
        if clip is None:
            return
        last = len(clip.times) - 1
        with QSignalBlocker(self.frame):
            self.frame.setRange(0, last)
        self.frame.setFixedWidth(self.fontMetrics().horizontalAdvance(f"{last}0") + 24)
        self.count.setText(f"of {last}")
        self.bar.set_span(float(clip.times[0]), float(clip.times[-1]))
        widest = tabular(self.font())
        self.time.setFont(widest)
        whole = clock_text(float(clip.times[-1]))
        self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance(f"{whole} / {whole}") + 12)
        self.show_loop()
        self.show_bookmarks()
        self.show_moment()

    def show_results(self, shown: Shown | None) -> None:
        """Draw a strip for each model: of labels where it gives any, else a heat strip of errors."""
        self.bar.set_labels(label_strips(shown))
        if shown is None or not has_errors(shown):
            self.bar.set_strips([])
            return
        joint = self._state.view.selection
        self.bar.set_strips(
            [
                Heat(model.label, model_colour(slot.colour), shown.results.times, error_mm(model, joint))
                for slot, model in zip(shown.slots, shown.results.models, strict=True)
                if model.placed is not None
            ]
        )

    def show_bookmarks(self) -> None:
        """Mark the bookmarked frames."""
        moment = self._state.moment
        self.bar.set_marks([(moment.time_of(b.frame), b.note) for b in self._state.document.bookmarks])

    def show_moment(self) -> None:
        """Say the moment and its frame, and move the playhead there."""
        moment = self._state.moment
        self.bar.set_time(moment.seconds)
        self.time.setText(f"{clock_text(moment.seconds)} / {clock_text(moment.time_of(moment.frames - 1))}")
        with QSignalBlocker(self.frame):
            self.frame.setValue(moment.frame)

    def show_loop(self) -> None:
        """Put the brackets where the loop is."""
        self.bar.set_loop(*self._state.moment.loop)

    def show_speed(self, speed: float) -> None:
        """Choose the nearest of the speeds."""
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - speed))
        self.speed.setCurrentIndex(nearest)

    def _dress(self, name: str) -> None:
        self.bar.set_theme(THEMES[name])
