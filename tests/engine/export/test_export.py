"""Charts put ink where the numbers are; videos and pictures come back as they were written."""

import os

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.experiment.sweep import SweepRow, SweepTable
from engine.export.curves import MODEL_COLOURS, sweep_picture
from engine.export.picture import Axis, Chart, Curve, round_ticks, save_png, text_width, write
from engine.export.video import write_video

RED, BLUE = (213, 94, 0), (0, 114, 178)


def places_of(picture, colour):
    """(N, 2) x and y of the pixels of exactly that colour."""
    return np.argwhere((picture == colour).all(-1))[:, ::-1]


def test_a_curve_runs_from_corner_to_corner():
    x = np.linspace(0, 10, 50)
    chart = Chart([Curve("", x, x, RED), Curve("", x, 10 - x, BLUE)], y=Axis(low=0.0, high=10.0), size=(640, 360))
    picture = chart.draw()
    assert picture.shape == (360, 640, 3) and picture.dtype == np.uint8
    rising, falling = places_of(picture, RED), places_of(picture, BLUE)
    assert np.corrcoef(rising.T)[0, 1] < -0.999  # pixels count downwards
    assert np.corrcoef(falling.T)[0, 1] > 0.999
    assert np.ptp(rising[:, 0]) > 500 and np.ptp(rising[:, 1]) > 250


def test_gaps_and_dashes_leave_gaps():
    x, y = np.arange(100.0), np.full(100, 5.0)
    whole = len(places_of(Chart([Curve("", x, y, RED)]).draw(), RED))
    dashed = len(places_of(Chart([Curve("", x, y, RED, dashed=True)]).draw(), RED))
    assert 0.4 < dashed / whole < 0.8
    y[20:70] = np.nan
    assert len(places_of(Chart([Curve("", x, y, RED)], x=Axis(low=0, high=99)).draw(), RED)) / whole == pytest.approx(
        0.5, abs=0.05
    )


def test_nothing_to_draw_still_draws_axes():
    nothing = np.full(5, np.nan)
    for curves in ([], [Curve("a", np.arange(5.0), nothing, RED)], [Curve("a", np.zeros(1), np.zeros(1), RED)]):
        chart = Chart(curves, title="nothing")
        assert len(np.unique(chart.with_cursor(chart.draw(), 0.0).reshape(-1, 3), axis=0)) > 2


def test_the_cursor_stands_at_its_time_on_a_copy():
    x = np.arange(11.0)
    chart = Chart([Curve("", x, x, RED)], y=Axis(low=0.0))
    plain = chart.draw()
    before = plain.copy()
    marked = [np.argwhere((chart.with_cursor(plain, at) != plain).any(-1))[:, 1].mean() for at in (0.0, 5.0, 10.0)]
    assert marked[1] - marked[0] == pytest.approx(marked[2] - marked[1], abs=1.5) and marked[2] > 1000
    np.testing.assert_array_equal(plain, before)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_inside(low, span):
    ticks = round_ticks(low, low + span)
    values = [value for value, _ in ticks]
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value in values)
    assert len({text for _, text in ticks}) == len(ticks) or abs(low) > 1e5 * span


def test_text_has_its_width_and_the_letters_of_this_field():
    for text in ("Δ rescaled", "m/s³", "×4", "λ"):
        picture = np.zeros((40, 300, 3), np.uint8)
        write(picture, text, (10, 30), 20, (255, 255, 255))
        ink = np.flatnonzero(picture.any((0, 2)))
        assert abs((ink[-1] - 10) - text_width(text, 20)) <= 3
    unknown, delta = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60, 3), np.uint8)
    write(unknown, "?", (10, 30), 20, (255, 255, 255))
    write(delta, "Δ", (10, 30), 20, (255, 255, 255))
    assert (unknown != delta).any()  # a letter that the typeface lacks is drawn as a question mark


def test_png_round_trip(tmp_path):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    save_png(picture, tmp_path / "new" / "p.png")
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "new" / "p.png"))[..., ::-1], picture)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_png(picture, tmp_path / "file" / "p.png")


def test_video_round_trip(tmp_path):
    pictures = [np.full((64, 96, 3), (200, 20 * k, 40), np.uint8) for k in range(10)]
    assert write_video(tmp_path / "v.mp4", iter(pictures), 25.0) == 10
    video = cv2.VideoCapture(str(tmp_path / "v.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == 25.0
    frames = [video.read()[1] for _ in range(10)]
    assert not video.read()[0]
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(frame[..., ::-1].astype(int) - picture).max() < 12  # the codec is lossy


def test_a_video_that_fails_leaves_nothing(tmp_path):
    def broken():
        yield np.zeros((64, 64, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "v.mp4", broken(), 30.0)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        write_video(tmp_path / "file" / "v.mp4", [np.zeros((64, 64, 3), np.uint8)], 30.0)


def test_opencv_s_qt_is_not_left_in_the_environment():
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ and "QT_QPA_FONTDIR" not in os.environ


def table_of(models, rates, levels, ways, varied=""):
    """A sweep's table whose error is a plain rule of model, rate and level."""
    rows = [
        SweepRow(model, r, way, 60 / r, 100, {"mpjpe_mm": 20.0 + 10 * k + r + 40 * level}, "", "", varied, level)
        for k, model in enumerate(models)
        for r in rates
        for level in levels
        for way in ways
    ]
    return SweepTable(tuple(rows), (), {})


def test_a_panel_for_each_model_and_a_row_for_each_rate():
    regular = table_of(["a", "b"], (1, 4), (0.0,), ("trained", "rescaled", "resampled"))
    assert sweep_picture(regular).shape == (640, 1280, 3)
    dropped = table_of(["a", "b", "c"], (1, 4), (0.0, 0.3), ("rescaled", "nominal", "resampled"), "drop")
    assert sweep_picture(dropped).shape == (640, 3 * 480, 3)


def test_one_way_puts_every_model_into_one_panel():
    """Line k lies 10 mm above the one before, everywhere: the colours' heights differ by about as much."""
    picture = sweep_picture(table_of(["a", "b", "c"], (1,), (0.0, 0.15, 0.5), ("rescaled",), "mask"))
    assert picture.shape == (640, 1280, 3)
    below = picture[80:]  # the legend
    heights = [np.median(places_of(below, colour)[:, 1]) for colour in MODEL_COLOURS[:3]]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], rel=0.25) and heights[0] > heights[1]
