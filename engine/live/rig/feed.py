"""Frames of several views from several cameras.

each camera: source → newest-picture slot → detector's process → `View`
this feed's thread: `Ticks` says of which moments → `View.at` of every camera → `RigPeople` → `deliver`
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.live.camera_feed import CameraFeed
from engine.live.detector.process import POLL_S, DetectorProcess
from engine.live.feeds.feed import Source
from engine.live.feeds.on_thread import OnThread
from engine.live.frame import LiveFrame, PictureFrame
from engine.live.latency import Latency
from engine.live.rig.clock import TimedSource, skews_ms
from engine.live.rig.observer import ViewObserver
from engine.live.rig.people import RigPeople
from engine.live.rig.telling import Telling
from engine.live.rig.ticks import Moment, Ticks
from engine.live.rig.view import View
from engine.live.track import Track
from engine.live.truth import LiveTruth
from engine.live.video_recorder import VideoRecorder

PEOPLE = 2
"""Looked for in each camera: the one that a detector is surest of may be another one in every camera."""
KEPT = 64
QUIET_S = 0.3
"""Without a moment for so long, recordings are told by themselves what happens."""


@dataclass(frozen=True, eq=False)
class RigCamera:
    """A calibrated camera, its pictures, and who finds people in them. sized: as `CalibrationFile`."""

    camera: Camera
    source: Source[PictureFrame]
    detector: DetectorProcess
    sized: bool = True


class RigFeed(OnThread):
    """As `engine.live.feeds.feed.Feed`, of frames with one person's views; moments in which fewer than two cameras see
    that person give none. Cameras begin when every detector is ready.

    cameras   each as a feed of its own
    views     what each camera saw, in the rig's order
    people    who is who, and whom is followed
    on_events are called with (sentence, time) when a camera or its detector fails and comes back
    telling   what recordings are told besides
    watching  whether the cameras were begun
    began     the first moment, on the common clock, from which frames' times are counted; None before
    frames    moments at which the views were looked at; given: those of which models got a frame
    saw       (V,) of the frames that were given, those in which each camera saw the person
    handed    from when a moment's picture was taken until models got its frame
    """

    observes = "views"

    def __init__(
        self,
        name: str,
        cameras: Sequence[RigCamera],
        *,
        people: int = PEOPLE,
        smooth: tuple[float, float] | None = None,
    ) -> None:
        """people: looked for in each camera; smooth: as of a `ViewObserver`."""
        super().__init__(name, "match")
        self.name = name
        self.views = tuple(View(one.camera, sized=one.sized) for one in cameras)
        self._news = threading.Event()
        self.cameras = tuple(
            CameraFeed(
                TimedSource(one.source, view.clock),
                one.detector,
                ViewObserver(view, self._news.set, smooth),
                people=people,
            )
            for one, view in zip(cameras, self.views, strict=True)
        )
        self.on_events: list[Callable[[str, float], None]] = []
        for view, feed in zip(self.views, self.cameras, strict=True):
            feed.on_events.append(partial(self._event, view))
        self.deliver: Callable[..., None] = lambda *frames: None
        self.watching = False
        self.people, self.frames, self.given = RigPeople(name), 0, 0
        self.saw = np.zeros(len(cameras), np.intp)
        self.handed = Latency()
        self._handed: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._ticks, self.telling = Ticks(self.views), Telling(self.views, self.people)
        self._rig = self._turned = CameraRig(tuple(view.camera for view in self.views))
        self.began: float | None = None
        self._looked = 0.0

    @property
    def source(self) -> Source[PictureFrame]:
        """The first camera's; `cameras` have one each."""
        return self.cameras[0].source

    @property
    def rig(self) -> CameraRig:
        """The cameras for pictures of the size that comes."""
        self._rig = rig_of(self._rig, [view.camera for view in self.views])
        return self._rig

    @property
    def turned_rig(self) -> CameraRig:
        """The same as models are told that they stand: some may be turned."""
        self._turned = rig_of(self._turned, [view.turned for view in self.views])
        return self._turned

    @property
    def skews_ms(self) -> list[float]:
        """As `engine.live.rig.clock.skews_ms`, of the pictures that the cameras sent."""
        return skews_ms([view.clock for view in self.views])

    @property
    def trouble(self) -> str:
        """What is wrong now with a camera or its detector; "" where all is well."""
        return self._first(feed.trouble for feed in self.cameras)

    @property
    def told(self) -> str:
        """As `CameraFeed.told`, of the first camera that has something to tell."""
        return self._first(feed.told for feed in self.cameras)

    @property
    def dropped(self) -> int:
        """Moments that were left out because a newer one was due."""
        return self._ticks.dropped

    def handed_s(self, time: float) -> float:
        """How old a frame, by its time, was when models got it; NaN of one that is not among the latest."""
        return next((seconds for at, seconds in list(self._handed) if at == time), float("nan"))

    def tell(self, track: Track) -> None:
        """Have what happens and what each camera sees written into a model's recording, where there is one."""
        if track.records:
            self.on_events.append(track.event)
            self.telling.on_changes.append(track.event)
            self.telling.on_pictures.append(track.picture)

    def record_videos(self, path_of: Callable[[str], Path]) -> tuple[Path, ...]:
        """Write every camera's pictures to the file that its name gives; the files. Raises InputError."""
        videos: list[VideoRecorder] = []
        try:
            for view in self.views:
                videos.append(VideoRecorder(path_of(view.calibrated.name)))
        except InputError:
            for video in videos:
                video.close()
            raise
        for camera, video in zip(self.cameras, videos, strict=True):
            camera.video = video
        return tuple(video.path for video in videos)

    def prepare(self) -> None:
        """Begin to open the detectors."""
        for feed in self.cameras:
            feed.prepare()

    def stop(self, seconds: float = 2.0) -> None:
        """End the threads and the detectors' processes; harmless where none runs."""
        super().stop(seconds)
        self._close()

    def _open(self) -> None:
        """Cameras are opened when the detectors are ready."""

    def _read(self) -> None:
        for feed in self.cameras:
            while not feed.detector.ready(POLL_S):
                if self._stop.is_set():
                    return
        for view, feed in zip(self.views, self.cameras, strict=True):
            feed.start()
            view.begin(time.perf_counter())
        self.watching = True
        while not self._stop.is_set():
            over = self._look_after()
            moment = self._ticks.next(time.perf_counter())
            if moment is not None:
                self._look(moment)
                continue
            self._tell_between(over)
            if over:
                return
            self._news.wait(POLL_S)
            self._news.clear()

    def _close(self) -> None:
        for feed in self.cameras:
            feed.stop()

    def _look_after(self) -> bool:
        """Whether every camera has ended. Raises what one failed with."""
        for view, feed in zip(self.views, self.cameras, strict=True):
            if feed.error is not None:
                raise feed.error
            view.over = feed.state == "stopped"
        return all(view.over for view in self.views)

    def _look(self, moment: Moment) -> None:
        self.frames += 1
        self.began = moment.time if self.began is None else self.began
        at = moment.time - self.began
        self._looked = time.perf_counter()
        self.telling.look(self._looked, self.began, at)
        seen = self.people.push(moment.time, [view.at(moment.time) for view in self.views], self.rig)
        if seen is None:
            return
        observation = replace(seen, times=np.array([at]), rig=self.turned_rig)
        self.given += 1
        self.saw += (observation.confidence[:, 0, 0] > 0).any(-1)
        now = time.perf_counter()
        self.handed.push(now - moment.received, now)
        self._handed.append((at, now - moment.received))
        self.deliver(LiveFrame(at, moment.received, observation, _at(moment.truth, at), self.people.stream))

    def _tell_between(self, over: bool) -> None:
        """What happens while there are no moments."""
        now = time.perf_counter()
        if self.began is not None and (over or now - self._looked > QUIET_S):
            self.telling.look(now, self.began, now - self.began)

    def _first(self, said: Iterable[str]) -> str:
        """The first of what is said of each camera, with the camera's name; "" where nothing is."""
        named = zip(self.views, said, strict=True)
        return next((f"{view.calibrated.name}: {text}" for view, text in named if text), "")

    def _event(self, view: View, said: str, own: float) -> None:
        """A camera's own time says little to others."""
        at = 0.0 if self.began is None else time.perf_counter() - self.began
        for tell in self.on_events:
            tell(f"{view.calibrated.name}: {said}", at)


def rig_of(before: CameraRig, cameras: Sequence[Camera]) -> CameraRig:
    """These cameras; the rig that they were before where they are the same ones."""
    same = all(camera is was for camera, was in zip(cameras, before, strict=True))
    return before if same else CameraRig(tuple(cameras))


def _at(truth: LiveTruth | None, time: float) -> LiveTruth | None:
    """The truth of one frame, at another clock's time."""
    if truth is None:
        return None
    when = np.array([time])
    body = None if truth.body is None else replace(truth.body, times=when)
    return LiveTruth(replace(truth.joints, times=when), body)
