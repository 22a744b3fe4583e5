"""The live run: one feed, what is done to its frames, and the models that get them.

feed thread: source → calibration → stresses → a slot for each model → model threads (`engine.live.track`)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.errors import InputError
from engine.live.calibration import Calibration, Worn, calibrate
from engine.live.feeds.feed import POLL_S, Feed
from engine.live.frame import LiveFrame
from engine.live.state import State
from engine.live.track import Taken, Track
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Context
from engine.stress.live import LiveStresses

REMEMBERED = 30
"""Frames that a calibration looks at: half a second at 60 Hz."""


class LiveRun:
    """All models see the same frames, as far as each keeps up; each drops its own.

    state     "failed" with `error` where the feed or a model did not do
    ready     set as soon as frames are taken, or nothing can be done
    context   of the person as calibrated last
    stresses  what the frames suffer; its levels may be changed at any time
    """

    def __init__(
        self,
        feed: Feed[LiveFrame],
        tracks: Sequence[Track],
        context: Context,
        *,
        calibration: Calibration | None = None,
        stresses: LiveStresses | None = None,
    ) -> None:
        """Raises InputError for a model that does not observe trackers."""
        for track in tracks:
            if track.model.card.observes != "trackers":
                raise InputError(
                    f"{track.name} observes {track.model.card.observes}, which trackers do not give; choose a model "
                    "that observes trackers."
                )
        self.feed, self.tracks, self.context = feed, tuple(tracks), context
        self.stresses = stresses or LiveStresses()
        self.state: State = "stopped"
        self.error: Exception | None = None
        self.ready = threading.Event()
        self._calibration: Calibration | None = None
        self._wanted, self._streams = calibration, 0
        self._raw: deque[TrackerSignals] = deque(maxlen=REMEMBERED)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kinestate-live", daemon=True)
        feed.deliver = self._take

    def start(self) -> None:
        """Once: begin on threads of its own."""
        self.state = "starting"
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Stop the feed, then the models; harmless where nothing runs."""
        self._stop.set()
        if self._thread.is_alive():
            self.state = "stopping"
            self._thread.join(seconds)
            if not self._thread.is_alive() and self.state == "stopping":  # it had ended meanwhile
                self.state = "stopped"

    def calibrate(
        self, *, height_m: float | None = None, floor_m: float = 0.0, worn: Worn = "joint", t_pose: bool = False
    ) -> Calibration:
        """As `engine.live.calibration.calibrate`, on the latest frames; streams begin anew. Raises InputError."""
        frames = list(self._raw)
        if not frames:
            raise InputError("No tracker was heard of yet; start the sender, then calibrate.")
        seen = TrackerSignals(
            "calibration",
            np.concatenate([f.times for f in frames]),
            np.concatenate([f.positions for f in frames]),
            np.concatenate([f.rotations for f in frames]),
            np.concatenate([f.valid for f in frames]),
        )
        self._wanted = calibrate(seen, height_m=height_m, floor_m=floor_m, worn=worn, t_pose=t_pose)
        return self._wanted

    def _run(self) -> None:
        """Begin when every model is ready; end when one fails, or the feed."""
        try:
            for track in self.tracks:
                track.start(self.context)
            while not all(track.ready.wait(POLL_S) for track in self.tracks):
                if self._stop.is_set():
                    break
            self._check()
            if not self._stop.is_set():
                self.feed.start()
                self.state = "running"
                self.ready.set()
            while not self._stop.wait(POLL_S):
                self._check()
            failed: Exception | None = None
        except Exception as error:
            failed = error
        self.feed.stop()
        for track in self.tracks:
            track.ask_to_stop()
        end = time.monotonic() + 2.0
        for track in self.tracks:
            track.join(end - time.monotonic())
        self.state, self.error = ("stopped" if failed is None else "failed"), failed
        self.ready.set()

    def _check(self) -> None:
        """Raises what the feed or a model failed with."""
        parts: tuple[Feed[LiveFrame] | Track, ...] = (self.feed, *self.tracks)
        for part in parts:
            if part.state == "failed" and part.error is not None:
                raise part.error

    def _take(self, frame: LiveFrame) -> None:
        """On the feed's thread: a frame as the models get it, where it is not lost."""
        self._raw.append(frame.observation)
        if self._wanted is not self._calibration:
            self._calibration, self._streams = self._wanted, self._streams + 1
            if self._wanted is not None:
                self.context = replace(self.context, height_m=self._wanted.height_m)
        if self._calibration is not None:
            truth = None if frame.truth is None else frame.truth.in_world(*self._calibration.to_person)
            frame = replace(frame, observation=self._calibration.apply(frame.observation), truth=truth)
        left = self.stresses.push(frame.observation)
        if left is not None:
            taken = Taken(replace(frame, observation=left), self._streams, self.context)
            for track in self.tracks:
                track.slot.put(taken)
