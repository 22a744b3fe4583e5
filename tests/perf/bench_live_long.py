"""A long live run in the window: whether memory stays, whether anything ever waits, whether rates hold.

    python tests/perf/bench_live_long.py [MINUTES]          (on a screen, or below xvfb-run)

prints JSON at the end and a line of it every minute before, to stderr. `make bench` leaves it out. Latency is from when
a picture was taken to its prediction, a stall is as in `bench_live_window.py`, memory is what is resident. The painted
camera is a thread of the program, so that the program's memory and load hold it too.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from app.dialogs.live_camera import LiveCameraWindow

ROOT = Path(__file__).parents[2]
MINUTES, MINUTE_S, SETTLED = 30.0, 60.0, 2
"""Memory is compared from after so many minutes: buffers of a minute are full then."""
LONG_MS = 100.0


class Minutes:
    """What each minute was like; nothing older than a minute is kept of it but its figures."""

    def __init__(self, tool: LiveCameraWindow) -> None:
        from PySide6.QtCore import QTimer

        assert tool.feed is not None and tool.run is not None
        self.feed, self.track = tool.feed, tool.run.tracks[0]
        self.rows: list[dict[str, float]] = []
        self._latencies: list[float] = []
        self._push, self.track.latency.push = self.track.latency.push, self._note  # type: ignore[method-assign]
        self._beats = [time.perf_counter()]
        self._beat = QTimer(interval=5)
        self._beat.timeout.connect(lambda: self._beats.append(time.perf_counter()))
        self._beat.start()
        self._turn = QTimer(interval=round(1000 * MINUTE_S))
        self._turn.timeout.connect(self.turn)
        self._turn.start()
        self._began, self._counted = time.perf_counter(), self._counts()

    def turn(self) -> None:
        """Write up the minute that has passed."""
        from bench_live_window import memory_mb

        now, counted = time.perf_counter(), self._counts()
        passed, (pictures, detected, predicted) = now - self._began, counted - self._counted
        stalls = np.diff(self._beats) * 1e3 - self._beat.interval()
        late, self._latencies = self._latencies, []
        self.rows.append({
            "program, MB": memory_mb(),
            "detector, MB": memory_mb(self.feed.detector.pid or 0),
            "camera, Hz": pictures / passed,
            "detector, Hz": detected / passed,
            "predictions, Hz": predicted / passed,
            "dropped, %": 100 * (1 - predicted / max(pictures, 1)),
            "total p50, ms": float(np.percentile(late, 50)) if late else float("nan"),
            "total p95, ms": float(np.percentile(late, 95)) if late else float("nan"),
            "GUI stall, largest, ms": float(stalls.max(initial=0.0)),
            "GUI stalls above 100 ms": int((stalls > LONG_MS).sum()),
            "load": os.getloadavg()[0],
        })  # fmt: skip
        shown = {key: round(value, 1) for key, value in self.rows[-1].items()}
        print(len(self.rows), json.dumps(shown), file=sys.stderr, flush=True)
        self._beats, self._began, self._counted = self._beats[-1:], now, counted

    def figures(self) -> dict[str, float]:
        """Of all minutes: the worst, and the memory that was gained."""
        assert self.rows
        first, last = self.rows[min(SETTLED, len(self.rows)) - 1], self.rows[-1]
        worst = {key: max(row[key] for row in self.rows) for key in first}
        return {
            "minutes": len(self.rows),
            "program, MB gained after two minutes": last["program, MB"] - first["program, MB"],
            "detector, MB gained after two minutes": last["detector, MB"] - first["detector, MB"],
            "predictions, Hz, least of a minute": min(row["predictions, Hz"] for row in self.rows),
            "dropped, %, worst minute": worst["dropped, %"],
            "total p50, ms, worst minute": worst["total p50, ms"],
            "total p95, ms, worst minute": worst["total p95, ms"],
            "GUI stall, largest, ms": worst["GUI stall, largest, ms"],
            "GUI stalls above 100 ms": sum(row["GUI stalls above 100 ms"] for row in self.rows),
            "detector restarted": self.feed.detector.restarts,
        }

    def _note(self, latency_s: float, now: float) -> None:
        self._latencies.append(1e3 * latency_s)
        self._push(latency_s, now)

    def _counts(self) -> np.ndarray:
        return np.array([self.feed.frames, self.feed.detect.count, self.track.latency.count])


def main() -> None:
    from bench_live_window import watching

    from engine.detector.library import installed

    if "full" not in installed():
        print(json.dumps({"skipped": "the detector is not set up: kinestate detector setup"}))
        return
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    app = QApplication([])
    tool, asked = watching()
    first_s = time.perf_counter() - asked
    noted = Minutes(tool)
    QTimer.singleShot(round(1000 * (MINUTE_S * minutes + 1)), app.quit)
    app.exec()
    if not noted.rows:
        noted.turn()  # less than a minute was asked for
    each = {str(number): row for number, row in enumerate(noted.rows, 1)}
    print(json.dumps({"from Start to the first picture, s": first_s, **noted.figures(), "each minute": each}, indent=2))
    tool.close()
    app.closeAllWindows()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/perf")]
    main()
