"""The chart of a sweep: error against the frame rate, or against the level of a stress."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.experiment.sweep import AS_SAMPLED, SweepRow, SweepTable, distinct, mode_labels
from engine.export.chart import COLUMN, PAGE, LineStyle, drawing, legend_on_top, name_axes
from engine.export.palette import LIGHT, MODEL_COLOURS, ChartTheme, model_colour
from engine.stress.catalogue import STRESSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

ACROSS = 4
"""Most panels beside each other."""
PANEL_HEIGHT = 2.0
LETTERS = 14.0
"""Of a title, an inch."""
STYLES = {
    "auto": LineStyle("-", "o"),
    "trained": LineStyle("--", "s", filled=False),
    "nominal": LineStyle("--", "s", filled=False),
    "resample": LineStyle(":", "^", filled=False),
}
"""How the line of each mode is drawn."""
MARKERS = "osD"
"""Of models that share a colour in one panel, where there are more models than colours."""


@dataclass(frozen=True)
class Panel:
    """One panel: its title and its lines, each as the index of a model and its rows under one mode."""

    title: str
    lines: tuple[tuple[int, tuple[SweepRow, ...]], ...]


def sweep_chart(table: SweepTable, theme: ChartTheme = LIGHT) -> Figure:
    """Draw MPJPE over the frame rate, or over what was varied with panels for each rate; one scale for all.

    A model is a colour and a mode a line style, in a panel for each model; where only one was swept, in one for all.
    """
    from matplotlib.figure import Figure

    by_model = len(table.modes) > 1
    blocks = _panels(table, by_model)
    columns = min(len(blocks[0]), ACROSS)
    rows_each = -(-len(blocks[0]) // columns)
    width = PAGE if columns > 1 else COLUMN
    with drawing(theme):
        figure = Figure((width, PANEL_HEIGHT), layout="constrained")
        rows = len(blocks) * rows_each
        legend_on_top(figure, *(_modes(table, theme) if by_model else _models(table, theme)), rows * PANEL_HEIGHT)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for number, block in enumerate(blocks):
            places = grid[number * rows_each : (number + 1) * rows_each].flat
            for axes, panel in zip(places, block, strict=False):
                _draw(axes, panel, table, theme, by_model)
                axes.set_title(_broken(panel.title, round(LETTERS * width / columns)))
        _label(figure, grid, table)
    return figure


def _panels(table: SweepTable, by_model: bool) -> list[list[Panel]]:
    """Panels for each rate; for all rates together where they are what was swept."""
    models = _model_names(table)
    rates = sorted({row.r for row in table.rows}) if table.varied else [0]
    blocks = []
    for r in rates:
        said = (f"1 frame in {r}" if r > 1 else "every frame") if len(rates) > 1 else ""
        lines: dict[str, list[tuple[int, tuple[SweepRow, ...]]]] = {}
        for index, model in enumerate(models):
            for mode in table.modes:
                rows = [row for row in distinct(table.rows) if (row.model, row.mode) == (model, mode)]
                if line := tuple(row for row in rows if row.r == r or not table.varied):
                    lines.setdefault(model if by_model else "", []).append((index, line))
        blocks.append([Panel(", ".join(filter(None, [name, said])), tuple(held)) for name, held in lines.items()])
    return blocks


def _draw(axes: Axes, panel: Panel, table: SweepTable, theme: ChartTheme, by_model: bool) -> None:
    for index, rows in panel.lines:
        x = [row.level if table.varied else float(np.log2(row.r)) for row in rows]
        y = [row.figures["mpjpe_mm"] for row in rows]
        style = STYLES[rows[0].mode] if by_model else _style_of(index)
        axes.plot(x, y, clip_on=False, **style.look(model_colour(index), theme))


def _label(figure: Figure, grid: NDArray[Any], table: SweepTable) -> None:
    """Scales, ticks and their names; places without a panel go."""
    axes = grid[0, 0]
    if table.varied:
        levels = sorted({row.level for row in table.rows})
        ticks = {level: f"{level:g}" for level in levels}
        across = STRESSES[table.varied].question.axis
    else:
        ticks = {float(np.log2(row.r)): f"{row.input_hz:.4g}" for row in sorted(table.rows, key=lambda row: row.r)}
        across = "input frame rate (Hz)"
    margin = 0.05 * (max(ticks) - min(ticks)) or 0.5
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xlim(min(ticks) - margin, max(ticks) + margin)
    known = [row.figures["mpjpe_mm"] for row in table.rows if np.isfinite(row.figures["mpjpe_mm"])]
    axes.set_ylim(0.0, 1.06 * max(known, default=1.0))
    name_axes(figure, grid, across, "MPJPE (mm)")
    for above, below in zip(grid[:-1].flat, grid[1:].flat, strict=True):
        if not below.lines:
            above.tick_params(labelbottom=True)
            below.remove()


def _modes(table: SweepTable, theme: ChartTheme) -> tuple[list[Line2D], list[str]]:
    """Entries of the legend for modes, in no model's colour."""
    rows, names = distinct(table.rows), mode_labels(table.modes)
    said = {
        mode: dict.fromkeys(
            f"{AS_SAMPLED} (no Δ)" if row.as_sampled else names[mode] for row in rows if row.mode == mode
        )
        for mode in table.modes
    }
    modes = [mode for mode in table.modes if said[mode]]
    return [STYLES[mode].sample(theme.muted, theme) for mode in modes], [", ".join(said[mode]) for mode in modes]


def _models(table: SweepTable, theme: ChartTheme) -> tuple[list[Line2D], list[str]]:
    """Entries of the legend for models, in their colours."""
    names = _model_names(table)
    return [_style_of(k).sample(model_colour(k), theme) for k in range(len(names))], names


def _model_names(table: SweepTable) -> list[str]:
    return list(dict.fromkeys(row.model for row in table.rows))


def _style_of(index: int) -> LineStyle:
    return LineStyle("-", MARKERS[index // len(MODEL_COLOURS) % len(MARKERS)])


def _broken(name: str, letters: int) -> str:
    """A name in as many lines as it needs, broken at spaces and after underscores."""
    return "\n".join(textwrap.wrap(name.replace("_", "_ "), letters)).replace("_ ", "_")
