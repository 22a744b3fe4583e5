"""How late the live window is: from a camera's shutter to the window's own pixels, and whether the window ever waits.

    python tests/perf/bench_live_window.py [SECONDS]        (on a screen, or below xvfb-run)

prints JSON. A painted clip carries its number in every picture. The number is read back from what the window has drawn,
so that the latency is that of the picture on show, with what was found in it. A stall is how much later than asked a
5 ms timer of the GUI thread fires.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.dialogs.live_camera import LiveCameraWindow
    from app.widgets.picture_view import PictureView
    from engine.live.frame import PictureFrame

ROOT = Path(__file__).parents[2]
MODEL, CLIP = "hummuss_small_anyrate_causal", "synthetic:walk"
SECONDS, WARM_S, BEAT_MS = 30.0, 3.0, 5


def number_on_show(view: PictureView) -> int:
    """The number in the picture that a view has drawn."""
    from PySide6.QtGui import QImage

    from engine.live.feeds.cameras.stamp import stamped

    place, _ = view.place()
    shown = view.grab(place.toAlignedRect()).toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return stamped(rows[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3))


def memory_mb(pid: int | str = "self") -> float:
    """Of a process, resident."""
    file = Path(f"/proc/{pid}/statm")
    pages = int(file.read_text().split()[1]) if file.exists() else 0
    return pages * 4096 / 2**20


def wait(until: float, condition: Callable[[], bool] = lambda: False) -> None:
    """Let the window work until a moment, or until something is so."""
    from PySide6.QtWidgets import QApplication

    while time.perf_counter() < until and not condition():
        QApplication.processEvents()
        time.sleep(0.001)


def watching() -> tuple[LiveCameraWindow, float]:
    """The window, which has its first picture, and when Start was pressed."""
    from PySide6.QtCore import QSettings

    from app.dialogs.live_camera import LiveCameraWindow
    from app.main import begin
    from app.state.preferences import Preferences
    from app.window import make_window

    folder = tempfile.mkdtemp()
    window = make_window(Preferences(QSettings(str(Path(folder, "p.ini")), QSettings.Format.IniFormat)))
    window.resize(1280, 720)
    window.show()
    begin(window, None)
    wait(time.perf_counter() + 60, lambda: window.state.results.shown is not None)
    window.state.moment.set_playing(False)
    window.actions_["live_camera"].trigger()
    tool = window.desk.tools["live_camera"]
    assert isinstance(tool, LiveCameraWindow)
    tool.models.choose([MODEL])
    tool.camera.where.setCurrentText(CLIP)
    asked = time.perf_counter()
    tool.bar.button.click()
    wait(asked + 90, lambda: tool.feed is not None and tool.feed.latest is not None)
    return tool, asked


def main() -> None:
    from engine.detector.library import installed

    if "full" not in installed():
        print(json.dumps({"skipped": "the detector is not set up: kinestate detector setup"}))
        return
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    app = QApplication([])
    tool, asked = watching()
    feed, run = tool.feed, tool.run
    assert feed is not None and run is not None
    wait(time.perf_counter() + WARM_S)

    taken: dict[int, float] = {}
    deliver = feed.camera.deliver

    def note(frame: PictureFrame) -> None:
        taken[frame.number] = frame.received
        deliver(frame)

    feed.camera.deliver = note
    late: list[float] = []
    beats = [time.perf_counter()]
    beat = QTimer(interval=BEAT_MS)
    beat.timeout.connect(lambda: beats.append(time.perf_counter()))
    beat.start()
    frames, answered, first_mb = feed.frames, run.tracks[0].latency.count, memory_mb()
    start, shown = time.perf_counter(), -1
    while time.perf_counter() < start + seconds:
        app.processEvents()
        now = time.perf_counter()
        if tool._pictured != shown and tool._pictured in taken:
            shown = tool._pictured
            tool.picture.repaint()
            now = time.perf_counter()
            if len(late) % 10 == 0:  # the pixels themselves; reading them takes longer than drawing
                assert number_on_show(tool.picture) == shown, "the window shows another picture than it says"
                beats.append(time.perf_counter())
            late.append(1e3 * (now - taken[shown]))
        time.sleep(0.001)
    beat.stop()
    last = time.perf_counter() - start
    stalls = np.diff(beats) * 1e3 - BEAT_MS
    print(json.dumps({
        "from Start to the first picture, s": 0.0 if not late else round(start - WARM_S - asked, 2),
        "camera, Hz": feed.source_hz,
        "pictures on show, Hz": len(late) / last,
        "predictions, Hz": (run.tracks[0].latency.count - answered) / last,
        "dropped before the model, %": 100 * (1 - (run.tracks[0].latency.count - answered) / (feed.frames - frames)),
        "shutter to window p50, ms": float(np.percentile(late, 50)),
        "shutter to window p95, ms": float(np.percentile(late, 95)),
        "GUI stall p99, ms": float(np.percentile(stalls, 99)),
        "GUI stall, largest, ms": float(stalls.max()),
        "memory gained, MB": memory_mb() - first_mb,
    }, indent=2))  # fmt: skip
    tool.close()
    app.closeAllWindows()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    main()
