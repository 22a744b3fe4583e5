"""Trackers of a moving mannequin, ports and senders for tests of live runs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.live.feeds.feed import Feed
from engine.live.frame import LiveFrame
from engine.live.osc.forms import Form
from engine.live.run import LiveRun
from engine.live.sender import send_trackers
from engine.live.steps import LiveModel
from engine.live.track import Track
from engine.motion.rotations import axis_angle_to_quat
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Context


def swaying(frames: int = 120, hz: float = 60.0) -> TrackerSignals:
    """Head and hands that sway and turn smoothly, always seen."""
    t = np.arange(frames) / hz
    phase = np.arange(9).reshape(3, 3)
    rest = np.array([[0.0, 0.0, 1.55], [0.7, 0.0, 1.35], [-0.7, 0.0, 1.35]])
    places = rest + 0.1 * np.sin(2 * t[:, None, None] + phase)
    turns = axis_angle_to_quat(0.5 * np.cos(1.5 * t[:, None, None] + phase))
    return TrackerSignals("sway", t, places, turns, np.ones((frames, 3), bool))


def alone(feed: Feed[LiveFrame], model: LiveModel, context: Context, **given: Any) -> LiveRun:
    """A run of one model; the run's own options go to it, the others to the model's track."""
    options = {name: given.pop(name) for name in ("calibration", "stresses") if name in given}
    return LiveRun(feed, [Track(model, **given)], context, **options)


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until it is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.005)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens there: loopback says where nobody does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", port))
        try:
            for _ in range(2):
                probe.send(b"/hello\0\0")
                time.sleep(0.02)
        except ConnectionRefusedError:
            return False
    return True


def sending(signals: TrackerSignals, port: int, form: Form = "plain", speed: float = 1.0) -> threading.Thread:
    """Send them on a thread as soon as somebody listens."""

    def send() -> None:
        until(lambda: listens(port), 60.0)
        send_trackers(signals, "127.0.0.1", port, form, speed=speed)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


class Full:
    """A file on a disk that is full after so many lines."""

    def __init__(self, file: Any, lines: int) -> None:
        self.file, self.left = file, lines

    def write(self, text: str) -> None:
        if self.left == 0:
            raise OSError(28, "No space left on device")
        self.left -= 1
        self.file.write(text)

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.close()
