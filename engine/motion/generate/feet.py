"""Feet that stay where they stand: a foot rolls over heel and ball while it bears, and swings in between.

A foot is the ankle over a sole that is flat in the middle and round at both ends. It rolls without slipping:
over the ball when the toes point down (positive pitch), else over the heel. The swing joins the rolls of two
plants with continuous acceleration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.motion.generate.curves import bump, minimum_jerk, quintic

Float = NDArray[np.float64]

ANKLE_HEIGHT = 0.08  # metres
HEEL, BALL = -0.03, 0.10  # metres along the sole, from below the ankle to where the ends begin
HEEL_RADIUS, BALL_RADIUS = 0.05, 0.12
_MOMENT = 1e-4  # seconds
ALWAYS = 1e6  # seconds: a plant that does not begin, or end, within the clip


def roll(pitch: Float) -> tuple[Float, Float]:
    """Where the ankle of a foot on the floor is: metres ahead of where it is when flat, and height (T,)."""
    end = np.where(pitch > 0, BALL, HEEL)
    radius = np.where(pitch > 0, BALL_RADIUS, HEEL_RADIUS)
    over = ANKLE_HEIGHT - radius
    return (
        end + radius * pitch - end * np.cos(pitch) + over * np.sin(pitch),
        radius + end * np.sin(pitch) + over * np.cos(pitch),
    )


@dataclass(frozen=True)
class Swing:
    """How a foot travels to its next plant: `bump` shapes added to the smoothest way.

    forwards (along the toes) and up in metres, pitch in radians
    """

    forwards: tuple[float, ...] = (0.0,)
    up: tuple[float, ...] = (0.05,)
    pitch: tuple[float, ...] = (0.0,)

    def scaled(self, share: float) -> Swing:
        """The swing of a step that is larger, or smaller, by this share; a small one is lifted plainly."""
        forwards, up, pitch = (tuple(share * c for c in shape) for shape in (self.forwards, self.up, self.pitch))
        return Swing(forwards, (up[0] + 0.10 * max(1 - share, 0.0), *up[1:]), pitch)


@dataclass(frozen=True)
class Plant:
    """One time that a foot stands on the floor.

    start, end    seconds
    place         (x, y) metres, of the ankle while the sole is flat
    toes          radians, where the foot points (counter-clockwise from -Y)
    landing       pitch at the first touch (negative: on the heel), radians; leaving: at the last
    settle        seconds from the first touch until the sole is flat; rise: from flat to the last touch
    ease          3: at the first touch the pitch is at rest; 0: the foot comes down as fast as it settles
    swing         the way to the next plant
    """

    start: float
    end: float
    place: tuple[float, float]
    toes: float = 0.0
    landing: float = 0.0
    leaving: float = 0.5
    settle: float = 0.15
    rise: float = 0.25
    ease: float = 3.0
    swing: Swing = Swing()

    @property
    def flat(self) -> tuple[float, float]:
        """Seconds between which the whole sole rests."""
        return self.start + self.settle, self.end - self.rise

    def pitch(self, times: Float) -> Float:
        """Pitch (T,) radians during the stance."""
        down, rise = self.flat
        touch = np.clip((down - times) / self.settle, 0.0, None)
        push = np.clip((times - rise) / self.rise, 0.0, None)
        return np.asarray(
            self.landing * touch**3 * (1 + self.ease * (1 - touch))
            + self.leaving * push**4 * (2.5 - 1.5 * push)  # ends without acceleration
        )

    def ankle(self, pitch: Float) -> Float:
        """Ankle (T, 3) metres for a rolling foot's pitch (T,)."""
        along, height = roll(pitch)
        x, y = self.place
        return np.stack([x + along * np.sin(self.toes), y - along * np.cos(self.toes), height], -1)

    def state(self, time: float) -> tuple[tuple[Float, Float, Float], tuple[Float, Float, Float]]:
        """Ankle (3,) and pitch () at a time of the stance, each with its first two derivatives."""
        pitch = self.pitch(time + _MOMENT * np.arange(-1.0, 2.0))
        return _derivatives(self.ankle(pitch)), _derivatives(pitch)


def _derivatives(three: Float) -> tuple[Float, Float, Float]:
    """Value, velocity and acceleration at the middle of three values that are _MOMENT apart."""
    before, now, after = three
    return now, (after - before) / (2 * _MOMENT), (after - 2 * now + before) / _MOMENT**2


@dataclass(frozen=True)
class FootTrack:
    """A foot over time: ankle (T, 3) metres, pitch (T,) and toes (T,) radians, flat (T,) whether the whole
    sole rests."""

    ankle: Float
    pitch: Float
    toes: Float
    flat: NDArray[np.bool_]


def foot_track(times: Float, plants: Sequence[Plant]) -> FootTrack:
    """Follow one foot through its plants, in the order of time; the first and last reach beyond `times`."""
    ankle, pitch = np.empty((len(times), 3)), np.empty(len(times))
    toes, flat = np.empty(len(times)), np.zeros(len(times), bool)
    for plant in plants:
        stance = (times >= plant.start) & (times <= plant.end)
        pitch[stance] = plant.pitch(times[stance])
        ankle[stance] = plant.ankle(pitch[stance])
        toes[stance] = plant.toes
        flat |= (times >= plant.flat[0]) & (times <= plant.flat[1])
    for before, after in pairwise(plants):
        air = (times > before.end) & (times < after.start)
        seconds = after.start - before.end
        u = (times[air] - before.end) / seconds
        (ankle0, pitch0), (ankle1, pitch1) = before.state(before.end), after.state(after.start)
        swing = before.swing
        toes[air] = before.toes + (after.toes - before.toes) * minimum_jerk(u, 0.0, 1.0)
        ahead, up = bump(u, swing.forwards), bump(u, swing.up)
        ankle[air] = quintic(u, seconds, ankle0, ankle1) + np.stack(
            [ahead * np.sin(toes[air]), -ahead * np.cos(toes[air]), up], -1
        )
        pitch[air] = quintic(u, seconds, pitch0, pitch1) + bump(u, swing.pitch)
    return FootTrack(ankle, pitch, toes, flat)


def clearance(track: FootTrack) -> Float:
    """How high the lowest point of the sole is above the floor, (T,) metres."""
    return track.ankle[:, 2] - roll(track.pitch)[1]
