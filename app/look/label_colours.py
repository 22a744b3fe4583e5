"""Colours of labels: quiet ones, each a hue of its own, so that models' colours and errors stay the loud ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from app.look.theme import Theme

GOLDEN_DEG = 137.508
"""From one label's hue to the next: however many there are, neighbours are far apart."""
FIRST_DEG = 250.0
CHROMA = 0.065
LIGHTNESS = {"dark": (0.44, 0.52), "light": (0.87, 0.80)}
"""OKLab, of even and odd labels: they differ for those who see fewer hues, too."""


@cache  # it is asked for with every picture
def label_colour(number: int, theme: Theme) -> str:
    """ "#rrggbb" behind the name of the label of that number, which is readable on it in the theme's text colour."""
    lightness = LIGHTNESS[theme.name][number % 2]
    hue = np.radians(FIRST_DEG + GOLDEN_DEG * number)
    return _from_oklab(lightness, CHROMA * np.cos(hue), CHROMA * np.sin(hue))


def _from_oklab(lightness: float, a: float, b: float) -> str:
    """Ottosson's OKLab (2020) -> sRGB."""
    lms = np.array([[0.3963377774, 0.2158037573], [-0.1055613458, -0.0638541728], [-0.0894841775, -1.2914855480]])
    cubed = (lightness + lms @ np.array([a, b])) ** 3
    linear = (
        np.array(
            [
                [4.0767416621, -3.3077115913, 0.2309699292],
                [-1.2684380046, 2.6097574011, -0.3413193965],
                [-0.0041960863, -0.7034186147, 1.7076147010],
            ]
        )
        @ cubed
    ).clip(0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in shown)
