"""Walking and running: Fourier series over the gait cycle, and where the feet land.

The coefficients were fitted to real strides, the mean over 16 walks at 1.23 m/s and over 4 runs at 3.4 m/s of the
training subjects, scaled to a stature of 1.75 m and made left-right symmetric. Trunk and arms are its low harmonics,
rounded; stance, swing and pelvis height were chosen so that knees and ankles follow it. The data used in this project
was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF EIA-0196217.

Phase is in cycles; at phase 0 the right ankle is farthest ahead, the left one half a cycle later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from engine.motion.generate.body import METRES, Channels, standing
from engine.motion.generate.curves import fourier
from engine.motion.generate.feet import ALWAYS, Plant, Swing

Float = NDArray[np.float64]
Series = tuple[float, tuple[tuple[int, float, float], ...]]  # mean; (harmonic, cosine, sine)

GRAVITY = 9.81  # m/s^2
TOES_OUT = 0.07  # radians


@dataclass(frozen=True)
class Gait:
    """One way of going.

    period     seconds per cycle (two steps); length: metres per cycle
    stance     phases between which the right foot bears
    passing    phase at which the pelvis passes over the right ankle
    width      metres between the ankles, sideways
    foot       a Plant whose landing, leaving, settle, rise and swing every step has
    trunk      channel -> series, metres and degrees
    arm        the right arm's channels; the left arm's are half a cycle later
    """

    period: float
    length: float
    stance: tuple[float, float]
    passing: float
    width: float
    foot: Plant
    trunk: Mapping[str, Series]
    arm: Mapping[str, Series]

    def channels(self, phase: Float, effort: Float, arms: float) -> Channels:
        """All channels (T,), metres and radians; effort and arms scale what moves, of the arms both do."""
        out = standing(len(phase))
        for name, (mean, harmonics) in self.trunk.items():
            value = mean + effort * fourier(phase, 0.0, *harmonics)
            out[name] = value if name in METRES else np.radians(value)
        for side, late in (("right", 0.0), ("left", 0.5)):
            for name, (mean, harmonics) in self.arm.items():
                swing = arms * effort * fourier(phase - late, 0.0, *harmonics)
                out[f"{side}_{name}"] = np.radians(mean + swing)
        return out


WALK = Gait(
    period=1.13,
    length=1.39,
    stance=(0.060, 0.616),
    passing=0.275,
    width=0.10,
    foot=Plant(
        0.0, 0.0, (0.0, 0.0), landing=-0.34, leaving=0.87, settle=0.17, rise=0.31,
        swing=Swing((-0.156, -0.164, 0.071, -0.598), (0.006, -0.110, 0.100, 0.150), (-0.67, -0.15, -0.93)),
    ),
    trunk={
        "side": (0.0, ((1, 0.021, -0.023), (3, 0.002, 0.001))),
        "ahead": (0.0, ((2, -0.015, 0.007), (4, -0.002, -0.001))),
        "height": (0.921, ((2, -0.010, -0.004), (4, 0.001, -0.002))),
        "pelvis_yaw": (0.0, ((1, 3.1, 1.2),)),
        "pelvis_roll": (0.0, ((1, -4.5, 2.1), (3, -0.7, -0.4))),
        "low_pitch": (-9.6, ((2, 1.2, 0.0), (4, 0.2, 0.0))),
        "low_roll": (0.0, ((1, -1.9, 0.9), (3, -0.3, -0.2))),
        "up_pitch": (1.0, ((2, 0.9, -0.4), (4, 0.2, 0.1))),
        "up_roll": (0.0, ((1, -0.7, -0.4), (3, 0.2, 0.0))),
        "chest_yaw": (0.0, ((1, -3.7, -1.1), (3, 0.3, -0.1))),
        "chest_roll": (0.0, ((1, -1.7, -0.5), (3, 0.2, 0.0))),
        "head_pitch": (6.8, ((2, 0.3, -0.3), (4, 0.0, 0.2))),
        "head_roll": (0.0, ((1, -1.4, -0.2), (3, -0.1, 0.2))),
    },
    arm={
        "flex": (-0.9, ((1, -6.1, -1.7), (2, 1.1, -0.5), (3, -0.3, 0.1))),
        "abd": (3.4, ((1, -3.0, -0.4), (2, 0.8, -0.3), (3, -0.2, 0.0))),
        "rot": (-14.4, ((1, -7.5, -2.3), (2, 2.0, -2.6), (3, 0.3, -0.1))),
        "elbow": (26.4, ((1, -4.8, -2.9), (2, 1.7, -0.9), (3, 0.1, -0.4))),
    },
)  # fmt: skip

RUN = Gait(
    period=0.73,
    length=2.47,
    stance=(0.116, 0.367),
    passing=0.149,
    width=0.06,
    foot=Plant(
        0.0, 0.0, (0.0, 0.0), landing=0.0, leaving=0.85, settle=0.02, rise=0.157,
        swing=Swing((-0.312, -0.270, -0.285, 0.695), (0.168, -0.258, 0.216, 0.104), (-1.35, -0.27)),
    ),
    trunk={
        "side": (0.0, ((1, 0.001, -0.008), (3, 0.003, 0.003))),
        "ahead": (0.0, ((2, 0.017, 0.006), (4, -0.003, -0.001))),
        "height": (0.906, ((2, 0.039, -0.020), (4, -0.001, 0.002))),
        "pelvis_yaw": (0.0, ((1, -4.5, -3.4), (3, 0.4, -0.1))),
        "pelvis_roll": (0.0, ((1, -2.0, 3.0), (3, -1.0, -1.0))),
        "low_pitch": (-1.7, ((2, -0.9, -0.5), (4, 0.5, 0.1))),
        "low_roll": (0.0, ((1, 0.1, 0.9), (3, -0.5, -0.5))),
        "up_pitch": (6.5, ((2, -1.8, 0.9), (4, 0.2, 0.4))),
        "up_roll": (0.0, ((1, -0.9, -1.6), (3, 0.4, 0.2))),
        "chest_yaw": (0.0, ((1, -10.7, -1.5), (3, 0.6, 0.5))),
        "chest_roll": (0.0, ((1, -0.7, -1.0), (3, 0.2, 0.3))),
        "head_pitch": (-1.5, ((2, 0.0, 0.6), (4, -0.1, 0.1))),
        "head_roll": (0.0, ((1, 0.9, 0.0), (3, -0.1, 0.2))),
    },
    arm={
        "flex": (-19.2, ((1, -16.3, 8.3), (2, -4.7, 0.9), (3, -0.1, -1.1))),
        "abd": (3.5, ((1, -1.0, -0.2), (2, 0.7, -1.3), (3, -1.3, 0.0))),
        "rot": (11.4, ((1, -4.6, 0.1), (2, -1.1, 0.0), (3, -1.6, -0.2))),
        "elbow": (110.4, ((1, -6.5, 7.5), (2, 4.2, -4.6), (3, -0.2, 0.3))),
    },
)  # fmt: skip


class Route:
    """A way over the floor, at metre 0 at `origin` and facing `facing` (radians, counter-clockwise from -Y).

    turns: (from, to, radians): between these metres the heading changes by so much, smoothly.
    """

    _STEP, _REACH = 0.01, 60.0  # metres

    def __init__(
        self,
        *turns: tuple[float, float, float],
        origin: tuple[float, float] = (0.0, 0.0),
        facing: float = 0.0,
    ) -> None:
        along = np.arange(-self._REACH, self._REACH, self._STEP)
        heading = np.full(len(along), facing)
        for start, end, angle in turns:
            u = np.clip((along - start) / (end - start), 0.0, 1.0)
            heading += angle * (u - np.sin(2 * np.pi * u) / (2 * np.pi))
        self._heading = CubicSpline(along, heading)
        forwards = CubicSpline(along, np.stack([np.sin(heading), -np.cos(heading)], -1))
        self._place = forwards.antiderivative()
        self._shift = np.array(origin) - self._place(0.0)

    def heading(self, along: Float) -> Float:
        return np.asarray(self._heading(along))

    def curvature(self, along: Float) -> Float:
        """Radians per metre, positive to the left."""
        return np.asarray(self._heading(along, 1))

    def place(self, along: Float) -> Float:
        """(x, y) metres."""
        return np.asarray(self._place(along) + self._shift)


@dataclass(frozen=True)
class March:
    """A gait along a route: channels, pelvis path (T, 2) metres, heading (T,) radians, plants (left, right)."""

    channels: Channels
    path: Float
    heading: Float
    plants: tuple[list[Plant], list[Plant]]


def march(
    gait: Gait,
    times: Float,
    phase: Float,
    effort: Float,
    route: Route,
    *,
    share: Float | None = None,
    last: float = np.inf,
    arms: float = 1.0,
) -> March:
    """Go along a route.

    phase   (T,) cycles, increasing
    effort  (T,) 1 = the fitted step length and swing
    share   (T,) of the gait; the rest is standing still
    last    phase of the last landing: each foot stays where it stands after it
    arms    how much more the arms swing than the fitted ones
    """
    if share is None:
        share = np.ones(len(times))
    speed = gait.length * effort * share * np.gradient(phase, times)
    along = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(times))])
    along -= np.interp(0.0, times, along)
    heading = route.heading(along)

    moving, still = gait.channels(phase, effort, arms), standing(len(times))
    channels = {name: share * moving[name] + (1 - share) * still[name] for name in still}
    lean = np.arctan(speed**2 * route.curvature(along) / GRAVITY)
    for name, part in (
        ("low_roll", 1.0), ("up_roll", 1.0), ("chest_roll", 0.8), ("pelvis_roll", 0.5), ("head_roll", 0.4),
    ):  # fmt: skip
        channels[name] = channels[name] + part * lean
    channels["side"] = channels["side"] + channels["height"] * np.sin(lean)
    channels["height"] = channels["height"] * np.cos(lean)
    channels["head_yaw"] = channels["head_yaw"] + 0.7 * (route.heading(along + 0.6) - heading)

    def plants(sign: float, late: float) -> list[Plant]:
        landings = np.arange(np.ceil(phase[0]), phase[-1] - 1) + late
        landings = landings[landings <= last]
        start, end, over = (np.interp(landings + at, phase, times) for at in (*gait.stance, gait.passing))
        strength = np.interp(over, times, effort * share)
        onward = (strength + np.append(strength[1:], strength[-1])) / 2  # of the step that follows
        metre = np.interp(over, times, along)
        toes = route.heading(metre)
        left = np.stack([np.cos(toes), np.sin(toes)], -1)
        place = route.place(metre) + sign * gait.width / 2 * left
        made = [
            replace(
                gait.foot,
                start=float(start[k]),
                end=float(end[k]),
                place=(float(place[k, 0]), float(place[k, 1])),
                toes=float(toes[k] + sign * TOES_OUT),
                landing=gait.foot.landing * float(strength[k]),
                leaving=gait.foot.leaving * float(strength[k]),
                swing=gait.foot.swing.scaled(float(onward[k])),
            )
            for k in range(len(landings))
        ]
        return made if np.isinf(last) else [*made[:-1], replace(made[-1], end=ALWAYS)]

    return March(channels, route.place(along), heading, (plants(1.0, 0.5), plants(-1.0, 0.0)))
