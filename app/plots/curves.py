"""Curves over time with a cursor on the clock: of whole clips, or of the last seconds of a live feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.look import icons
from app.look.theme import THEMES, Theme
from app.plots.chart import LogAxis, dress
from app.plots.end_names import NARROW, EndNames
from app.plots.ring import Ring
from app.widgets.later import Later
from app.widgets.sliders import label

Float = NDArray[np.float64]

CACHED = QGraphicsItem.CacheMode.DeviceCoordinateCache
"""The cursor moves over a picture of the rest, which is not drawn again."""
FAINT = 0.4
"""Opacity of a curve that others are compared with."""
DENSITY = 1.0  # samples for each pixel across above which only the extremes of so many are drawn
WIDE, FINE = 1.5, 1.0  # pixels
WIDE_UP_TO = 5000
"""Samples of all curves that are drawn wide; more are dense anyway, and Qt draws fine lines several times faster."""


@dataclass(frozen=True, eq=False)
class Curve:
    """name and "#rrggbb" for the legend; (T,) seconds and (T,) values, NaN where there is none.

    faint  whether it steps back, without a name: what others are compared with
    said   what the title says of it
    """

    name: str
    colour: str
    times: Float
    values: Float
    faint: bool = False
    said: str = ""


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

    def __init__(self, title: str, unit: str, tip: str = "", *, log: bool = False, named: bool = False) -> None:
        """log: values on a scale of decades; named: names at the curves' ends, and a lock for the values' axis."""
        super().__init__()
        self._unit, self._title = unit, title
        self._log, self._named = log, named
        self._curves: tuple[Curve, ...] = ()
        self._lines: list[pg.PlotDataItem] = []
        self._fitted: tuple[float, float, float, float] | None = None
        self._live: tuple[tuple[tuple[str, str], ...], Ring] | None = None
        self._drawing = Later(self, self._draw_live)
        self._theme = THEMES["dark"]
        self._box = _Box()
        self._box.setMenuEnabled(False)
        self._box.setMouseEnabled(x=True, y=False)
        axes = {"bottom": _Seconds("bottom")} | ({"left": LogAxis("left", lambda v: f"{v:g}")} if log else {})
        self.plot = pg.PlotWidget(viewBox=self._box, axisItems=axes)
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
        self.lock = QToolButton()
        self.lock.setCheckable(True)
        self.lock.setToolTip("Lock the axis of the values: it stays as it is, so that changes can be compared")
        self.lock.setVisible(named)
        self.lock.toggled.connect(lambda _: self.show_all())
        top.addWidget(self.lock)
        self.ends = EndNames()
        self.ends.hide()
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.plot, 1)
        beside.addWidget(self.ends)
        self._naming = Later(self, self._name_ends)
        self._box.sigRangeChanged.connect(lambda *_: self._naming.start())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addLayout(beside, 1)
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
        self._drawing.stop()  # of samples before
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
            colour = QColor(curve.colour)
            colour.setAlphaF(FAINT if curve.faint else 1.0)
            line.setData(curve.times, self._placed(curve.values), pen=pg.mkPen(colour, width=width), antialias=True)
        if curves:
            self._fit()
        self._naming.start()
        self.note.setText(empty)
        self.plot.setVisible(bool(curves))
        self.note.setVisible(not curves)
        self._say_title()

    def _placed(self, values: Float) -> Float:
        """Return where values stand on the axis: at their logarithm, where it is one of decades."""
        if not self._log:
            return values
        known = np.where(np.isfinite(values) & (values > 0), values, np.nan)
        return np.asarray(np.log10(known))

    def _name_ends(self) -> None:
        """Write the names beside the plot, at the height of the curves at its right edge."""
        wanted = [curve for curve in self._curves if not curve.faint]
        fits = self._named and self.width() >= NARROW and bool(wanted)
        self.ends.setVisible(fits)
        if not fits:
            return
        self.ends.setFixedWidth(round(min(max(0.26 * self.width(), 70), 150)))
        right = self._box.viewRange()[0][1]
        names = []
        for curve in wanted:
            known = np.flatnonzero(np.isfinite(self._placed(curve.values)) & (curve.times <= right + 1e-9))
            if len(known):
                value = float(self._placed(curve.values)[known[-1]])
                scene = self._box.mapViewToScene(QPointF(right, value))
                names.append((curve.name, curve.colour, float(self.plot.mapFromScene(scene).y())))
        self.ends.show_names(names)

    def show_all(self) -> None:
        """Show the whole clip again."""
        self._fitted = None if not self.lock.isChecked() or self._fitted is None else (0.0, 0.0, *self._fitted[2:])
        if self._curves:
            self._fit()

    def _fit(self) -> None:
        """Show all of the time and (nearly) all of the values; nothing moves if it fits already, or is locked.

        Values begin at 0, or at a decade.
        """
        values = np.concatenate([self._placed(c.values) for c in self._curves])
        values = values[np.isfinite(values)]
        if self._log:
            low, top = _decades(values)
        else:
            low, top = 0.0, max(float(np.percentile(values, 99.5)) * 1.1 if len(values) else 1.0, 1e-6)
            step = 10.0 ** np.floor(np.log10(top)) / 2  # a round number: small changes do not move the axis
            top = float(np.ceil(top / step) * step)
        if self.lock.isChecked() and self._fitted is not None:
            low, top = self._fitted[2:]
        start = min(float(c.times[0]) for c in self._curves)
        end = max(max(float(c.times[-1]) for c in self._curves), start + 1e-3)
        if (start, end, low, top) != self._fitted:
            self._box.setLimits(xMin=start, xMax=end)
            self._box.setYRange(low, top, padding=0)
            self._box.setXRange(start, end, padding=0)
            self._fitted = (start, end, low, top)

    def set_cursor(self, seconds: float) -> None:
        if self.plot.isVisible():
            self.cursor_line.setPos(seconds)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        dress(self.plot, theme)
        self.cursor_line.setPen(pg.mkPen(theme.text, width=1.5))
        self.lock.setIcon(icons.icon("lock", theme.muted, size=16))
        self._say_title()

    def _say_title(self) -> None:
        head = f'<b style="color:{self._theme.text}">{escape(self._title)}</b> {escape(self._unit)}'
        listed = [curve for curve in self._curves if not curve.faint]
        named = self._titled(head, listed, names=True)
        self.title.setToolTip(named)
        said = [f"{c.said} {self._unit}" if c.said else "" for c in listed]
        plain = self.fontMetrics().horizontalAdvance(f"{self._title} {self._unit}")
        with_units = plain + sum(self.fontMetrics().horizontalAdvance(f"   ■ {text}") for text in said)
        with_names = with_units + sum(self.fontMetrics().horizontalAdvance(c.name) for c in listed)
        if not self._named and with_names < self.width() - 40:
            title = named
        else:  # without names rather than cut off
            shown = [curve for curve in listed if curve.said or not self._named]
            title = self._titled(head, shown, units=with_units < self.width() - 60)
        if title != self.title.text():
            self.title.setText(title)

    def _titled(self, head: str, curves: Sequence[Curve], *, names: bool = False, units: bool = True) -> str:
        """Write the title with a chip for each of these curves, what is said of it, and its name if wanted."""
        parts = [head]
        for curve in curves:
            said = f" {curve.said}{f' {self._unit}' if units else ''}" if curve.said else ""
            name = f" {curve.name}" if names else ""
            chip = f'<span style="color:{curve.colour}">&nbsp;&nbsp;■</span>'
            parts.append(f"{chip}{escape(said)}{escape(name)}")
        return "".join(parts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._say_title()
        self._naming.start()


def _decades(values: Float) -> tuple[float, float]:
    """Choose the ends of an axis of log10 values: nearly all of them, in steps of a third of a decade."""
    low, top = np.percentile(values, (1, 99.8)) if len(values) else (0.0, 1.0)
    first, last = np.floor(3 * low) / 3, np.ceil(3 * top) / 3
    return float(first), float(max(last, first + 1 / 3))
