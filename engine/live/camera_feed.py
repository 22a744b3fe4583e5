"""Frames of keypoints from a camera: its pictures, newest first, through a detector in a process of its own.

camera's thread: source → newest-picture slot → this feed's thread: detector's process → one person → `deliver`
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from engine.live.detector.process import POLL_S, DetectorProcess
from engine.live.feeds.feed import Feed, Source
from engine.live.feeds.on_thread import OnThread
from engine.live.frame import Found, PictureFrame
from engine.live.latency import Latency
from engine.live.observer import Observer
from engine.live.video_recorder import VideoRecorder

TOLD_S = 2.0
"""Trouble that is over is told for so much longer."""
RECENT = 4
"""Pictures that are kept for whoever shows them, who may be busy for as long as they take to come."""


class CameraFeed(OnThread):
    """As `engine.live.feeds.feed.Feed`, of frames with keypoints; pictures in which nobody is found give none.

    people          how many the detector looks for; one is followed (`observer.follow`), or each
    deliver         is called with the frames of a picture, one for each person who is followed
    exact           whether every picture of a recorded source is taken, however long that takes
    video           what every picture that comes is written to
    recent          the newest pictures with what was found in each, at most `RECENT`, the oldest first
    on_events       are called with (sentence, time) when the detector or the camera fails and comes back
    capture, detect how long pictures waited for the detector, and it for its answer
    """

    observes = "keypoints"

    def __init__(
        self,
        camera: Source[PictureFrame],
        detector: DetectorProcess,
        observer: Observer,
        *,
        people: int = 1,
        exact: bool = False,
        video: VideoRecorder | None = None,
    ) -> None:
        super().__init__(camera.name, "detect")
        self.camera, self.detector, self.observer = Feed(camera), detector, observer
        self.people, self.exact, self.video = people, exact, video
        self.deliver: Callable[..., None] = lambda *frames: None
        self.on_events: list[Callable[[str, float], None]] = []
        self.capture, self.detect = Latency(), Latency()
        self.recent: tuple[Found, ...] = ()
        self.given_up = self._lost = 0
        self._first: PictureFrame | None = None
        self._last: PictureFrame | None = None
        self._said, self._over = "", ("", float("-inf"))
        self.camera.deliver = self._came

    @property
    def latest(self) -> Found | None:
        """The newest picture with what was found in it."""
        return self.recent[-1] if self.recent else None

    @property
    def source(self) -> Source[PictureFrame]:
        return self.camera.source

    @property
    def frames(self) -> int:
        """Pictures that came so far."""
        return self.camera.frames

    @property
    def in_view(self) -> bool:
        """Whether the followed person, or anybody of everybody, was found in the newest picture."""
        newest = self.latest
        return newest is not None and (bool(newest.people) if self.observer.each else newest.followed is not None)

    @property
    def trouble(self) -> str:
        """What is wrong now with the camera or the detector, a sentence; "" where frames come."""
        return getattr(self.source, "trouble", "") or self.detector.trouble

    @property
    def told(self) -> str:
        """The trouble, or the one that was over a moment ago: for somebody who reads."""
        said, until = self._over
        return self.trouble or (said if time.monotonic() < until else "")

    @property
    def source_hz(self) -> float:
        """Pictures a second of the camera, by its own clock and count; NaN before the second one."""
        first, last = self._first, self._last
        if first is None or last is None or last.time <= first.time:
            return float("nan")
        return (last.number - first.number) / (last.time - first.time)

    @property
    def dropped(self) -> Mapping[str, int]:
        """Pictures that the camera lost, that came while the detector was busy, and that it failed on."""
        return {
            "camera": self._lost,
            "detector busy": self.camera.slot.dropped,
            "detector failed": self.given_up,
        }

    def prepare(self) -> None:
        """Begin to open the detector."""
        self.detector.start()

    def stop(self, seconds: float = 2.0) -> None:
        """End the threads and the detector's process; harmless where none runs."""
        self._stop.set()
        self.camera.stop(seconds)
        super().stop(seconds)
        if self._thread is None:
            self._close()  # it was prepared, but not started

    def _open(self) -> None:
        try:
            self.camera.start()
        except Exception:
            self._close()
            raise

    def _read(self) -> None:
        while not self._stop.is_set() and not self._ended():
            self._report()
            if not self.detector.ready(POLL_S):
                continue
            frame = self.camera.slot.take(POLL_S)
            if frame is not None:
                self._look(frame)
        if self.camera.error is not None:
            raise self.camera.error

    def _close(self) -> None:
        self.detector.stop()
        if self.video is not None:
            self.camera.stop()  # it writes no more
            self.video.close()

    def _came(self, frame: PictureFrame) -> None:
        """On the camera's thread."""
        if self._last is not None:
            self._lost += max(frame.number - self._last.number - 1, 0)  # below 0 the source began again
        self._first, self._last = self._first or frame, frame
        if self.exact:
            self.camera.slot.hand(frame, self._stop.is_set)
        else:
            self.camera.slot.put(frame)
        if self.video is not None:
            self.video.push(frame)

    def _ended(self) -> bool:
        slot = self.camera.slot
        over = self.camera.state in ("stopped", "failed")
        return over and slot.given == slot.dropped + self.detect.count + self.given_up

    def _look(self, frame: PictureFrame) -> None:
        picture, begun = frame.picture, time.perf_counter()  # painted ones are painted before
        people = self.detector.detect(picture, self.people, self._stop.is_set)
        while people is None and self.exact and not self._stop.is_set():
            if self.detector.ready(POLL_S):
                people = self.detector.detect(picture, self.people, self._stop.is_set)
        if people is None:
            self.given_up += not self._stop.is_set()
            return
        done = time.perf_counter()
        self.capture.push(begun - frame.received, begun)
        assert self.detector.skeleton is not None
        found, frames = self.observer.look(frame, people, self.detector.skeleton, begun, done)
        self.recent = (*self.recent[1 - RECENT :], found)
        if frames:
            self.deliver(*frames)
        self.detect.push(done - begun, done)

    def _report(self) -> None:
        """Say once what is wrong, and that it is over."""
        said = self.trouble
        if said != self._said:
            at = 0.0 if self._last is None else self._last.time
            for tell in self.on_events:
                tell(said or "Frames come again.", at)
            if not said:
                self._over = self._said, time.monotonic() + TOLD_S
            self._said = said
