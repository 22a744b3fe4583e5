"""The line at the bottom: rates and latencies, always visible."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look.theme import THEMES
from app.present.wording import hertz, mean_rate, number
from app.state.results import Message
from app.state.state import State
from app.widgets.sliders import label
from engine.errors import InputError
from engine.ssm.kernels import describe

EVERY_MS = 500
SIGN_MS = 4000
"""How long it says that something has been done."""
LATE_MS = 300
"""Work that is done sooner is not announced: a flickering bar helps nobody."""


class Status(QWidget):
    """display_fps: how many pictures the 3D view drew in the last second."""

    def __init__(self, state: State, display_fps: Callable[[], float]) -> None:
        super().__init__()
        self._state, self._fps = state, display_fps
        self.source = label("", "", "Frame rate of the clip, from its timestamps")
        self.model = label("", "", "Frame rate of the input, less what gets lost, before any resampling")
        self.display = label("", "", "Pictures of the 3D view in the last second")
        self.inference = label("", "", "Inference of the whole clip, on a worker thread, over its frames")
        self.device = label("CPU", "", "Where the models run")
        self.promise = label("exact", "", "Every frame of the recording is run; none is ever dropped")
        self.live = label("", "", "A live run: predictions a second, latency p50 / p95, frames that were dropped")
        self.activity, self.sign = label("", "muted"), label("", "value")
        self.progress = ThinBar(state)
        self.progress.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        row.setSpacing(0)
        parts = (self.source, self.model, self.display, self.inference, self.device, self.promise)
        for number_, part in enumerate(parts):
            if number_:
                row.addWidget(label("  ·  ", "muted"))
            row.addWidget(part)
        self._before_live = label("  ·  ", "muted")
        row.addWidget(self._before_live)
        row.addWidget(self.live)
        row.addStretch()
        row.addWidget(self.sign)
        row.addSpacing(8)
        row.addWidget(self.activity)
        row.addSpacing(8)
        row.addWidget(self.progress)
        self._late = QTimer(self, interval=LATE_MS, singleShot=True)
        self._late.timeout.connect(lambda: self._show_activity(True))
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._refresh_fps)
        self._timer.start()
        state.live.events.line.connect(self._show_live)
        self._show_live(state.live.line)
        self._passing = QTimer(self, interval=SIGN_MS, singleShot=True)
        self._passing.timeout.connect(self.sign.clear)
        state.results.events.sign.connect(self._show_sign)
        state.document.events.clip.connect(lambda _: self.refresh())
        state.results.events.shown.connect(lambda _: self.refresh())
        state.document.events.settings.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        clip, shown = self._state.document.clip, self._state.results.shown
        self.source.setText(f"source {hertz(clip.rate_hz)}" if clip else "no clip")
        self.model.setText(f"model {mean_rate(self._state.document.settings.input, clip.rate_hz if clip else 0.0)}")
        models = shown.results.models if shown else ()
        said = " + ".join(number(m.summary["ms_per_frame"], 1) for m in models)
        self.inference.setText(f"{said or '–'} ms/frame")
        devices = tuple(dict.fromkeys(m.choice.device for m in models))
        self.device.setText(" + ".join(devices).upper() or "CPU")
        if devices:  # from here on torch is there
            self.device.setToolTip(device_tip(devices))
        self._refresh_fps()

    def _show_live(self, line: str) -> None:
        self.live.setText(line)
        for part in (self.live, self._before_live):
            part.setVisible(bool(line))

    def set_activity(self, fraction: float, text: str) -> None:
        """Show what the workers are doing; the empty text: nothing."""
        self.activity.setText(text)
        self.progress.set_fraction(fraction)
        if not text:
            self._late.stop()
            self._show_activity(False)
        elif not self._late.isActive() and not self.progress.isVisible():
            self._show_activity(False)
            self._late.start()

    def _show_sign(self, sign: Message | None) -> None:
        self.sign.setText("" if sign is None else f"✓ {sign.text}")
        self._passing.start()

    def _show_activity(self, on: bool) -> None:
        self.progress.setVisible(on)
        self.activity.setVisible(on)

    def _refresh_fps(self) -> None:
        fps = self._fps()
        self.display.setText(f"display {fps:.0f} fps" if fps else "display at rest")


def device_tip(devices: tuple[str, ...]) -> str:
    """Name the backend of each operator of state-space models on each device."""
    try:
        lines = [f"{operator} on {device.upper()}: {line}" for device in devices for operator, line in describe(device)]
    except InputError as error:
        lines = [str(error)]
    return "\n".join(["Where the models run", *lines])


class ThinBar(QWidget):
    """A progress bar. (QProgressBar paints the whole window at once whenever its value changes.)"""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state, self._fraction = state, 0.0
        self.setFixedSize(120, 4)

    def set_fraction(self, fraction: float) -> None:
        self._fraction = fraction
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = THEMES[self._state.view.theme], QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.hover))
        painter.fillRect(0, 0, round(self._fraction * self.width()), self.height(), QColor(theme.accent))
