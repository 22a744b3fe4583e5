"""Start-up of the window, and whether it ever waits while models run.

    python tests/perf/bench_window.py        (on a screen, or below xvfb-run)

prints JSON. The window runs in a process of its own, as `kinestate FILE` starts it, on a clip of 243 frames cut from
the built-in demo, with the default model. A stall is how much later than asked a 5 ms timer of the GUI thread fires.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FRAMES = 243
BEAT_MS = 5
SECONDS = 8.0
START, CHILD = "KINESTATE_BENCH_START", "--child"


def measure() -> dict[str, Any]:
    """Run the window in a fresh process and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        clip = str(Path(folder, "bench.npz"))
        subprocess.run([sys.executable, __file__, "--make", clip], check=True, cwd=ROOT)
        environment = {**os.environ, START: repr(time.time())}
        command = [sys.executable, __file__, CHILD, clip]
        done = subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout[done.stdout.index("{") :]))


def make_clip(path: str) -> None:
    from engine.data.formats.kinestate_npz import save_clip
    from engine.experiment.sources import open_recording
    from engine.observation.recording import clip_of

    clip = clip_of(open_recording("builtin:demo").recording)
    assert clip is not None
    save_clip(Path(path), clip.take(slice(0, FRAMES)))


def child(path: str) -> None:
    """The window, watched."""
    begun = float(os.environ[START])
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from app.main import begin
    from app.state.preferences import Preferences
    from app.window import make_window

    app = QApplication([])
    window = make_window(Preferences(QSettings(f"{path}.ini", QSettings.Format.IniFormat)))
    window.resize(1280, 720)
    figures: dict[str, Any] = {"frames": FRAMES, "size": [1280, 720]}
    state, view = window.state, window.stage.viewport

    def once(key: str, ready: Any) -> Any:
        """Note the time of the first picture that is drawn when `ready()`."""

        def drawn(_: float) -> None:
            if key not in figures and ready():
                figures[key] = round(time.time() - begun, 3)

        view.drawn.connect(drawn)
        return drawn

    keep = [
        once("window_shown_s", lambda: True),
        once("clip_drawn_s", lambda: state.document.clip is not None),
        once("first_prediction_drawn_s", lambda: state.results.shown is not None),
    ]
    window.show()
    QTimer.singleShot(0, lambda: begin(window, path))
    beats = Heartbeat()
    wait(app, lambda: "first_prediction_drawn_s" in figures, 60)
    figures["stall_while_starting_ms"] = beats.figures()
    figures["model"] = state.results.shown.results.models[0].name
    for name, playing in (("paused", False), ("playing", True)):
        state.moment.set_playing(playing)
        wait(app, lambda: False, 1.0)
        beats.clear()
        figures[f"rerun_while_{name}"] = {**rerun(app, state), "stall_ms": beats.figures()}
    state.moment.set_playing(True)
    beats.clear()
    wait(app, lambda: False, 3.0)
    figures["playing_alone"] = {"stall_ms": beats.figures(), "display_fps": view.display_fps}
    figures["renderer"] = view.renderer
    window.close()
    del keep
    print(json.dumps(figures, indent=2))


class Heartbeat:
    """A fast timer of the GUI thread that notes how late it is."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def clear(self) -> None:
        self._late.clear()

    def figures(self) -> dict[str, float]:
        import numpy as np

        late = np.array(self._late or [0.0])
        return {
            "p50": round(float(np.percentile(late, 50)), 1),
            "p99": round(float(np.percentile(late, 99)), 1),
            "max": round(float(late.max()), 1),
            "over_50": int((late > 50).sum()),
            "beats": len(late),
        }

    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(max(1000 * (now - self._last) - BEAT_MS, 0.0))
        self._last = now


def rerun(app: Any, state: Any) -> dict[str, float]:
    """Change the noise as a drag would, every 16 ms, for some seconds; how long the results take."""
    from PySide6.QtCore import QTimer

    asked: dict[float, float] = {}
    took: list[float] = []

    def change() -> None:
        noise = round(0.01 * (len(asked) + 1), 4)
        asked[noise] = time.perf_counter()
        state.document.set_level("noise_px", noise)

    def shown(result: Any) -> None:
        noise = result.settings.input.levels.get("noise_px") if result is not None else None
        if noise in asked:
            took.append(time.perf_counter() - asked[noise])

    state.results.events.shown.connect(shown)
    timer = QTimer(interval=16)
    timer.timeout.connect(change)
    timer.start()
    wait(app, lambda: False, SECONDS)
    timer.stop()
    state.results.events.shown.disconnect(shown)
    model = state.results.shown.results.models[0]
    wait(app, lambda: state.results.shown.settings == state.document.settings, 10)
    started = time.perf_counter()
    state.document.set_level("noise_px", 9.99)
    wait(app, lambda: state.results.shown.settings == state.document.settings, 10)
    alone = time.perf_counter() - started
    return {
        "changes": len(asked),
        "results": len(took),
        "results_per_s": round(len(took) / SECONDS, 1),
        "change_to_result_ms": round(1000 * sorted(took)[len(took) // 2], 1) if took else float("nan"),
        "one_change_alone_ms": round(1000 * alone, 1),
        "inference_ms_per_frame": round(model.summary["ms_per_frame"], 3),
    }


def wait(app: Any, ready: Any, seconds: float) -> None:
    """Run the event loop until `ready()` or the time is over."""
    from PySide6.QtCore import QEventLoop

    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == ["--make"]:
        make_clip(sys.argv[2])
    elif sys.argv[1:2] == [CHILD]:
        child(sys.argv[2])
    else:
        print(json.dumps(measure(), indent=2))
