"""How long a frame of the 3D view takes: two moving 17-joint skeletons in a window, beside an empty vispy window.

The same with four models at once: all of them and the truth in one view, and in a grid of four, each with the truth.

    python tests/perf/bench_view3d.py        (on a screen, or below xvfb-run)

prints JSON. A frame is: new pose, turned camera, drawn, and on the screen (for a picture: handed to the window system).
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
SIZE = (1280, 720)
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7")
WARM_UP = 20
CLIP, LONG = 600, 20  # frames of a clip, and how many times as many of a long one
LEAP = 87  # frames from one moment to the next: all of the clip is visited


def moving_pose(frames: int, phase: float) -> np.ndarray:
    """(T, 17, 3) metres: a person who stands and swings arms and legs; enough to move every bone."""
    pose = np.array(
        [
            [0, 0, 0.95], [-0.13, 0, 0.93], [-0.14, -0.12, 0.5], [-0.15, 0.05, 0.08], [0.13, 0, 0.93],
            [0.15, 0.12, 0.51], [0.15, 0.33, 0.15], [0, 0.01, 1.18], [0, 0, 1.44], [0, -0.06, 1.56],
            [0, -0.03, 1.7], [0.17, 0, 1.42], [0.24, -0.06, 1.13], [0.22, -0.28, 1.0], [-0.17, 0, 1.42],
            [-0.25, 0.08, 1.14], [-0.22, 0.02, 0.9],
        ]
    )  # fmt: skip
    swing = 0.25 * np.sin(2 * np.pi * np.arange(frames) / 60 + phase)[:, None]
    moving = np.tile(pose, (frames, 1, 1))
    moving[:, :, 1] += swing * (pose[:, 2] - 0.95) * np.sign(pose[:, 0])
    return moving


def time_frames(change: Callable[[int], None], count: Callable[[], int], frames: int) -> dict[str, float]:
    """Milliseconds from `change(i)` until `count()` of drawn frames has grown and all events are done."""
    from PySide6.QtWidgets import QApplication

    spent = []
    for i in range(WARM_UP + frames):
        before, start = count(), time.perf_counter()
        change(i)
        while count() == before:
            QApplication.processEvents()
        spent.append(1e3 * (time.perf_counter() - start))
    ms = np.array(spent[WARM_UP:])
    return {
        "median_ms": round(float(np.median(ms)), 2),
        "p95_ms": round(float(np.percentile(ms, 95)), 2),
        "fps": round(1e3 / float(np.mean(ms)), 1),
    }


def show(widget: Any) -> Any:
    """The widget in a window of SIZE, on the screen."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    window = QMainWindow()
    window.setCentralWidget(widget)
    window.resize(*SIZE)
    window.show()
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        QApplication.processEvents()
    return window


def empty_window(frames: int) -> dict[str, float] | None:
    """An empty vispy window; None where Qt has no OpenGL."""
    from vispy.app import Application
    from vispy.scene import SceneCanvas

    from app.view3d.surface import window_renderer

    if not window_renderer():
        return None
    canvas = SceneCanvas(app=Application("pyside6"), keys=None, bgcolor="#1a1d22")
    swaps: list[None] = []
    canvas.native.frameSwapped.connect(lambda: swaps.append(None))
    window = show(canvas.native)
    result = time_frames(lambda i: canvas.update(), lambda: len(swaps), frames)
    window.close()
    return result


def skeletons(frames: int, surface: str, models: int = 1, *, grid: bool = False, length: int = CLIP) -> dict[str, Any]:
    """The truth and some models, all in one view or each model with the truth in a view of its own."""
    from app.view3d.items import SkeletonItem
    from app.view3d.viewport import Viewport
    from engine.motion.skeleton import H36M_17

    view = Viewport(surface=surface)
    times = np.arange(length) / 60
    truth = SkeletonItem("truth", "Ground truth", H36M_17, times, moving_pose(length, 0.0))
    people = [
        SkeletonItem(f"model {k}", f"Model {k}", H36M_17, times, moving_pose(length, 0.4 + 0.2 * k), colour=COLOURS[k])
        for k in range(models)
    ]
    view.set_views([[truth, person] for person in people] if grid else [[truth, *people]])
    drawn: list[float] = []
    view.drawn.connect(drawn.append)
    window = show(view)

    def change(i: int) -> None:
        view.set_time(times[i * LEAP % length])
        view.set_orbit(view.orbit.turned(0.01, 0.0))

    result = time_frames(change, lambda: len(drawn), frames)
    window.close()
    return {**result, "draw_ms": round(float(np.median(drawn[WARM_UP:])), 2), "renderer": view.renderer}


def measure(frames: int = 120) -> dict[str, Any]:
    """All of it, as plain values. Starts a QApplication if there is none."""
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication(["bench"])
    from app.view3d.surface import drawn_by_cpu

    empty = empty_window(frames)
    result: dict[str, Any] = {
        "size": SIZE,
        "frames": frames,
        "platform": app.platformName(),
        "surface": "picture" if drawn_by_cpu() else "window",
        "empty_vispy_window": empty,
        "two_skeletons": skeletons(frames, "auto"),
        "two_skeletons_opengl_widget": skeletons(frames, "window") if empty else None,
        "four_models_in_one_view": skeletons(frames, "auto", 4),
        "four_models_in_four_views": skeletons(frames, "auto", 4, grid=True),
    }
    result["four_models_in_four_views_of_a_clip_20_times_as_long"] = skeletons(
        frames, "auto", 4, grid=True, length=LONG * CLIP
    )
    result["ratio_of_a_clip_20_times_as_long"] = round(
        result["four_models_in_four_views_of_a_clip_20_times_as_long"]["median_ms"]
        / result["four_models_in_four_views"]["median_ms"],
        2,
    )
    result["ratio_to_empty"] = round(result["two_skeletons"]["median_ms"] / empty["median_ms"], 2) if empty else None
    return result


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps(measure(), indent=2))
