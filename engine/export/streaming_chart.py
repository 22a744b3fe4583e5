"""The chart of the streaming bench: time for a frame over the frames before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bench.streaming import SYSTEMS, StreamingBench
from engine.export.chart import COLUMN, PAGE, LineStyle, drawing, legend_on_top, name_axes, plain_numbers
from engine.export.palette import LIGHT, ChartTheme, model_colour
from engine.export.streaming_report import SYSTEM_LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT = 2.6
AS_WRITTEN, OPTIMISED = LineStyle("--"), LineStyle("-", "o")
COLOURS = {system: model_colour(k) for k, system in enumerate(SYSTEMS)}


def streaming_chart(bench: StreamingBench, theme: ChartTheme = LIGHT) -> Figure:
    """Draw milliseconds for a frame over the context, both logarithmic, a panel for each batch; dashed as written."""
    from matplotlib.figure import Figure

    styles = {"plain": AS_WRITTEN, "packed": OPTIMISED} if "packed" in bench.variants else {"plain": OPTIMISED}
    width = PAGE if len(bench.batches) > 1 else COLUMN
    with drawing(theme):
        figure = Figure((width, PANEL_HEIGHT), layout="constrained")
        handles = [OPTIMISED.sample(COLOURS[system], theme) for system in SYSTEMS]
        labels = [SYSTEM_LABELS[system] for system in SYSTEMS]
        if len(styles) > 1:
            handles += [styles["packed"].sample(theme.muted, theme), styles["plain"].sample(theme.muted, theme)]
            labels += ["linear layers packed", "as written"]
        legend_on_top(figure, handles, labels, PANEL_HEIGHT)
        grid = figure.subplots(1, len(bench.batches), sharey=True, squeeze=False)
        for axes, batch in zip(grid[0], bench.batches, strict=True):
            _draw(axes, bench, batch, styles, theme)
        name_axes(figure, grid, "context (frames)", "time per frame (ms)")
    return figure


def _draw(axes: Axes, bench: StreamingBench, batch: int, styles: dict[str, LineStyle], theme: ChartTheme) -> None:
    axes.set_title(f"{bench.device}, batch {batch}")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(bench.contexts, map(str, bench.contexts), minor=False)
    for system in SYSTEMS:
        for variant, style in styles.items():
            rows = [row for context in bench.contexts if (row := bench.find(system, variant, context, batch))]
            axes.plot([r.context for r in rows], [r.ms for r in rows], **style.look(COLOURS[system], theme))
    plain_numbers(axes)
