"""The error of each model over time as pixels, with a cursor that moves: the lower part of a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.experiment.results import ModelResult, Results
from engine.export.chart import LineStyle, drawing, legend_above, pixels
from engine.export.palette import DARK, ChartTheme, rgb
from engine.export.picture import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

Float = NDArray[np.float64]

DPI = 120
"""Of a chart 1280 pixels wide."""
DOT = 4.0
"""Radius of the cursor's dots at that width, pixels."""
SMALLEST = 0.6
"""Text and lines grow with the width, down to this fraction of what they are at 1280 pixels."""


@dataclass(frozen=True)
class CursorChart:
    """A chart that was drawn once, and where its curves are in it.

    picture    (H, W, 3)
    box        left, top, right, bottom of the panel, pixels
    times      (T,) seconds
    columns    (T,) of the times, as indices into the picture between whole pixels
    rows       (M, T) of the curves, likewise; NaN where a curve has a gap
    colours    (M,) of the curves; line: of the cursor
    radius     of the dots, pixels
    """

    picture: Picture
    box: tuple[int, int, int, int]
    times: Float
    columns: Float
    rows: Float
    colours: tuple[tuple[int, int, int], ...]
    line: tuple[int, int, int]
    radius: float

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) pixels."""
        height, width = self.picture.shape[:2]
        return width, height

    def at(self, time: float) -> Picture:
        """A copy of the picture with a vertical line at `time`, and a dot on every curve there."""
        _, top, _, bottom = self.box
        picture = self.picture.copy()
        x = float(np.interp(time, self.times, self.columns))
        picture[top:bottom, round(x)] = self.line
        for row, colour in zip(self.rows, self.colours, strict=True):
            y = float(np.interp(time, self.times, row))
            if np.isfinite(y):
                _dot(picture, x, y, self.radius, colour)
        return picture


def error_chart(
    results: Results, colours: Sequence[str], size: tuple[int, int], theme: ChartTheme = DARK
) -> CursorChart:
    """Draw the MPJPE of each model over time; `colours` are the models', size is (width, height) in pixels."""
    from matplotlib.figure import Figure

    scale = max(size[0] / 1280, SMALLEST)
    dpi = DPI * scale
    with drawing(theme):
        figure = Figure((size[0] / dpi, size[1] / dpi), dpi=dpi, layout="constrained")
        samples = [LineStyle().sample(colour, theme) for colour in colours]
        legend = legend_above(figure, samples, [_label(model) for model in results.models], "outside upper right")
        axes = figure.subplots()
        _title(axes, f"{results.clip_name}, {results.input_hz:.4g} Hz", legend)
        for model, colour in zip(results.models, colours, strict=True):
            axes.plot(results.times, model.over_time("mpjpe_mm"), **LineStyle().look(colour, theme))
        axes.set_xlim(0.0, max(float(results.times[-1]), 1e-3))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("time (s)")
        axes.set_ylabel("MPJPE (mm)")
        picture = pixels(figure)
    box = axes.bbox
    return CursorChart(
        picture,
        (round(box.x0), round(size[1] - box.y1), round(box.x1), round(size[1] - box.y0)),
        results.times,
        np.clip(_places(axes, results.times, np.zeros(results.frames), size[1])[:, 0], 0, size[0] - 1),
        np.array(
            [_places(axes, results.times, model.over_time("mpjpe_mm"), size[1])[:, 1] for model in results.models]
        ),
        tuple(map(rgb, colours)),
        rgb(theme.muted),
        DOT * scale,
    )


def _title(axes: Axes, text: str, legend: Legend) -> None:
    """Write the title beside the legend where there is room for both, else below it."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    left, top = 0.06 * figure.dpi / figure.bbox.width, 1.0 - 0.06 * figure.dpi / figure.bbox.height
    title = figure.text(left, top, text, weight="bold", va="top")
    if title.get_window_extent().x1 + 0.3 * figure.dpi > figure.bbox.width - legend.get_window_extent().width:
        title.remove()
        axes.set_title(text)


def _places(axes: Axes, x: Float, y: Float, height: int) -> Float:
    """(T, 2) column and row of points in a picture of that height; matplotlib counts from the lower left corner."""
    left, up = axes.transData.transform(np.stack([x, y], axis=1)).T
    return np.stack([left - 0.5, height - up - 0.5], axis=1)


def _dot(picture: Picture, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
    """Paint a disc with a smooth edge, as far as it is inside the picture."""
    height, width = picture.shape[:2]
    reach = int(radius) + 2
    left, right = max(round(x) - reach, 0), min(round(x) + reach + 1, width)
    top, bottom = max(round(y) - reach, 0), min(round(y) + reach + 1, height)
    down, across = np.mgrid[top:bottom, left:right]
    cover = np.clip(radius + 0.5 - np.hypot(across - x, down - y), 0.0, 1.0)[..., None]
    patch = picture[top:bottom, left:right]
    picture[top:bottom, left:right] = np.round(cover * np.array(colour) + (1.0 - cover) * patch)


def _label(model: ModelResult) -> str:
    mean = model.summary["mpjpe_mm"]
    return model.label if np.isnan(mean) else f"{model.label}  {mean:.1f} mm"
