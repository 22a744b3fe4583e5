"""Time that the curves take: drawn anew, scrolled, passed by the cursor, appended to; short and long clips.

    python tests/perf/bench_curves.py        (on a screen, or below xvfb-run)

prints JSON, milliseconds (medians). Eight curves in one plot; a long clip has the frames of the longest real one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
SIZE = (800, 220)
CLIPS = {"600_frames": 600, "18840_frames": 18_840}
LIVE = {"live_after_one_minute": 1, "live_after_20_minutes": 20}
CURVES = 8
NAMES = [(f"Model {k}", f"#{40 + 20 * k:02x}80ff") for k in range(CURVES)]
VIEW_S = 5.0  # of the clip in sight while it is scrolled


def median_ms(change: Callable[[int], None], widget: Any, times: int) -> float:
    """Milliseconds of a change and of painting it at once."""
    spent = []
    for i in range(5 + times):
        start = time.perf_counter()
        change(i)
        widget.repaint()
        spent.append(1e3 * (time.perf_counter() - start))
    return round(float(np.median(spent[5:])), 2)


def measure(times: int = 40) -> dict[str, Any]:
    """All of it, as plain values. Starts a QApplication if there is none."""
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication(["bench"])
    result: dict[str, Any] = {"size": SIZE, "curves": CURVES, "platform": app.platformName()}
    result |= {name: clip(frames, times) for name, frames in CLIPS.items()}
    result |= {name: {"appended_ms": live(minutes, times)} for name, minutes in LIVE.items()}
    return result


def clip(frames: int, times: int) -> dict[str, float]:
    """Curves of a whole clip; values tremble as jitter does."""
    from PySide6.QtWidgets import QApplication

    from app.plots.curves import Curve, CurvePlot

    rng = np.random.default_rng(0)
    plot = CurvePlot("MPJPE", "mm")
    plot.resize(*SIZE)
    seconds = np.arange(frames) / 60
    curves = [Curve(*NAMES[k], seconds, 40 + 5 * rng.standard_normal(frames)) for k in range(CURVES)]
    plot.set_curves(curves)
    plot.show()
    QApplication.processEvents()
    box, view, end = plot.plot.getPlotItem().getViewBox(), plot.plot.viewport(), seconds[-1]

    def scroll(i: int) -> None:
        start = 0.07 * i % (end - VIEW_S)
        box.setXRange(start, start + VIEW_S, padding=0)

    def zoom(i: int) -> None:
        box.setXRange(0, end * (1 - 0.01 * (i % 30)), padding=0)

    result = {
        "drawn_anew_ms": median_ms(lambda i: plot.set_curves(curves), view, times),
        "cursor_moved_ms": median_ms(lambda i: plot.set_cursor(end * (i % 50) / 50), view, times),
        "whole_clip_zoomed_ms": median_ms(zoom, view, times),
        "five_seconds_scrolled_ms": median_ms(scroll, view, times),
    }
    plot.close()
    return result


def live(minutes: float, times: int) -> float:
    """Milliseconds for one more sample of every curve, of which the last minute is shown, and for painting it."""
    from PySide6.QtWidgets import QApplication

    from app.plots.curves import CurvePlot

    rng = np.random.default_rng(0)
    plot = CurvePlot("MPJPE", "mm")
    plot.resize(*SIZE)
    plot.set_live(NAMES, 60.0)
    plot.show()
    begun = round(minutes * 60 * 60)
    for k in range(begun):
        plot.append(k / 60, rng.random(CURVES) * 50)

    def append(i: int) -> None:
        plot.append((begun + i) / 60, rng.random(CURVES) * 50)
        QApplication.processEvents()

    return median_ms(append, plot.plot.viewport(), times)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps(measure(), indent=2))
