"""The chart of SSD-Poser's length ablation: errors and jitter over the frames of a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.export.chart import PAGE, LineStyle, drawing, legend_on_top, name_axes
from engine.export.palette import LIGHT, ChartTheme, model_colour
from engine.metrics.catalogue import METRICS
from engine.models.ssd_poser.config import SSDPoserConfig
from engine.report.published import TRACKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = ("world_mpjpe_cm", "mpjre_deg", "world_jitter_100_m_s3")
"""Metrics drawn, a panel each."""
TRUTH = "world_jitter_truth_100_m_s3"
HEIGHT = 2.0
MEASURED, PRINTED, REFERENCE = LineStyle("-", "o"), LineStyle("", "D", filled=False), LineStyle("--")


def length_chart(figures: Mapping[int, Mapping[str, float]], theme: ChartTheme = LIGHT) -> Figure:
    """Draw figures by the length of a window; the published ones of AMASS at 96 frames are marked, and named so."""
    from matplotlib.figure import Figure

    published = next(row for row in TRACKERS if row.name == "SSD-Poser")
    with drawing(theme):
        figure = Figure((PAGE, HEIGHT), layout="constrained")
        handles = [
            MEASURED.sample(model_colour(0), theme),
            REFERENCE.sample(theme.muted, theme),
            PRINTED.sample(theme.text, theme),
        ]
        labels = ["ssd_poser_small, test subjects", "their truth", f"SSD-Poser as published, {published.data}"]
        legend_on_top(figure, handles, labels, HEIGHT)
        grid = figure.subplots(1, len(PANELS), squeeze=False)
        for axes, key in zip(grid[0], PANELS, strict=True):
            axes.set_title(METRICS[key].title)
            axes.plot(list(figures), [each[key] for each in figures.values()], **MEASURED.look(model_colour(0), theme))
            if METRICS[key].truth_key == TRUTH:
                truth = [each[TRUTH] for each in figures.values()]
                axes.plot(list(figures), truth, **REFERENCE.look(theme.muted, theme))
            axes.plot([SSDPoserConfig.frames], [published.figures[key]], **PRINTED.look(theme.text, theme))
            axes.set_xticks(sorted({*figures, SSDPoserConfig.frames}))
            axes.set_ylim(bottom=0.0)
        name_axes(figure, grid, "frames of a window", "")
    return figure
