"""The live run: one feed, what is done to its frames, and the models that get them.

feed thread: source → calibration → stresses → a slot for each model → model threads (`engine.live.track`)
Of pictures, the feed holds a detector besides (`engine.live.camera_feed`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.cameras.pinhole import Camera
from engine.errors import InputError
from engine.live.calibration import Calibration, Worn, calibrate
from engine.live.feeds.feed import POLL_S, LiveFeed
from engine.live.frame import LiveFrame, known_people
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
    exact     whether each frame waits until every model took the one before, so that none is dropped
    """

    def __init__(
        self,
        feed: LiveFeed,
        tracks: Sequence[Track],
        context: Context,
        *,
        calibration: Calibration | None = None,
        stresses: LiveStresses | None = None,
        exact: bool = False,
    ) -> None:
        """Raises InputError for a model that does not observe what the feed gives."""
        for track in tracks:
            if track.model.card.observes != feed.observes:
                raise InputError(
                    f"{track.name} observes {track.model.card.observes}, which this feed does not give; choose a model "
                    f"that observes {feed.observes}."
                )
        self.feed, self.tracks, self.context = feed, tuple(tracks), context
        self.stresses, self.exact = stresses or LiveStresses(), exact
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

    @property
    def over(self) -> bool:
        """Whether the feed has ended and every model has answered what came."""
        ended = self.ready.is_set() and self.feed.state in ("stopped", "failed")
        return ended and all(track.idle for track in self.tracks)

    @property
    def camera(self) -> Camera | None:
        """As it was found to stand at last, where nobody calibrated it."""
        found = (track.latest.camera for track in self.tracks if track.latest is not None)
        return next((camera for camera in found if camera is not None), None)

    def calibrate(
        self, *, height_m: float | None = None, floor_m: float = 0.0, worn: Worn = "joint", t_pose: bool = False
    ) -> Calibration:
        """As `engine.live.calibration.calibrate`, on the latest frames; streams begin anew. Raises InputError."""
        frames = list(self._raw)
        if self.feed.observes != "trackers":
            raise InputError("A camera is not calibrated by standing still; trackers are.")
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
            self.feed.prepare()
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
        self._stop.set()
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
        parts: tuple[LiveFeed | Track, ...] = (self.feed, *self.tracks)
        for part in parts:
            if part.state == "failed" and part.error is not None:
                raise part.error

    def _take(self, *frames: LiveFrame) -> None:
        """On the feed's thread: the frames of one moment, one a person, as the models get those that are not lost."""
        people, left = known_people(frames), []
        self.stresses.keep(people)
        for frame in frames:
            given = frame
            if isinstance(frame.observation, TrackerSignals):
                given = self._calibrated(frame, frame.observation)
            seen = self.stresses.push(given.observation, frame.person)
            if seen is not None:
                left.append(replace(given, observation=seen))
        if left:
            taken = Taken(tuple(left), people, self._streams, self.context)
            for track in self.tracks:
                if self.exact:
                    track.slot.hand(taken, self._stop.is_set)
                else:
                    track.slot.put(taken)

    def _calibrated(self, frame: LiveFrame, seen: TrackerSignals) -> LiveFrame:
        self._raw.append(seen)
        if self._wanted is not self._calibration:
            self._calibration, self._streams = self._wanted, self._streams + 1
            if self._wanted is not None:
                self.context = replace(self.context, height_m=self._wanted.height_m)
        if self._calibration is None:
            return frame
        truth = None if frame.truth is None else frame.truth.in_world(*self._calibration.to_person)
        return replace(frame, observation=self._calibration.apply(seen), truth=truth)
