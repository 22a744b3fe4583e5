"""What several live cameras see and what models make of it, on one clock, and in words. No Qt."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.live.frame import Found
from engine.live.rig.agreement import Agreement, joints_of
from engine.live.rig.feed import RigFeed
from engine.live.rig.view import Seen
from engine.live.run import LiveRun
from engine.live.tick import Tick
from engine.observation.keypoints import Keypoints2D
from engine.observation.reprojection import nearest_person, projected

Float = NDArray[np.float64]

LONGEST = 640
"""Pixels of a picture that is kept to be shown."""
BEFORE_S = 0.7
"""So long before the picture that is shown, pictures are kept."""
QUIET_S = 1.0
"""Without a prediction for so long, the newest pictures are shown by themselves."""
TOGETHER_S = 0.05
"""Predictions that are further apart are not shown together."""
OF_A_PERIOD = 0.6
"""Pictures of a camera that are nearer to a moment, in the camera's periods, are of it."""
OF_ERRORS = 60
"""Frames that the error of a camera is the median of."""


@dataclass(frozen=True, eq=False)
class Pictured:
    """A picture of a camera, made smaller: `scale` of its pixels for one of the camera's; time: the camera's own."""

    time: float
    picture: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, eq=False)
class Sight:
    """What one camera shows at a moment, in its own pixels.

    people  keypoints of everybody, H36M-17; followed: which of them the models are about, None where none is
    models  (17, 2) where each would be seen if the camera stood as models are told; NaN behind it; None of one that
            has no answer of this moment, and of all where the camera has no picture of it
    """

    pictured: Pictured
    people: tuple[Keypoints2D, ...]
    followed: int | None
    models: tuple[Float | None, ...]


class RigSights:
    """Pictures and predictions of the latest moments of a run, so that those of one moment are shown together."""

    def __init__(self, run: LiveRun, feed: RigFeed) -> None:
        self.run, self.feed = run, feed
        self._pictures: list[deque[Pictured]] = [deque() for _ in feed.views]
        self._ticks: list[deque[Tick]] = [deque(maxlen=16) for _ in run.tracks]
        self._agreement = Agreement(feed, OF_ERRORS)
        self._news = False

    def look(self) -> None:
        """Take what is new, as often as there is time for it."""
        new = [_take(camera.recent, kept) for camera, kept in zip(self.feed.cameras, self._pictures, strict=True)]
        for k, (track, ticks) in enumerate(zip(self.run.tracks, self._ticks, strict=True)):
            tick = track.latest
            if tick is None or (ticks and ticks[-1] is tick):
                continue
            ticks.append(tick)
            new.append(True)
            if k == 0:
                self._agreement.push(tick)
        self._news = self._news or any(new)

    @property
    def news(self) -> bool:
        """Whether there is anything that `sights` did not show yet."""
        return self._news

    @property
    def pixels(self) -> list[float]:
        """Of each camera, by which the first model's joints lately were off what it saw; NaN: nothing."""
        return self._agreement.pixels

    def sights(self) -> list[Sight | None]:
        """Every camera at the latest moment that models answered and that has its pictures; None of one without any."""
        self._news = False
        now, ticks = self._moment()
        joints = [None if tick is None else joints_of(tick) for tick in ticks]
        return [self._sight(k, now, joints) for k in range(len(self.feed.views))]

    def _moment(self) -> tuple[float | None, list[Tick | None]]:
        """The latest moment that most models answered and of which most pictures are kept, and the models' ticks of it.

        None where the latest answer is long ago.
        """
        times = [tick.time for ticks in self._ticks for tick in ticks]
        if not times or time.perf_counter() - max(track.latency.last for track in self.run.tracks) > QUIET_S:
            return None, [None] * len(self._ticks)
        began = self.feed.began or 0.0

        def complete(at: float) -> tuple[int, int, float]:
            answers = sum(_nearest(ticks, at) is not None for ticks in self._ticks)
            pictures = sum(self._picture(k, at + began)[1] for k, kept in enumerate(self._pictures) if kept)
            return answers, pictures, at

        at = max((at for at in times if max(times) - at < QUIET_S), key=complete)
        return at + began, [_nearest(ticks, at) for ticks in self._ticks]

    def _picture(self, k: int, now: float) -> tuple[Pictured, bool]:
        """A camera's nearest picture to what counts as of a moment of the common clock, and whether it is of it."""
        view = self.feed.views[k]
        own = now - view.late_s - view.shift
        nearest = min(self._pictures[k], key=lambda one: abs(one.time - own))
        return nearest, abs(nearest.time - own) < OF_A_PERIOD * view.period

    def _sight(self, k: int, now: float | None, joints: Sequence[Float | None]) -> Sight | None:
        view, kept = self.feed.views[k], self._pictures[k]
        if not kept:
            return None
        if now is None:
            pictured = kept[-1]
        else:
            pictured, of_it = self._picture(k, now)
            while kept[0].time < pictured.time - BEFORE_S:
                kept.popleft()
            joints = joints if of_it else [None] * len(joints)
        models = tuple(None if of is None else projected(of, view.turned) for of in joints)
        people = people_of(view.seen, pictured.time)
        known = next((projected(of, view.camera) for of in joints if of is not None), None)
        followed = None if known is None or view.blind else nearest_person(people, known)
        return Sight(pictured, people, followed, models)


