"""Trackers sent as OSC packets, one bundle a frame, at their own times."""

from __future__ import annotations

import socket
import time

from engine.live.osc.forms import Form, written
from engine.live.osc.packets import packet
from engine.observation.trackers import TrackerSignals
from engine.progress import Cancel


def send_trackers(
    signals: TrackerSignals,
    address: str,
    port: int,
    form: Form = "vmc",
    *,
    speed: float = 1.0,
    cancel: Cancel | None = None,
) -> int:
    """Send a headset's signals and return how many frames were sent. The time of the first frame is 0.

    speed: seconds of the recording a second. A frame that is due is never left out.
    """
    times, sent = signals.times - signals.times[0], 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        began = time.perf_counter()
        for frame, seconds in enumerate(times):
            if cancel is not None and cancel():
                break
            time.sleep(max(0.0, began + seconds / speed - time.perf_counter()))
            opened.sendto(packet(written(signals, frame, frame, float(seconds), form)), (address, port))
            sent += 1
    return sent
