"""Colours of errors in millimetres."""

from __future__ import annotations

import numpy as np
import pytest

from app.look.error_colours import FULL_MM, error_colours
from app.look.theme import THEMES, cividis
from app.widgets.error_scale import EDGE, WIDTH, ErrorScale


def lightness(colours):
    """CIE L* of sRGB colours (..., 3) in [0, 1]."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16


def test_the_larger_the_error_the_lighter_in_equal_steps():
    steps = np.diff(lightness(error_colours(np.linspace(0, FULL_MM, 16))))
    assert steps.min() > 0
    assert steps.max() < 1.6 * steps.min()  # perceptually uniform, in greys as well


def test_errors_above_the_scale_have_its_last_colour():
    last = cividis(np.ones(1))[0] / 255
    assert error_colours(np.array([FULL_MM, 1e4])) == pytest.approx(np.stack([last, last]))


def test_an_unknown_error_is_neither_small_nor_large():
    grey = error_colours(np.array([[np.nan, 20.0]]))[0, 0]
    assert np.ptp(grey) == 0


def test_the_scale_shows_the_colours_it_explains(qtbot):
    scale = ErrorScale()
    qtbot.addWidget(scale)
    scale.resize(scale.sizeHint())
    for name in THEMES:
        scale.set_theme(name)
        image = scale.grab().toImage()
        end = [image.pixelColor(EDGE + WIDTH - 2, y) for y in range(image.height())]
        row = next(y for y, colour in enumerate(end) if colour.red() - colour.blue() > 100)
        for millimetres in (10, 75, 140):
            seen = image.pixelColor(EDGE + round(WIDTH * millimetres / FULL_MM), row + 2)
            wanted = error_colours(np.array([float(millimetres)]))[0]
            assert (seen.redF(), seen.greenF(), seen.blueF()) == pytest.approx(tuple(wanted), abs=0.04)
