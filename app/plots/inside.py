"""Plots of an SSM's memory: kernels over seconds, reach of its channels, Δ of every channel."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from app.look.theme import Theme
from app.plots.chart import Chart, Float, LogAxis, shades
from app.present.wording import duration

SECONDS = (-2.3, 2.5)
"""log10 of the seconds that are shown: the axes stay, so that what moves with Δ is seen to move."""
STEPS_ROOM = 1.3  # decades that Δ can be moved up and down by hand


class KernelsPlot(Chart):
    """Kernels of some channels over the time that lies back, each in units of its largest value."""

    def __init__(self) -> None:
        super().__init__(
            "Kernels",
            "",
            "What a channel makes of an input that lies so far back, as a fraction of its largest value; a stair is a\n"
            "frame. With Δ on auto only the stairs change with the frame rate, not the kernel: that is what\n"
            "rescaling Δ is for. Five channels, from the shortest memory to the longest; their memory in seconds.",
            bottom=LogAxis("bottom", duration),
        )
        self._lines: list[pg.PlotDataItem] = []
        self.plot.setXRange(*SECONDS, padding=0)
        self.plot.setYRange(-1.08, 1.08, padding=0)

    def set_kernels(self, lags_s: Float, kernels: Float, horizons_s: Float, frame_s: float, colour: str) -> None:
        """Draw kernels (k, L), whose stairs begin at lags_s (L,), with horizons_s (k,), from short to long memory."""
        edges = np.log10(np.append(np.maximum(lags_s, frame_s / 2), lags_s[-1] + frame_s))
        colours = shades(colour, len(kernels), dark=self._theme.name == "dark")
        while len(self._lines) > len(kernels):
            self.plot.removeItem(self._lines.pop())
        while len(self._lines) < len(kernels):
            self._lines.append(pg.PlotDataItem(stepMode="center", antialias=True))
            self.plot.addItem(self._lines[-1])
        for line, kernel, shade in zip(self._lines, kernels, colours, strict=True):
            line.setData(edges, kernel / max(np.abs(kernel).max(), 1e-30), pen=pg.mkPen(shade, width=2))
        self.set_legend([(c, duration(h)) for c, h in zip(colours, horizons_s, strict=True)])


class MemoryPlot(Chart):
    """The reach of channels: for every time the fraction of them that has forgotten by then."""

    def __init__(self) -> None:
        super().__init__(
            "Memory",
            "% forgotten within this time",
            "Of the channels: how many have 95 % of their kernel's energy within this time.\n"
            "Of the modes: how many have decayed to 1/e by then, 1 / (-Re λ).",
            bottom=LogAxis("bottom", duration),
        )
        self._channels, self._modes = pg.PlotDataItem(antialias=True), pg.PlotDataItem(antialias=True)
        self._marks = [pg.InfiniteLine(angle=90, movable=False) for _ in range(2)]
        self._labels = [pg.InfLineLabel(mark, text, position=0.94, anchor=(0, 0.5)) for mark, text in
                        zip(self._marks, ("frame", "clip"), strict=True)]  # fmt: skip
        for item in (*self._marks, self._modes, self._channels):
            self.plot.addItem(item)
        self.plot.setXRange(*SECONDS, padding=0)
        self.plot.setYRange(0, 104, padding=0)

    def set_memory(self, horizons_s: Float, constants_s: Float, frame_s: float, clip_s: float, colour: str) -> None:
        """Draw horizons_s (H,) of channels and constants_s of all modes, beside the lengths of a frame and the clip."""
        modes = self._theme.muted
        for line, values, pen in (
            (self._modes, constants_s, pg.mkPen(modes, width=1.6)),
            (self._channels, horizons_s, pg.mkPen(colour, width=2.4)),
        ):
            line.setData(*_fractions(values), pen=pen)
        for mark, seconds in zip(self._marks, (frame_s, clip_s), strict=True):
            mark.setPos(float(np.log10(max(seconds, 1e-6))))
        self.set_legend([(colour, "channels"), (modes, "modes")])

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for mark, text in zip(self._marks, self._labels, strict=True):
            mark.setPen(pg.mkPen(theme.faint, width=1.2))
            text.setColor(theme.muted)


class StepsPlot(Chart):
    """Δ of every channel, sorted: as trained, and as it is taken now."""

    def __init__(self) -> None:
        super().__init__(
            "Step Δ",
            "of every channel, sorted",
            "How much of an SSM's own time passes in a frame: large steps forget soon, small ones remember long.",
            left=LogAxis("left", lambda value: f"{value:.4g}"),
        )
        self._trained, self._now = pg.PlotDataItem(antialias=True), pg.PlotDataItem(antialias=True)
        self.plot.addItem(self._trained)
        self.plot.addItem(self._now)

    def set_steps(self, steps: Float, rate: float, colour: str) -> None:
        """Draw Δ: steps (H,) are those taken now, rate is the factor on the trained ones."""
        now = np.log10(np.sort(steps))
        trained, ranks = now - np.log10(rate), np.arange(1, len(steps) + 1)
        faint = self._theme.muted
        self._trained.setData(ranks, trained, pen=pg.mkPen(faint, width=1.6))
        self._now.setData(
            ranks, now, pen=pg.mkPen(colour, width=2.4), symbol="o", symbolSize=4, symbolBrush=colour, symbolPen=None
        )
        self.plot.setXRange(0.5, len(steps) + 0.5, padding=0)
        self.plot.setYRange(trained[0] - STEPS_ROOM, trained[-1] + STEPS_ROOM, padding=0)
        self.set_legend([(colour, f"now, ×{rate:.3g}"), (faint, "as trained")])


def _fractions(values: Float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return log10 of the sorted values over the whole axis, and the percentage that each of them reaches."""
    found = np.log10(np.sort(values.ravel()))
    x = np.concatenate([[SECONDS[0]], np.repeat(found, 2), [SECONDS[1]]])
    y = np.repeat(np.linspace(0, 100, len(found) + 1), 2)
    return x, y
