"""Time: play, step, speed, loop, seek, and where we are."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QSpinBox, QToolButton, QWidget

from app.look.theme import SPACE, THEMES, model_colour, tabular
from app.present.curves import error_mm, has_errors
from app.state.state import SPEEDS, Bookmark, LoadedClip, Shown, State
from app.widgets.later import Later
from app.widgets.painting import clock_text
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
        self.speed = QComboBox(toolTip="Speed of playing")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        row.addSpacing(SPACE)
        row.addWidget(self.speed)
        row.addSpacing(SPACE)
        row.addWidget(self.bar, 1)
        row.addSpacing(SPACE)
        self.time = label("", "value", "Time of this frame / length of the clip")
        self.frame = QSpinBox(keyboardTracking=False, toolTip="The frame; press G and type a number to go there")
        self.frame.lineEdit().setTextMargins(5, 0, 5, 0)
        self.frame.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.frame.editingFinished.connect(self.frame.clearFocus)  # the keys belong to the window again
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

        self.bar.sought.connect(state.set_time)
        self.bar.loop_dragged.connect(self._drag_loop)
        self.speed.activated.connect(lambda _: state.set_speed(self.speed.currentData()))
        self.frame.valueChanged.connect(state.set_frame)
        state.clip_changed.connect(self.show_clip)
        showing = Later(self, lambda: self.show_results(state.shown))
        state.shown_changed.connect(lambda _: showing.start())
        state.selection_changed.connect(lambda _: showing.start())
        state.bookmarks_changed.connect(self.show_bookmarks)
        state.frame_changed.connect(self.show_frame)
        state.loop_changed.connect(self.show_loop)
        state.speed_changed.connect(self.show_speed)
        state.theme_changed.connect(self._dress)
        self._dress(state.theme)
        self.show_clip(state.clip)
        self.show_bookmarks(state.bookmarks)
        self.show_speed(state.speed)

    def ask_frame(self) -> None:
        """Let a frame number be typed."""
        self.frame.setFocus()
        self.frame.selectAll()

    def show_clip(self, clip: LoadedClip | None) -> None:
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
        self.show_loop(*self._state.loop)
        self.show_frame(self._state.frame)

    def show_results(self, shown: Shown | None) -> None:
        if shown is None or not has_errors(shown):
            self.bar.set_strips([])
            return
        self.bar.set_strips(
            [
                (model.label, model_colour(slot.colour), shown.results.times, error_mm(model, self._state.selection))
                for slot, model in zip(shown.slots, shown.results.models, strict=True)
            ]
        )

    def show_bookmarks(self, bookmarks: tuple[Bookmark, ...]) -> None:
        clip = self._state.clip
        self.bar.set_marks([(float(clip.times[b.frame]), b.note) for b in bookmarks] if clip is not None else [])

    def show_frame(self, frame: int) -> None:
        clip = self._state.clip
        if clip is None or not len(clip.times):
            return
        seconds = float(clip.times[frame])
        self.bar.set_time(seconds)
        self.time.setText(f"{clock_text(seconds)} / {clock_text(float(clip.times[-1]))}")
        with QSignalBlocker(self.frame):
            self.frame.setValue(frame)

    def show_loop(self, first: int, last: int) -> None:
        clip = self._state.clip
        if clip is not None and last < len(clip.times):
            self.bar.set_loop(float(clip.times[first]), float(clip.times[last]))

    def show_speed(self, speed: float) -> None:
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - speed))
        self.speed.setCurrentIndex(nearest)

    def _drag_loop(self, first: float, last: float) -> None:
        clip = self._state.clip
        if clip is not None:
            self._state.set_loop(*(int(abs(clip.times - at).argmin()) for at in (first, last)))

    def _dress(self, name: str) -> None:
        self.bar.set_theme(THEMES[name])
