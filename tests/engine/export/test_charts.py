"""Exported charts: every figure where it belongs, nothing over it, and text that stays text."""

import subprocess
import sys
from itertools import pairwise, product
from types import SimpleNamespace
from xml.etree import ElementTree

import cv2
import matplotlib
import numpy as np
import pytest

from engine.errors import InputError
from engine.experiment.sweep import SweepRow, SweepTable
from engine.export.chart import COLUMN, PAGE, PNG_DPI, check_ending, save_chart
from engine.export.error_chart import error_chart
from engine.export.palette import DARK, LIGHT, MODEL_COLOURS, model_colour, rgb
from engine.export.sweep_chart import STYLES, sweep_chart

THREE = ("trained", "auto", "resample")


def table_of(models, rates, levels, ways, varied="", has_delta=True):
    """A sweep's table whose error is a plain rule of model, rate, level and way."""
    rows = []
    for (k, model), r, level, (w, way) in product(enumerate(models), rates, levels, enumerate(ways)):
        figures = {"mpjpe_mm": error_of(k, r, level, w)}
        rows.append(SweepRow(model, r, way, 60 / r, 100, figures, "", "", varied, level, has_delta))
    return SweepTable(tuple(rows), (), {})


def error_of(model, r, level, way):
    return 20.0 + 10 * model + r + 40 * level + 3 * way


# -- sweeps -------------------------------------------------------------------------------------------------


def test_a_panel_for_each_model_with_a_line_for_each_way():
    figure = sweep_chart(table_of(["a", "b"], (1, 4), (0.0,), THREE))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["a", "b"]
    for k, axes in enumerate(figure.axes):
        for way, line in zip(THREE, axes.lines, strict=True):
            assert line.get_xdata().tolist() == [0.0, 2.0]  # octaves below the trained rate
            assert line.get_ydata().tolist() == [error_of(k, r, 0.0, THREE.index(way)) for r in (1, 4)]
            assert (line.get_color(), line.get_linestyle()) == (model_colour(k), STYLES[way].dash)
        assert [label.get_text() for label in axes.get_xticklabels()] == ["60", "15"]
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["Δ as trained", "Δ rescaled", "input resampled"]


def test_a_row_of_panels_for_each_rate_where_something_else_is_varied():
    figure = sweep_chart(table_of(["a", "b", "c"], (1, 4), (0.0, 0.3), ("auto", "nominal", "resample"), "drop"))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"{model}, {rate}" for rate in ("every frame", "1 frame in 4") for model in "abc"]
    assert figure.axes[4].lines[0].get_ydata().tolist() == [error_of(1, 4, level, 0) for level in (0.0, 0.3)]
    places = [axes.get_position() for axes in figure.axes]
    assert places[0].y0 == pytest.approx(places[2].y0) and places[0].y0 > places[3].y1


def test_one_way_puts_every_model_into_one_panel_and_tells_them_apart():
    names = [f"model {k}" for k in range(8)]
    figure = sweep_chart(table_of(names, (1,), (0.0, 0.5), ("auto",), "mask"))
    (axes,) = figure.axes
    assert [line.get_color() for line in axes.lines[:6]] == list(MODEL_COLOURS[:6])
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines}) == 8
    assert [t.get_text() for t in figure.legends[0].get_texts()] == names
    assert "joints masked" in axes.get_xlabel() and axes.get_ylabel() == "MPJPE (mm)"


