"""Drawing into memory with OpenCV: text in its built-in typeface, line charts, PNG files.

Pictures are (H, W, 3) uint8, RGB.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import file_error

for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(_name, None)  # OpenCV points Qt at its own plug-ins; the window has better ones

Picture = NDArray[np.uint8]
Float = NDArray[np.float64]
Colour = tuple[int, int, int]

DASH, GAP = 7.0, 5.0  # pixels
SHIFT = 4  # OpenCV's fixed point: lines are placed to 1/16 pixel
SUBPIXELS = 1 << SHIFT


@dataclass(frozen=True)
class Palette:
    """Colours of a chart."""

    background: Colour
    grid: Colour
    text: Colour
    muted: Colour


DARK = Palette((26, 29, 34), (52, 57, 66), (236, 238, 241), (164, 171, 182))
LIGHT = Palette((255, 255, 255), (222, 226, 232), (22, 25, 29), (85, 93, 104))


@dataclass(frozen=True)
class Curve:
    """One line of a chart: x, y (N,), NaN leaves a gap; marks puts a dot on every point."""

    label: str
    x: Float
    y: Float
    colour: Colour
    dashed: bool = False
    marks: bool = False


@dataclass(frozen=True)
class Axis:
    """title, and ticks as (value, text) or None to choose round ones; low and high None to fit the curves."""

    title: str = ""
    ticks: Sequence[tuple[float, str]] | None = None
    low: float | None = None
    high: float | None = None


TITLE_BASELINE = 26
LEGEND_GAP = 50


@dataclass(frozen=True)
class Chart:
    """A line chart: `draw` it once, then mark moments with `with_cursor`."""

    curves: Sequence[Curve]
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    title: str = ""
    palette: Palette = DARK
    size: tuple[int, int] = (1280, 180)

    def draw(self) -> Picture:
        width, height = self.size
        picture: Picture = np.full((height, width, 3), self.palette.background, np.uint8)
        left, top, right, bottom = self._box()
        x_ticks, y_ticks = self._ticks(self.x, self._x_range()), self._ticks(self.y, self._y_range())
        for value, label in y_ticks:
            y = round(self._y(value))
            cv2.line(picture, (left, y), (right, y), self.palette.grid, 1)
            write(picture, label, (left - 8, y + 5), 13, self.palette.muted, align=1.0)
        for value, label in x_ticks:
            write(picture, label, (round(self._x(value)), bottom + 20), 13, self.palette.muted, align=0.5)
        if self.x.title:
            write(picture, self.x.title, ((left + right) // 2, bottom + 40), 13, self.palette.muted, align=0.5)
        write(picture, self.title, (left, TITLE_BASELINE), 15, self.palette.text, weight=600)
        self._legend(picture, right, top - 14)
        for curve in self.curves:
            self._draw_curve(picture, curve)
        return picture

    def with_cursor(self, picture: Picture, x: float) -> Picture:
        """A copy of what `draw` gave, with a vertical line at x and a dot on every curve there."""
        marked = picture.copy()
        _, top, _, bottom = self._box()
        place = round(self._x(x))
        cv2.line(marked, (place, top), (place, bottom), self.palette.muted, 1, cv2.LINE_AA)
        for curve in self.curves:
            y = float(np.interp(x, curve.x, curve.y))
            if np.isfinite(y):
                cv2.circle(marked, (place, round(self._y(y))), 4, curve.colour, -1, cv2.LINE_AA)
        return marked

    def _box(self) -> tuple[int, int, int, int]:
        width, height = self.size
        left, right = 64, width - 28
        legend = sum(text_width(c.label, 14) + LEGEND_GAP for c in self.curves if c.label)
        own_row = text_width(self.title, 15, 600) + legend > right - left
        return left, TITLE_BASELINE + (36 if own_row else 14), right, height - (52 if self.x.title else 30)

    def _x_range(self) -> tuple[float, float]:
        return _range([c.x for c in self.curves], self.x)

    def _y_range(self) -> tuple[float, float]:
        low, high = _range([c.y for c in self.curves], self.y)
        return low, high + 0.06 * (high - low) if self.y.high is None else high

    def _x(self, value: float) -> float:
        left, _, right, _ = self._box()
        low, high = self._x_range()
        return left + (right - left) * (value - low) / (high - low)

    def _y(self, value: float) -> float:
        _, top, _, bottom = self._box()
        low, high = self._y_range()
        return bottom - (bottom - top) * (value - low) / (high - low)

    def _ticks(self, axis: Axis, limits: tuple[float, float]) -> Sequence[tuple[float, str]]:
        return axis.ticks if axis.ticks is not None else round_ticks(*limits)

    def _draw_curve(self, picture: Picture, curve: Curve) -> None:
        places = np.array([(self._x(x), self._y(y)) for x, y in zip(curve.x, curve.y, strict=True)]).reshape(-1, 2)
        seen = np.isfinite(places).all(1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]])))
        for first, stop in zip(ends[::2], ends[1::2], strict=True):
            _draw_path(picture, places[first:stop], curve.colour, curve.dashed)
        for place in places[seen] if curve.marks else ():
            cv2.circle(picture, _pixel(place), 5, curve.colour, -1, cv2.LINE_AA)

    def _legend(self, picture: Picture, right: int, baseline: int) -> None:
        for curve in reversed([c for c in self.curves if c.label]):
            right -= text_width(curve.label, 14)
            write(picture, curve.label, (right, baseline), 14, self.palette.text)
            sample = np.array([[right - 30.0, baseline - 5.0], [right - 8.0, baseline - 5.0]])
            _draw_path(picture, sample, curve.colour, curve.dashed)
            right -= LEGEND_GAP


def round_ticks(low: float, high: float, wanted: int = 4) -> list[tuple[float, str]]:
    """About `wanted` round numbers between two values, with their texts."""
    rough = (high - low) / wanted
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough - 1e-12)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [(k * step, f"{k * step:.10g}") for k in range(first, last + 1)]


def write(
    picture: Picture,
    text: str,
    place: tuple[int, int],
    size: int,
    colour: Colour,
    *,
    weight: int = 400,
    align: float = 0.0,
) -> None:
    """Text with its baseline at `place`; align 0 starts, 0.5 centres and 1 ends it there."""
    x = place[0] - round(align * text_width(text, size, weight))
    cv2.putText(picture, text, (x, place[1]), colour, _font(), size, weight)


def text_width(text: str, size: int, weight: int = 400) -> int:
    """Pixels."""
    if not text:
        return 0
    box = cv2.getTextSize((0, 0), text, (0, 0), _font(), size, weight)
    return int(box[2])


def save_png(picture: Picture, path: Path) -> None:
    """Raises InputError if the file cannot be written."""
    try:
        done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
        assert done
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(data.tobytes())
    except OSError as error:
        raise file_error(path, "file", "cannot be written", "choose another folder", detail=str(error)) from None


def hex_colour(code: str) -> Colour:
    """ "#rrggbb" -> red, green, blue."""
    red, green, blue = (int(code[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue


def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _range(values: Sequence[Float], axis: Axis) -> tuple[float, float]:
    known = [v[np.isfinite(v)] for v in values]
    everything = np.concatenate([v for v in known if len(v)] or [np.array([0.0, 1.0])])
    low = float(everything.min()) if axis.low is None else axis.low
    high = float(everything.max()) if axis.high is None else axis.high
    return low, high if high > low else low + 1.0


def _draw_path(picture: Picture, path: Float, colour: Colour, dashed: bool) -> None:
    """A line through the points (N, 2)."""
    pieces = [path]
    if dashed:
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        starts = np.arange(0.0, along[-1], DASH + GAP)
        pieces = [_between(path, along, start, min(start + DASH, along[-1])) for start in starts]
    points = [np.round(piece * SUBPIXELS).astype(np.int32) for piece in pieces]
    cv2.polylines(picture, points, False, colour, 2, cv2.LINE_AA, SHIFT)


def _between(path: Float, along: Float, start: float, stop: float) -> Float:
    """The part of a path between two lengths along it."""
    inside = path[(along > start) & (along < stop)]
    ends = np.array([[np.interp(at, along, path[:, k]) for k in range(2)] for at in (start, stop)])
    return np.concatenate([ends[:1], inside, ends[1:]])


def _pixel(place: Float) -> tuple[int, int]:
    return round(float(place[0])), round(float(place[1]))
