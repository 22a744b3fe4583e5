"""The look of exported charts, drawn with matplotlib, and their files: SVG, PDF or PNG by the file's ending.

Text stays text in SVG and PDF. matplotlib is imported where a chart is drawn, and its settings are put back afterwards.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.errors import InputError
from engine.export.palette import LIGHT, ChartTheme
from engine.export.picture import Picture
from engine.writing import save_bytes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

Place = Literal["outside upper left", "outside upper right"]
COLUMN, PAGE = 3.5, 7.2
"""Width of a chart with one panel and with several, inches: a column and the whole width of a paper's page."""
PNG_DPI = 220
"""So that a PNG as wide as a page has 1584 pixels."""
ENDINGS = (".svg", ".pdf", ".png")

_SETTINGS: dict[Any, Any] = {
    "figure.dpi": PNG_DPI,
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.6,
    "legend.borderpad": 0.0,
    "legend.handletextpad": 0.6,
    "legend.labelspacing": 0.35,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.2,
    "lines.markeredgewidth": 1.1,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "figure.constrained_layout.h_pad": 0.05,  # inches
    "figure.constrained_layout.w_pad": 0.06,
    "figure.constrained_layout.wspace": 0.03,
    "text.parse_math": False,  # names are shown as they are, "$" as well
    "svg.fonttype": "none",
    "svg.hashsalt": "kinestate",  # the same chart is the same file
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class LineStyle:
    """How a line and its points are drawn, whatever their colour; filled: whether points are, or only outlined."""

    dash: str = "-"
    marker: str = ""
    filled: bool = True

    def look(self, colour: str, theme: ChartTheme) -> dict[str, Any]:
        """Return keywords of `Axes.plot` and `Line2D`."""
        inside = colour if self.filled else theme.background
        return {"color": colour, "linestyle": self.dash, "marker": self.marker, "markerfacecolor": inside}

    def sample(self, colour: str, theme: ChartTheme) -> Line2D:
        """Make a line for the legend."""
        from matplotlib.lines import Line2D

        return Line2D([], [], **self.look(colour, theme))


@contextmanager
def drawing(theme: ChartTheme = LIGHT) -> Iterator[None]:
    """Let matplotlib draw in the look of Kinestate's charts inside the block, whatever its own settings are."""
    import matplotlib

    colours: dict[Any, Any] = {
        "figure.facecolor": theme.background,
        "axes.facecolor": theme.background,
        "savefig.facecolor": theme.background,
        "axes.edgecolor": theme.muted,
        "axes.titlecolor": theme.text,
        "axes.labelcolor": theme.muted,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "grid.color": theme.grid,
        "text.color": theme.text,
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS | colours)
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a clip's name may be in any script
        yield


def legend_above(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], place: Place = "outside upper left"
) -> Legend:
    """Add a legend above all panels of a figure with constrained layout, in as few rows as its width allows."""
    for columns in range(len(labels), 0, -1):
        legend = figure.legend(handles, labels, loc=place, ncols=columns)
        if legend.get_window_extent().width <= 0.97 * figure.bbox.width or columns == 1:
            break
        legend.remove()
    return legend


def legend_on_top(figure: Figure, handles: Sequence[Artist], labels: Sequence[str], height: float) -> None:
    """Add the same legend, and make the figure so much higher that its panels have `height` inches."""
    legend = legend_above(figure, handles, labels)
    figure.set_figheight(height + legend.get_window_extent().height / figure.dpi)


def name_axes(figure: Figure, grid: NDArray[Any], across: str, up: str) -> None:
    """Name the x-axis once and the y-axis at each row of a grid of panels that share both."""
    for axes in grid[:, 0]:
        axes.set_ylabel(up)
    if grid.shape[1] == 1:
        grid[-1, 0].set_xlabel(across)
    else:
        figure.supxlabel(across, size="medium", color=grid[0, 0].xaxis.label.get_color())


def plain_numbers(axes: Axes) -> None:
    """Label the ticks of a logarithmic y-axis 1, 10, ..., 10,000 instead of as powers."""
    axes.yaxis.set_major_formatter(lambda value, place: f"{value:,.10g}")
    axes.yaxis.set_minor_formatter(lambda value, place: "")


def pixels(figure: Figure) -> Picture:
    """Draw the figure at its own resolution."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def check_ending(path: Path) -> None:
    """Raises InputError unless a chart can be written to a file of this name."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise InputError(f"{Path(path).name}: the ending is none of {', '.join(ENDINGS)}; choose one of them.")


def save_chart(figure: Figure, path: Path) -> None:
    """Write the figure as SVG, PDF or PNG, by the ending. Raises InputError."""
    check_ending(path)
    kind = Path(path).suffix.lower().removeprefix(".")
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    data = io.BytesIO()
    with drawing():
        figure.savefig(data, format=kind, facecolor=figure.get_facecolor(), metadata=undated)
    save_bytes(data.getvalue(), path)
