"""The base of still plots: a title with a legend above them, axes in the theme's colours, logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.look.theme import THEMES, Theme, tabular
from app.widgets.sliders import label

Float = NDArray[np.float64]
LegendEntry = tuple[str, str]
"""Colour and text."""


class LogAxis(pg.AxisItem):
    """An axis of log10 values: numbers at the decades (at 2 and 5 too where few are in sight), short ticks between."""

    def __init__(self, side: str, say: Callable[[float], str]) -> None:
        super().__init__(side)
        self._say = say

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        said = (1, 2, 5) if maxVal - minVal < 2 else (1,)
        decades = range(math.floor(minVal), math.ceil(maxVal) + 1)
        every = [(digit, decade + math.log10(digit)) for decade in decades for digit in range(1, 10)]
        inside = [(digit, value) for digit, value in every if minVal <= value <= maxVal]
        return [(1.0, [v for d, v in inside if d in said]), (0.1, [v for d, v in inside if d not in said])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [self._say(10.0**value) if spacing == 1.0 else "" for value in values]


class Chart(QWidget):
    """A plot that is looked at, not moved in. `plot` is pyqtgraph's; `set_theme` before it is shown."""

    def __init__(self, title: str, unit: str, tip: str = "", **axes: pg.AxisItem) -> None:
        super().__init__()
        self._title, self._unit = title, unit
        self._legend: tuple[LegendEntry, ...] = ()
        self._theme = THEMES["dark"]
        box = pg.ViewBox(enableMouse=False, enableMenu=False)
        self.plot = pg.PlotWidget(viewBox=box, axisItems=axes)
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=True, y=True, alpha=0.14)
        self.setToolTip(tip)
        for side in ("left", "bottom"):
            self.axis(side).enableAutoSIPrefix(False)
        self.axis("left").setWidth(48)
        self.axis("bottom").setHeight(22)
        self.title = label("")
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.title.setContentsMargins(12, 4, 8, 0)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.title)
        layout.addWidget(self.plot, 1)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def axis(self, side: str) -> pg.AxisItem:
        return self.plot.getPlotItem().getAxis(side)

    def set_title(self, title: str, unit: str) -> None:
        self._title, self._unit = title, unit
        self._say_title()

    def set_legend(self, entries: Sequence[LegendEntry]) -> None:
        self._legend = tuple(entries)
        self._say_title()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        dress(self.plot, theme)
        self.setStyleSheet(f"Chart {{ background: {theme.plot}; }}")
        self._say_title()

    def _say_title(self) -> None:
        legend = "".join(f'&nbsp;&nbsp; <span style="color:{c}">■</span>&nbsp;{escape(t)}' for c, t in self._legend)
        theme = self._theme
        self.title.setText(
            f'<b style="color:{theme.text}">{escape(self._title)}</b>'
            f' <span style="color:{theme.muted}">{escape(self._unit)}{legend}</span>'
        )


def dress(plot: pg.PlotWidget, theme: Theme) -> None:
    """Put background and axes in a theme's colours, with digits of one width."""
    plot.setBackground(theme.plot)
    font = tabular(plot.font())
    font.setPointSizeF(8.0)
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(pg.mkPen(theme.faint))
        axis.setTextPen(pg.mkPen(theme.muted))
        axis.setStyle(tickFont=font, tickLength=-4)


def shades(colour: str, count: int, *, dark: bool) -> list[str]:
    """Make shades of one hue, "#rrggbb", from receding to standing out on a dark (or light) background."""
    look = QColor(colour)
    hue, saturation = look.hslHueF(), look.hslSaturationF()
    ends = (0.32, 0.82) if dark else (0.76, 0.26)
    return [QColor.fromHslF(hue, saturation, float(light)).name() for light in np.linspace(*ends, count)]
