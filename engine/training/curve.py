"""The picture of a training run: validation error and loss over the frames shown to the network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from engine.writing import save_bytes

WIDTH, HEIGHT = 960, 540
LEFT, RIGHT, TOP, BOTTOM = 80, 30, 50, 60
COLOURS = ((178, 114, 0), (0, 94, 213), (115, 158, 0))  # Okabe-Ito blue, vermilion, green; BGR
INK, FAINT = (60, 60, 60), (225, 225, 225)


def draw_curve(rows: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """Write a PNG of every `val_*` column of a run's rows (log scale) over millions of frames."""
    columns = [key for key in rows[0] if key.startswith("val_")]
    frames = np.array([row["frames"] for row in rows]) / 1e6
    values = np.array([[row[key] for key in columns] for row in rows])
    unit = 10.0 ** math.floor(math.log10(max(float(values.min()), 1e-3)))
    low, high = unit * math.floor(values.min() / unit), unit * math.ceil(values.max() / unit)
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        across = x / max(frames[-1], 1e-9)
        up = (math.log(y) - math.log(low)) / max(math.log(high) - math.log(low), 1e-9)
        return round(LEFT + across * (WIDTH - LEFT - RIGHT)), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))

    def write(text: str, place: tuple[int, int], size: float = 0.5, colour: tuple[int, int, int] = INK) -> None:
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)

    for tick in _log_ticks(low, high):
        x, y = at(0, tick)
        cv2.line(picture, (x, y), (WIDTH - RIGHT, y), FAINT, 1)
        write(f"{tick:g}", (x - 42, y + 5))
    for tick in np.linspace(0, frames[-1], 6):
        x, y = at(tick, low)
        write(f"{tick:.1f}", (x - 12, y + 22))
    write("million frames", (WIDTH // 2 - 50, HEIGHT - 14))
    write(title, (LEFT, 30), 0.55)
    for index, key in enumerate(columns):
        colour = COLOURS[index % len(COLOURS)]
        points = [at(x, y) for x, y in zip(frames, values[:, index], strict=True)]
        cv2.polylines(picture, [np.array(points, np.int32)], False, colour, 2, cv2.LINE_AA)
        write(
            f"{_named(key)}  {values[-1, index]:.1f}",
            (WIDTH - 190, TOP + 24 + 24 * index),
            colour=colour,
        )
    save_bytes(cv2.imencode(".png", picture)[1].tobytes(), path)


def _named(column: str) -> str:
    """ "val_mm_7.5" -> "7.5 Hz"; other columns without their "val_"."""
    rate = column.removeprefix("val_mm_")
    return f"{rate} Hz" if rate != column else column.removeprefix("val_")


def _log_ticks(low: float, high: float) -> list[float]:
    steps = [v * 10**e for e in range(-3, 4) for v in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)]
    return [s for s in steps if low <= s <= high]
