"""Curves over time with a cursor on the clock: of whole clips, or of the last seconds of a live feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.look.theme import THEMES, Theme
from app.plots.chart import dress
from app.plots.ring import Ring
from app.widgets.later import Later
from app.widgets.sliders import label

Float = NDArray[np.float64]

CACHED = QGraphicsItem.CacheMode.DeviceCoordinateCache
"""The cursor moves over a picture of the rest, which is not drawn again."""
DENSITY = 1.0  # samples for each pixel across above which only the extremes of so many are drawn
WIDE, FINE = 1.5, 1.0  # pixels
WIDE_UP_TO = 5000
"""Samples of all curves that are drawn wide; more are dense anyway, and Qt draws fine lines several times faster."""


@dataclass(frozen=True, eq=False)
class Curve:
    """name and "#rrggbb" for the legend; (T,) seconds and (T,) values, NaN where there is none."""

    name: str
    colour: str
    times: Float
    values: Float


class _Box(pg.ViewBox):
    """Left button: go there, and scrub. Wheel: zoom in time. Right or middle button: move. Double click: all of it."""

    sought = Signal(float)
    all_wanted = Signal()

    def mouseClickEvent(self, ev: MouseClickEvent) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if ev.double():
                self.all_wanted.emit()
            else:
                self.sought.emit(self.mapSceneToView(ev.scenePos()).x())

    def mouseDragEvent(self, ev: MouseDragEvent, axis: int | None = None) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.sought.emit(self.mapSceneToView(ev.scenePos()).x())
        else:
            super().mouseDragEvent(ev, axis=0)

    def wheelEvent(self, ev: object, axis: int | None = None) -> None:
        super().wheelEvent(ev, axis=0)


class _Seconds(pg.AxisItem):
    """The time axis, with its unit at every number."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [f"{text} s" for text in super().tickStrings(values, scale, spacing)]


