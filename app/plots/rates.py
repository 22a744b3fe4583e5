"""A figure of merit over what was varied: a colour for each model, a line style for each rate policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPaintDevice, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView, QVBoxLayout, QWidget

from app.look.theme import THEMES, Theme, model_colour
from app.plots.chart import Chart
from app.widgets.line_legend import STYLES, Entry, LineLegend
from app.workers.rate_bench import DASHES, Line
from engine.experiment.rate import Mode
from engine.writing import written_beside

SYMBOLS = {"solid": "o", "dash": "s", "dot": "t"}
PICTURE, SHARPNESS = QSize(960, 540), 2
"""Size of a saved picture, and its pixels for one of that size."""


class RatesPlot(QWidget):
    """The plot with its title above and its legend below it, as it is saved."""

    def __init__(self, width: float = 2.2) -> None:
        """width of the lines, pixels."""
        super().__init__()
        self._width = width
        self.chart = Chart("", "")
        self.chart.axis("bottom").setHeight(24)
        self.chart.plot.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # no picture of the background in an SVG
        self.legend = LineLegend()
        self._items: list[pg.PlotDataItem | pg.ScatterPlotItem] = []
        self._theme, self._title = THEMES["dark"], ("", "")
        self._shown: tuple[Sequence[Line], Sequence[tuple[Mode, str]], Sequence[tuple[float, str]]] = ((), (), ())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self.chart, 1)
        inner = QVBoxLayout()
        inner.setContentsMargins(52, 0, 0, 0)
        inner.addWidget(self.legend)
        layout.addLayout(inner)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setStyleSheet(f"RatesPlot {{ background: {theme.plot}; }}")
        self.chart.set_theme(theme)
        self.legend.set_theme(theme)

    @property
    def drawn(self) -> Sequence[Line]:
        return self._shown[0]

    def set_title(self, title: str, about: str) -> None:
        self._title = (title, about)
        self.chart.set_title(title, about)

    def set_lines(
        self, lines: Sequence[Line], modes: Sequence[tuple[Mode, str]], ticks: Sequence[tuple[float, str]]
    ) -> None:
        """Draw these instead; modes are (key, name) of those that the legend explains."""
        self._shown = (lines, modes, ticks)
        plot = self.chart.plot.getPlotItem()
        for item in self._items:
            plot.removeItem(item)
        self._items = []
        for line in lines:
            colour, dash = model_colour(line.colour), DASHES[line.mode]
            pen = pg.mkPen(colour, width=self._width, style=STYLES[dash])
            curve = pg.PlotDataItem(line.x, line.y, pen=pen, antialias=True, connect="finite")
            known = np.isfinite(line.y)
            points = pg.ScatterPlotItem(
                np.array(line.x)[known],
                np.array(line.y)[known],
                data=[tip for tip, there in zip(line.tips, known, strict=True) if there],
                tip=lambda x, y, data: data,
                symbol=SYMBOLS[dash],
                size=8 if dash == "solid" else 7,
                pen=None,
                brush=colour,
                hoverable=True,
                hoverSize=12,
                antialias=True,
                useCache=False,  # shapes, not pictures of them: for SVG
            )
            for item in (curve, points):
                plot.addItem(item)
                self._items.append(item)
        models = dict.fromkeys((line.model, line.colour) for line in lines)
        entries = [Entry(model, model_colour(colour)) for model, colour in models]
        if len(modes) > 1:
            entries += [Entry(name, "", DASHES[key], SYMBOLS[DASHES[key]]) for key, name in modes]
        self.legend.set_entries(entries)
        self.chart.axis("bottom").setTicks([list(ticks)])
        self._fit(lines, ticks)

    def _fit(self, lines: Sequence[Line], ticks: Sequence[tuple[float, str]]) -> None:
        places = [x for x, _ in ticks] or [0.0]
        room = 0.04 * (max(places) - min(places)) or 0.5
        self.chart.plot.setXRange(min(places) - room, max(places) + room, padding=0)
        values = np.array([y for line in lines for y in line.y])
        values = values[np.isfinite(values)]
        if len(values):
            low, high = float(values.min()), float(values.max())
            room = 0.08 * max(high - low, 0.05 * abs(high), 1e-9)
            self.chart.plot.setYRange(max(low - room, 0.0), high + room, padding=0)

    def save(self, path: Path) -> None:
        """Write the picture, dark on light, to .svg or to any raster format by its ending. Raises InputError."""
        with written_beside(path) as part:
            self._write(part)

    def _write(self, path: Path) -> None:
        if path.suffix.lower() == ".svg":
            drawing = QSvgGenerator()
            drawing.setFileName(str(path))
            drawing.setSize(PICTURE)
            drawing.setViewBox(QRect(QPoint(), PICTURE))
            self._paint(drawing, self._width, path)
        else:
            picture = QImage(PICTURE * SHARPNESS, QImage.Format.Format_RGB32)
            picture.setDevicePixelRatio(SHARPNESS)
            self._paint(picture, self._width * SHARPNESS, path)
            if not picture.save(str(path)):
                raise OSError(f"{path} cannot be written")

    def _paint(self, target: QPaintDevice, width: float, path: Path) -> None:
        painter = QPainter()
        if not painter.begin(target):
            raise OSError(f"{path} cannot be opened")
        twin = self._twin(width)
        twin.render(painter, QPoint())
        painter.end()
        twin.close()

    def _twin(self, width: float) -> RatesPlot:
        """Make the same plot in the size of a picture, whatever room there is on the screen."""
        twin = RatesPlot(width)
        twin.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        twin.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        twin.resize(PICTURE)
        twin.set_theme(THEMES["light"])
        twin.set_title(*self._title)
        twin.set_lines(*self._shown)
        twin.show()
        return twin

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)
