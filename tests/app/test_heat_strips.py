"""Heat strips: high enough to be seen, on one scale that can be read, with every figure in the tip."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.look.theme import THEMES, ember
from app.widgets.heat_strips import LEAST, ROW, Heat, heat_height, heat_range, heat_said
from app.widgets.seek_bar import EDGE, SeekBar

TIMES = np.arange(100) / 10


def row(name="a", colour="#d55e00", errors=None):
    return Heat(name, colour, TIMES, np.linspace(10.0, 50.0, 100) if errors is None else errors)


@pytest.mark.parametrize("rows", range(1, 9))
def test_rows_are_high_enough(rows):
    each = heat_height(rows) / rows
    assert LEAST <= each <= ROW and (each >= 8 or rows > 5)


def test_the_scale_is_that_of_all_rows_without_the_rarest_errors():
    errors = np.full(100, 20.0)
    errors[3], errors[5] = 900.0, np.nan
    low, high = heat_range([row(), row(errors=errors)])
    assert 10.0 <= low < 20.0 and 45.0 < high < 100.0
    assert heat_range([]) == (0.0, 1.0)


@pytest.mark.parametrize("theme", THEMES)
def test_the_strip_shows_the_errors_and_the_scale_says_which(qtbot, theme):
    bar = SeekBar()
    qtbot.addWidget(bar)
    bar.set_theme(THEMES[theme])
    bar.set_span(0.0, 9.9)
    plain = bar.sizeHint().height()
    bar.set_strips([row(), row("b", "#56b4e9", np.linspace(50.0, 10.0, 100)), row("c"), row("d")])
    assert bar.sizeHint().height() > plain
    bar.resize(600, bar.sizeHint().height())
    image = bar.grab().toImage()
    y = bar._top + ROW // 2
    for seconds in (1.0, 5.0, 9.0):
        seen = image.pixelColor(round(bar._x(seconds)), y)
        low, high = heat_range(bar._strips)
        error = 10.0 + 40.0 * seconds / 9.9
        wanted = QColor(*ember(np.array([(error - low) / (high - low)]))[0].tolist())
        assert abs(seen.red() - wanted.red()) < 14 and abs(seen.green() - wanted.green()) < 14
    right = [image.pixelColor(x, bar._top + 4) for x in range(EDGE + bar._across + EDGE, 600)]
    assert any(colour.red() - colour.blue() > 150 for colour in right), "the scale's light end is above"
    said = bar._said(5.0, None)
    assert "30.2</b> mm" in said and "a" in said and "#56b4e9" in said and heat_said([], 1.0) == ""
    assert bar._seconds(bar._x(3.0)) == pytest.approx(3.0)
