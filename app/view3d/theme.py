"""Colours of the 3D views, dark and light. Components in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[float, float, float]


def rgb(code: str) -> Colour:
    """Convert "#rrggbb" to components."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


@dataclass(frozen=True)
class Theme:
    background: Colour
    gap: Colour  # between two views
    chosen: Colour  # frame of the view that the keys and buttons act on
    floor: Colour  # under the person; fades into the background
    line: Colour  # grid lines
    shadow: Colour
    shade: float  # strength of the shadow
    truth: Colour  # ground truth: a neutral grey
    text: Colour
    muted: Colour  # text that steps back
    ambient: float  # lights of the bodies
    key: float
    veil_rim: float  # how light the rim of a body is that is seen through: away from the background

    def colour_of(self, code: str | None) -> Colour:
        """Convert "#rrggbb" to components; None is ground truth."""
        return rgb(code) if code else self.truth


THEMES = {
    "dark": Theme(
        background=rgb("#1a1d22"),
        gap=rgb("#0f1114"),
        chosen=rgb("#8f96ff"),
        floor=rgb("#262a31"),
        line=rgb("#6b7482"),
        shadow=rgb("#08090b"),
        shade=0.8,
        truth=rgb("#c9ccd1"),
        text=rgb("#e8eaed"),
        muted=rgb("#9aa1ab"),
        ambient=0.38,
        key=0.76,
        veil_rim=1.3,
    ),
    "light": Theme(
        background=rgb("#f4f5f7"),
        gap=rgb("#cfd4db"),
        chosen=rgb("#4a50d0"),
        floor=rgb("#fbfbfc"),
        line=rgb("#8d96a3"),
        shadow=rgb("#3c434d"),
        shade=0.5,
        truth=rgb("#848a93"),
        text=rgb("#1d2126"),
        muted=rgb("#5f6771"),
        ambient=0.42,
        key=0.74,
        veil_rim=0.55,
    ),
}