class CurvePlot(QWidget):
    """One quantity over time: a title with unit and legend above, curves, and the cursor. Emits `sought` (seconds)."""

    sought = Signal(float)

    def __init__(self, title: str, unit: str, tip: str = "") -> None:
        super().__init__()
        self._unit, self._title = unit, title
        self._curves: tuple[Curve, ...] = ()
        self._lines: list[pg.PlotDataItem] = []
        self._fitted: tuple[float, float, float] | None = None
        self._live: tuple[tuple[tuple[str, str], ...], Ring] | None = None
        self._drawing = Later(self, self._draw_live)
        self._theme = THEMES["dark"]
        self._box = _Box()
        self._box.setMenuEnabled(False)
        self._box.setMouseEnabled(x=True, y=False)
        self.plot = pg.PlotWidget(viewBox=self._box, axisItems={"bottom": _Seconds("bottom")})
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=False, y=True, alpha=0.18)
        self.plot.setToolTip(tip)
        item = self.plot.getPlotItem()
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        for side in ("left", "bottom"):
            item.getAxis(side).setCacheMode(CACHED)
        item.getAxis("left").setWidth(44)
        item.getAxis("bottom").setHeight(22)
        item.getAxis("left").enableAutoSIPrefix(False)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.getAxis("bottom").setLabel(None)
        self.cursor_line = pg.InfiniteLine(pos=0, angle=90, movable=False)
        self.cursor_line.setZValue(10)
        item.addItem(self.cursor_line, ignoreBounds=True)
        self.title, self.note = label("", "muted"), label("", "muted")
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # never widens the window
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setWordWrap(True)
        top = QHBoxLayout()
        top.setContentsMargins(12, 4, 8, 0)
        top.addWidget(self.title, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.note, 1)
        self._box.sought.connect(self.sought)
        self._box.all_wanted.connect(self.show_all)
        self.set_curves([])
        self.set_theme(self._theme)

    def set_curves(self, curves: Sequence[Curve], empty: str = "", *, title: str | None = None) -> None:
        """Draw these instead; `empty` says why there are none. Lines are kept and only given other values."""
        self._live = None
        self._draw(curves, empty, title)

    def set_live(self, names: Sequence[tuple[str, str]], span_s: float) -> None:
        """Begin a curve for each (name, "#rrggbb"), which shows the last `span_s` seconds of appended samples."""
        self._live, self._fitted = (tuple(names), Ring(len(names), span_s)), None
        self._draw([])

    def append(self, seconds: float, values: Sequence[float]) -> None:
        """Add a sample to every live curve, NaN where there is none; one drawing for a turn of the event loop.

        seconds  later than those before
        """
        if self._live is not None:
            self._live[1].append(seconds, values)
            self._drawing.start()

    def _draw_live(self) -> None:
        if self._live is not None:
            names, ring = self._live
            lines = zip(names, ring.values, strict=True)
            self._draw([Curve(name, colour, ring.times, values) for (name, colour), values in lines])

    def _draw(self, curves: Sequence[Curve], empty: str = "", title: str | None = None) -> None:
        self._title, self._curves = title or self._title, tuple(curves)
        item = self.plot.getPlotItem()
        while len(self._lines) > len(curves):
            item.removeItem(self._lines.pop())
        while len(self._lines) < len(curves):
            line = pg.PlotDataItem(connect="finite")
            line.curve.setCacheMode(CACHED)
            line.curve.setSegmentedLineMode("on")  # ten times faster than one path where a curve trembles
            line.opts["autoDownsampleFactor"] = DENSITY
            self._lines.append(line)
            item.addItem(line)
        width = WIDE if sum(len(curve.times) for curve in curves) <= WIDE_UP_TO else FINE
        for curve, line in zip(curves, self._lines, strict=True):
            line.setData(curve.times, curve.values, pen=pg.mkPen(curve.colour, width=width), antialias=True)
        if curves:
            self._fit()
        self.note.setText(empty)
        self.plot.setVisible(bool(curves))
        self.note.setVisible(not curves)
        self._say_title()

    def show_all(self) -> None:
        """Show the whole clip again."""
        self._fitted = None
        if self._curves:
            self._fit()

    def _fit(self) -> None:
        """Show all of the time and (nearly) all of the values, from 0; nothing moves if it fits already."""
        values = np.concatenate([c.values for c in self._curves])
        values = values[np.isfinite(values)]
        top = max(float(np.percentile(values, 99.5)) * 1.1 if len(values) else 1.0, 1e-6)
        step = 10.0 ** np.floor(np.log10(top)) / 2  # a round number: small changes do not move the axis
        top = float(np.ceil(top / step) * step)
        start = min(float(c.times[0]) for c in self._curves)
        end = max(max(float(c.times[-1]) for c in self._curves), start + 1e-3)
        if (start, end, top) != self._fitted:
            self._box.setLimits(xMin=start, xMax=end)
            self._box.setYRange(0, top, padding=0)
            self._box.setXRange(start, end, padding=0)
            self._fitted = (start, end, top)

    def set_cursor(self, seconds: float) -> None:
        if self.plot.isVisible():
            self.cursor_line.setPos(seconds)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        dress(self.plot, theme)
        self.cursor_line.setPen(pg.mkPen(theme.text, width=1.5))
        self._say_title()

    def _say_title(self) -> None:
        head = f'<b style="color:{self._theme.text}">{escape(self._title)}</b> {escape(self._unit)}'
        chips = [f'<span style="color:{c.colour}">&nbsp;&nbsp;&nbsp;■</span>' for c in self._curves]
        named = head + "".join(f"{chip} {escape(c.name)}" for chip, c in zip(chips, self._curves, strict=True))
        self.title.setToolTip(named)
        plain = "".join(f"   ■ {c.name}" for c in self._curves)
        wide = self.fontMetrics().horizontalAdvance(f"{self._title} {self._unit} {plain}")
        title = named if wide < self.width() - 40 else head + "".join(chips)  # without names rather than cut off
        if title != self.title.text():
            self.title.setText(title)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_title()
