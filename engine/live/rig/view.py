"""One camera of a rig: the people of its latest pictures, at any moment of the common clock."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.cameras.picture_size import at_size
from engine.cameras.pinhole import Camera
from engine.live.rig.clock import SET_S, CameraClock
from engine.live.truth import LiveTruth
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_in_view import BLIND_S, EDGE_S, silence_s
from engine.observation.virtual_rig import turned_level

REMEMBERED, RECENT = 64, 15
"""Pictures that are kept, and those whose median distance is the period."""
SAME_S = 1e-4
"""So far from a picture is at it."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What was found in one picture.

    time      seconds on the camera's own clock
    received  when it was taken, or came; came: when the detector had answered: `time.perf_counter`
    people    keypoints of one frame, H36M-17, by who it is in this camera
    """

    time: float
    received: float
    came: float
    people: Mapping[int, Keypoints2D]
    truth: LiveTruth | None = None


class View:
    """calibrated  the camera, and whether its calibration is sized; camera: for pictures of the size that comes
    shift  what is added to the times of the pictures that were looked at, seconds
    said   what had to be assumed for that, a sentence, or ""
    over   whether nothing more will come
    period median seconds between two pictures that were looked at; `BLIND_S` before the second
    delay  median seconds from a picture's time to the detector's answer; 0 before the first
    blind  whether models are given nobody of it; late_s: by how much older they are given what it saw, seconds. Both
           may be changed at any time, as may
    turned_deg  degrees by which models are told that it stands turned to its left
    """

    def __init__(self, calibrated: Camera, *, sized: bool = True) -> None:
        self.calibrated = self.camera = calibrated
        self.clock, self._sized = CameraClock(), sized
        self.shift, self.said = 0.0, ""
        self.over, self.period, self.delay = False, BLIND_S, 0.0
        self.blind, self.late_s, self.turned_deg = False, 0.0, 0.0
        self._turned = self.camera, 0.0, self.camera
        self._seen: deque[Seen] = deque(maxlen=REMEMBERED)
        self._began = float("-inf")

    @property
    def turned(self) -> Camera:
        """The camera as models are told that it stands: where it was calibrated, or turned from there."""
        camera, degrees = self.camera, self.turned_deg
        if self._turned[0] is not camera or self._turned[1] != degrees:
            self._turned = camera, degrees, turned_level(camera, degrees) if degrees else camera
        return self._turned[2]

    def begin(self, now: float) -> None:
        """The camera was switched on; it may take a while to its first picture."""
        self._began = now

    def of_size(self, size: tuple[int, int]) -> Camera:
        """The camera for pictures of a size; on the detector's thread."""
        if size != self.camera.image_size:
            self.camera, self.said = at_size(self.calibrated, size, sized=self._sized)
        return self.camera

    def push(self, seen: Seen) -> None:
        """The next picture, on the detector's thread."""
        shift = self.clock.shift
        if self._seen and (seen.time <= self._seen[-1].time or abs(shift - self.shift) > SET_S / 2):  # it began again
            self._seen.clear()
        self.shift = shift
        self._seen.append(seen)
        recent = self.seen[-RECENT:]
        self.period = float(np.median(np.diff([one.time for one in recent]))) if len(recent) > 1 else BLIND_S
        self.delay = float(np.median([one.came - one.time for one in recent])) - shift

    @property
    def seen(self) -> list[Seen]:
        """What is kept, the oldest first."""
        return list(self._seen)

    @property
    def newest(self) -> float:
        """Of the latest picture, on the common clock; minus infinity before the first."""
        seen = self.seen
        return seen[-1].time + self.shift if seen else float("-inf")

    @property
    def silence(self) -> float:
        """Seconds without a picture after which it is blind."""
        return silence_s(self.period)

    def age(self, now: float) -> float:
        """Seconds since the detector's latest answer; infinite before the first."""
        seen = self.seen
        return now - seen[-1].came if seen else float("inf")

    def living(self, now: float) -> bool:
        """Whether another picture is to be expected."""
        return not self.over and min(self.age(now), now - self._began) <= self.silence

    def at(self, time: float) -> list[Keypoints2D]:
        """The people of a moment of the common clock as models are given them: late, or nobody where it is blind."""
        return [] if self.blind else self.known(time - self.late_s)

    def known(self, time: float) -> list[Keypoints2D]:
        """The people of a moment of the common clock, between its two pictures around it.

        Nobody where these are too far apart, or there are none, and nobody who is not in both.
        """
        own, seen = time - self.shift, self.seen
        k = bisect_right([one.time for one in seen], own)
        inside = 0 < k < len(seen)
        for one in seen[max(k - 1, 0) : k + 1]:
            if abs(one.time - own) <= (SAME_S if inside else EDGE_S):
                return [known.at(np.array([own])) for known in one.people.values()]
        if not inside or seen[k].time - seen[k - 1].time > self.silence:
            return []
        before, after = seen[k - 1].people, seen[k].people
        return [before[who].then(after[who]).at(np.array([own])) for who in before if who in after]
