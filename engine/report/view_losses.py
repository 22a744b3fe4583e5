"""What troubled cameras cost models of several views and triangulation, and how errors fall with more views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.export.chart import COLUMN, LineStyle, drawing, legend_on_top
from engine.export.palette import LIGHT, ChartTheme, model_colour
from engine.export.text_tables import markdown_table
from engine.report.view_baselines import METHODS
from engine.report.view_comparison import CONDITIONS, Compared

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL = "measured"
BEST = tuple(METHODS)[-1]
"""The kind of triangulation that is compared."""
HEIGHT = 2.4


def loss_table(found: Sequence[Compared]) -> str:
    """Error in the world, mm, under the usual condition, and how much more under each of the others.

    "" where the usual one or others are missing.
    """
    cells = {(row.condition, row.method, row.views): row.mpjpe_mm for row in found}
    others = [c for c in dict.fromkeys(row.condition for row in found) if c != USUAL]
    methods = [m for m in dict.fromkeys(row.method for row in found) if m == BEST or m not in METHODS]
    views = sorted({row.views for row in found if row.condition == USUAL})
    if not others or not views:
        return ""
    lines = []
    for count in views:
        for method in methods:
            usual = cells[USUAL, method, count]
            more = [cells[condition, method, count] - usual for condition in others]
            lines.append([f"{count}", method, f"{usual:.1f}", *(f"{change:+.1f}" for change in more)])
    said = "\n".join(f"{condition}: {CONDITIONS[condition][0]}" for condition in (USUAL, *others))
    return f"{said}\n\n{markdown_table(['views', 'mm', USUAL, *others], lines)}"


def view_chart(found: Sequence[Compared], theme: ChartTheme = LIGHT) -> Figure:
    """Draw the error in the world over the number of views, under the first condition; triangulation dashed."""
    from matplotlib.figure import Figure

    condition = found[0].condition
    rows = [row for row in found if row.condition == condition]
    methods = list(dict.fromkeys(row.method for row in rows))
    learned = [method for method in methods if method not in METHODS]
    with drawing(theme):
        figure = Figure((COLUMN, HEIGHT), layout="constrained")
        handles = []
        axes = figure.subplots()
        for method in methods:
            mine = sorted((row for row in rows if row.method == method), key=lambda row: row.views)
            classical = method in METHODS
            style = LineStyle(":" if classical else "-", "s" if classical else "o", filled=not classical)
            number = list(METHODS).index(method) + len(learned) if classical else learned.index(method)
            colour = model_colour(number)
            handles.append(style.sample(colour, theme))
            axes.plot(
                [row.views for row in mine], [row.mpjpe_mm for row in mine], clip_on=False, **style.look(colour, theme)
            )
        legend_on_top(figure, handles, methods, HEIGHT)
        axes.set_xlabel("cameras")
        axes.set_ylabel("MPJPE in the world (mm)")
        axes.set_xticks(sorted({row.views for row in rows}))
        axes.set_ylim(bottom=0.0)
    return figure