def _take(recent: Sequence[Found], kept: deque[Pictured]) -> bool:
    """Keep of the newest pictures those that came after what is kept; whether there are any."""
    taken = next((n for n, found in enumerate(recent, 1) if kept and found.frame.time == kept[-1].time), 0)
    for found in recent[taken:]:
        if kept and found.frame.time < kept[-1].time:  # it began again
            kept.clear()
        kept.append(smaller(found))
    return taken < len(recent)


def _nearest(ticks: Sequence[Tick], at: float) -> Tick | None:
    """The tick of a moment."""
    nearest = min(ticks, key=lambda tick: abs(tick.time - at), default=None)
    return nearest if nearest is not None and abs(nearest.time - at) < TOGETHER_S else None


def smaller(found: Found) -> Pictured:
    """The picture, with at most `LONGEST` pixels at a side."""
    import cv2  # here: the window's start need not wait for it

    picture = found.frame.picture
    height, width = picture.shape[:2]
    scale = min(LONGEST / max(width, height), 1.0)
    if scale < 1:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Pictured(found.frame.time, picture, scale)


def people_of(seen: Sequence[Seen], at: float) -> tuple[Keypoints2D, ...]:
    """Everybody who was found in the picture of a camera's own time."""
    return next((tuple(one.people.values()) for one in seen if one.time == at), ())


def camera_figures(feed: RigFeed, pixels: Sequence[float]) -> list[tuple[str, str]]:
    """Of each camera: its rate, skew, error and drops in short, and in a few sentences."""
    return [_figures(feed, k, skew, px) for k, (skew, px) in enumerate(zip(feed.skews_ms, pixels, strict=True))]


def _figures(feed: RigFeed, k: int, skew: float, px: float) -> tuple[str, str]:
    view, camera = feed.views[k], feed.cameras[k]
    dropped = camera.dropped
    parts = [
        f"{camera.source_hz:.1f} Hz" if np.isfinite(camera.source_hz) else "",
        f"{skew:+.0f} ms" if np.isfinite(skew) else "",
        f"{px:.1f} px" if np.isfinite(px) else "",
        f"{sum(dropped.values())} dropped" if camera.frames else "",
    ]
    lost = ", ".join(f"{count} {why}" for why, count in dropped.items())
    seen = f"in {100 * feed.saw[k] / max(feed.given, 1):.0f} % of the frames that models got"
    said = [
        f"{camera.detect.per_second:.1f} pictures a second are looked at." if camera.detect.count > 1 else "",
        f"Dropped: {lost}.",
        f"It saw the person {seen}.",
        view.said,
    ]
    return " · ".join(filter(None, parts)), "\n".join(filter(None, said))


def rig_figures(run: LiveRun, feed: RigFeed) -> str:
    """What becomes of the moments at which the cameras are looked at; "" before the first."""
    if not feed.frames:
        return ""
    parts = [f"{feed.frames} moments, of which models got {feed.given}"]
    if feed.handed.count > 1:
        parts += [f"{feed.handed.per_second:.1f} a second", f"cameras and detectors {feed.handed.p50_ms:.0f} ms"]
    latency = run.tracks[0].latency
    if latency.count:
        parts.append(f"all p50 {latency.p50_ms:.0f}, p95 {latency.p95_ms:.0f} ms")
    if feed.dropped:
        parts.append(f"{feed.dropped} dropped for newer ones")
    if run.stresses.dropped:
        parts.append(f"{run.stresses.dropped} left out by stress")
    return " · ".join(parts)