def test_a_model_without_delta_has_one_line_for_what_it_cannot_follow():
    figure = sweep_chart(table_of(["a"], (1, 4), (0.0,), THREE, has_delta=False))
    assert len(figure.axes[0].lines) == 2
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["as sampled (no Δ)", "input resampled"]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8])
@pytest.mark.parametrize("ways", [("auto",), THREE])
@pytest.mark.slow
def test_nothing_lies_over_the_data_or_outside_the_page(count, ways):
    names = [f"a_rather_long_name_of_a_model_{k}" for k in range(count)]
    figure = sweep_chart(table_of(names, (1, 2, 4, 8, 16), (0.0,), ways))
    figure.draw_without_rendering()
    page, (legend,) = figure.bbox, figure.legends
    assert figure.get_figwidth() == (COLUMN if len(figure.axes) == 1 else PAGE)
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert all(box.y1 <= legend.get_window_extent().y0 for box in boxes)
    assert all(box.width > 0.8 * PNG_DPI and box.height > 0.8 * PNG_DPI for box in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    inside = page.padded(1.0)
    titles = [axes._left_title for axes in figure.axes]
    for extent in (found.get_window_extent() for found in (*legend.get_texts(), *titles)):
        assert inside.contains(extent.x0, extent.y0) and inside.contains(extent.x1, extent.y1)
    for one, beside in pairwise(title.get_window_extent() for title in titles):
        assert one.x1 < beside.x0 or one.y0 > beside.y1
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert low == 0.0 and high > max(line.get_ydata().max() for line in axes.lines)


def test_what_was_not_measured_is_a_gap_and_not_the_scale():
    table = table_of(["a"], (1, 2, 4), (0.0,), ("auto",))
    table.rows[1].figures["mpjpe_mm"] = np.nan
    (axes,) = sweep_chart(table).axes
    assert np.isnan(axes.lines[0].get_ydata()[1]) and axes.get_ylim()[1] == pytest.approx(1.06 * 24)


# -- files --------------------------------------------------------------------------------------------------

ODD_NAMES = ["_a%$b$c", "hummuss_small", "步行"]


def test_text_in_svg_stays_text_and_is_shown_as_it_is(tmp_path):
    save_chart(sweep_chart(table_of(ODD_NAMES, (1, 4), (0.0,), ("auto",))), tmp_path / "new" / "c.svg")
    root = ElementTree.parse(tmp_path / "new" / "c.svg").getroot()
    found = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    for text in (*ODD_NAMES, "MPJPE (mm)", "input frame rate (Hz)", "60", "15"):
        assert text in found
    assert root.get("width") == f"{72 * COLUMN:g}pt"


def test_text_in_pdf_stays_text(tmp_path):
    save_chart(sweep_chart(table_of(["a"], (1, 4), (0.0,), ("auto",))), tmp_path / "c.pdf")
    data = (tmp_path / "c.pdf").read_bytes()
    assert data.startswith(b"%PDF") and b"/FontFile2" in data and b"/Type3" not in data  # TrueType, not outlines


def test_a_png_is_a_light_page_of_its_size(tmp_path):
    figure = sweep_chart(table_of(["a"], (1, 4), (0.0,), THREE))
    save_chart(figure, tmp_path / "c.PNG")
    picture = cv2.imread(str(tmp_path / "c.PNG"))
    assert picture.shape[1] == round(COLUMN * PNG_DPI) and (picture[0, 0] == 255).all()
    save_chart(sweep_chart(table_of(["a"], (1, 4), (0.0,), THREE), DARK), tmp_path / "d.png")
    assert cv2.imread(str(tmp_path / "d.png"))[0, 0, ::-1].tolist() == list(rgb(DARK.background))


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_the_same_chart_is_the_same_file(tmp_path, ending):
    for name in "ab":
        save_chart(sweep_chart(table_of(["m"], (1, 4), (0.0,), THREE)), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_other_endings_and_bad_folders_are_named(tmp_path):
    with pytest.raises(InputError, match=r"c\.gif: the ending is none of \.svg, \.pdf, \.png; choose one of them\."):
        check_ending(tmp_path / "c.gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_chart(sweep_chart(table_of(["a"], (1,), (0.0,), THREE)), tmp_path / "file" / "c.svg")


def test_matplotlib_s_own_settings_neither_change_nor_matter(tmp_path):
    with matplotlib.rc_context({"lines.linewidth": 9.0, "text.usetex": True}):
        before = dict(matplotlib.rcParams)
        figure = sweep_chart(table_of(["a"], (1, 4), (0.0,), THREE))
        save_chart(figure, tmp_path / "c.svg")
        assert dict(matplotlib.rcParams) == before
    assert figure.axes[0].lines[0].get_linewidth() < 3


@pytest.mark.slow
def test_programs_start_without_matplotlib_and_av_and_charts_need_no_pyplot():
    code = """
import sys, app.main, app.render.film, engine.cli.app, engine.export.sweep_chart, engine.export.video
from engine.experiment.sweep import SweepRow, SweepTable
heavy = ("matplotlib", "matplotlib.pyplot", "av", "tabulate")
print(*(name for name in heavy if name in sys.modules))
row = SweepRow("a", 1, "auto", 60, 1, {"mpjpe_mm": 1.0})
engine.export.sweep_chart.sweep_chart(SweepTable((row,), (), {}))
print(*(name for name in heavy if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["", "matplotlib"], done.stderr


# -- the chart of a film ------------------------------------------------------------------------------------


def results_of(*curves, seconds=10.0):
    """What the chart reads of results."""
    frames = len(curves[0])
    models = [
        SimpleNamespace(label=f"m{k}", over_time=lambda _, y=y: np.array(y, float), summary={"mpjpe_mm": np.mean(y)})
        for k, y in enumerate(curves)
    ]
    times = np.linspace(0.0, seconds, frames)
    return SimpleNamespace(models=models, times=times, frames=frames, clip_name="walk", input_hz=60.0)


def chart_of(*curves, size=(1280, 200), theme=DARK):
    return error_chart(results_of(*curves), [model_colour(k) for k in range(len(curves))], size, theme)


def near(picture, colour, tolerance=40):
    """(H, W) where a picture has about that colour."""
    return np.abs(picture.astype(int) - rgb(colour)).max(-1) < tolerance


@pytest.mark.parametrize("size", [(1280, 200), (1921, 293), (320, 120)])
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_ink_is_where_the_curve_says_it_is(size, theme):
    x = np.linspace(0, 1, 101)
    chart = chart_of(10 + 40 * x, 50 - 40 * x, size=size, theme=theme)
    assert chart.size == size and chart.picture.shape == (size[1], size[0], 3)
    assert tuple(chart.picture[-1, 0]) == rgb(theme.background)
    for k in range(2):
        ink = near(chart.picture, model_colour(k), 80)  # a thin line covers no pixel wholly
        for at in (10, 30, 70, 90):
            column, row = round(chart.columns[at]), round(chart.rows[k, at])
            assert ink[row - 1 : row + 2, column].any()
    assert (np.diff(chart.rows[0]) < 0).all() and (np.diff(chart.columns) > 0).all()  # rows count downwards


def test_a_gap_stays_a_gap():
    y = np.full(101, 20.0)
    y[40:61] = np.nan
    chart = chart_of(y)
    left, top, right, bottom = chart.box
    ink = near(chart.picture, model_colour(0))[top:bottom, left:right].any(0)
    assert ink[: len(ink) // 3].all() and ink[-len(ink) // 3 :].all()
    assert not ink[int(0.42 * len(ink)) : int(0.58 * len(ink))].any()
    plain, marked = chart.picture, chart.at(5.0)
    changed = np.flatnonzero((plain != marked).any((0, 2)))
    assert len(changed) == 1  # the line alone: nothing to put a dot on


def test_the_cursor_stands_at_its_time_on_a_copy():
    x = np.linspace(0, 1, 101)
    chart = chart_of(10 + 40 * x, 50 - 40 * x)
    before = chart.picture.copy()
    left, top, right, bottom = chart.box
    for time in (0.0, 2.5, 10.0):
        marked = chart.at(time)
        column = round(left + (right - left) * time / 10)
        changed = (marked != before).any(-1)
        assert abs(np.flatnonzero(changed.sum(0) > 0.9 * (bottom - top)).mean() - column) <= 1
        assert not changed[: top - 5].any() and not changed[bottom + 5 :].any()
        for k, y in enumerate((10 + 4 * time, 50 - 4 * time)):
            row = round(np.interp(y, [10, 50], [chart.rows[0, 0], chart.rows[0, -1]]))
            assert tuple(marked[row, min(column, 1279)]) == rgb(model_colour(k))
    np.testing.assert_array_equal(chart.picture, before)


@pytest.mark.parametrize("curves", [[np.full(5, np.nan)], [np.zeros(1)], [np.zeros(5)]])
def test_nothing_to_draw_still_draws_axes(curves):
    chart = chart_of(*curves, size=(640, 150))
    assert len(np.unique(chart.at(0.5).reshape(-1, 3), axis=0)) > 2


def test_the_legend_stays_above_the_curves_however_many_there_are():
    curves = [np.full(50, 10.0 + k) for k in range(6)]
    found = results_of(*curves)
    for k, model in enumerate(found.models):
        model.label = f"a_rather_long_name_of_a_model_{k}"
    chart = error_chart(found, [model_colour(k) for k in range(6)], (1280, 200))
    _, top, _, bottom = chart.box
    assert bottom - top > 60
    for k in range(6):
        assert near(chart.picture[: top - 2], model_colour(k)).sum() > 30
