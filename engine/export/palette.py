"""Colours of models, of the truth and of charts: one palette for the window, exported charts and films.

Ground truth is a neutral grey; models take the Okabe-Ito colours in one order, which colour-blind people tell apart.
Colours are "#rrggbb".
"""

from __future__ import annotations

from dataclasses import dataclass

MODEL_COLOURS = (
    *("#d55e00", "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#0072b2"),
    *("#ffb38a", "#2a5f73", "#86d9bd", "#8a3f6a", "#8f6200", "#b9c4f5"),
)
"""Of the first model, the second, ...; from the seventh on lighter or darker kin of the first six."""
COLOUR_NAMES = (
    *("Vermillion", "Sky blue", "Green", "Purple", "Orange", "Blue"),
    *("Peach", "Petrol", "Mint", "Plum", "Brown", "Lavender"),
)


def model_colour(index: int) -> str:
    """Return the colour of the model at `index`; after the last one they start again."""
    return MODEL_COLOURS[index % len(MODEL_COLOURS)]


@dataclass(frozen=True)
class ChartTheme:
    """Colours of a chart besides its curves."""

    background: str
    grid: str
    text: str
    muted: str


LIGHT = ChartTheme(background="#ffffff", grid="#dee2e8", text="#16191d", muted="#555d68")
DARK = ChartTheme(background="#1a1d22", grid="#343942", text="#eceef1", muted="#a4abb6")


def rgb(colour: str) -> tuple[int, int, int]:
    """Split "#rrggbb" into red, green and blue, 0 ... 255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
