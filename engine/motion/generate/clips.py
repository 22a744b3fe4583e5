"""The built-in clips: what the generated person does, one function per clip.

Every clip is a base (standing or a gait) to which actions add smooth changes of channels; feet move by
stepping only. Times in seconds from the clip's first frame, angles in degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from engine.motion.clip import MotionClip, Provenance
from engine.motion.generate.body import METRES, SKELETON, STANDING, Channels, positions, standing
from engine.motion.generate.curves import drift, minimum_jerk, moves, quintic, through
from engine.motion.generate.feet import ALWAYS, FootTrack, Plant, Swing, foot_track
from engine.motion.generate.gait import GRAVITY, RUN, WALK, March, Route, march

Float = NDArray[np.float64]
Moves = tuple[float, float, float]  # from, to, by how much

RATE_HZ = 60.0
UNSTEADY = 0.007  # seconds: size of the unsteadiness per speed
_MARGIN = 2.5  # seconds computed before and after a clip, so that steps under way are whole
SIDES = ("left", "right")


@dataclass
class Take:
    """A clip in the making, on padded times; see body.positions for the fields."""

    seconds: float
    times: Float
    channels: Channels
    path: Float
    heading: Float
    plants: tuple[list[Plant], list[Plant]]

    def add(self, channel: str, *steps: Moves) -> None:
        """Add minimum-jerk steps (from, to, by) to a channel: metres or degrees."""
        self.put(channel, moves(self.times, *steps))

    def put(self, channel: str, change: Float) -> None:
        """Add (T,) metres or degrees to a channel."""
        self.channels[channel] = self.channels[channel] + (change if channel in METRES else np.radians(change))

    def step(
        self,
        foot: int,
        off: float,
        on: float,
        place: tuple[float, float],
        toes: float,
        *,
        height: float = 0.04,
        leaving: float = 0.35,
        landing: float = 0.0,
    ) -> None:
        """Lift a foot (0 left, 1 right) at `off` and set it down at `on`; the body leans over the other one."""
        self.plants[foot][-1] = replace(
            self.plants[foot][-1], end=off, leaving=leaving, rise=0.2, swing=Swing(up=(height,))
        )
        self.plants[foot].append(Plant(on, ALWAYS, place, toes, landing=landing, settle=0.12))
        over = -0.028 if foot == 0 else 0.028
        self.add("side", (off - 0.30, off + 0.10, over), (on - 0.15, on + 0.25, -over))
        self.add("height", (off - 0.25, off + 0.10, -0.006), (on - 0.10, on + 0.25, 0.006))

    def tracks(self) -> tuple[FootTrack, FootTrack]:
        """Both feet over the clip."""
        left, right = (foot_track(self.times[self._kept], plants) for plants in self.plants)
        return left, right

    def positions(self) -> Float:
        """(T, 17, 3) metres."""
        keep, feet = self._kept, self.tracks()
        return positions(
            {name: values[keep] for name, values in self.channels.items()},
            self.path[keep],
            self.heading[keep],
            np.stack([foot.ankle for foot in feet]),
            np.stack([foot.toes for foot in feet]),
        )

    @property
    def _kept(self) -> slice:
        pad = round(_MARGIN * RATE_HZ)
        return slice(pad, pad + round(self.seconds * RATE_HZ))


def padded(seconds: float) -> Float:
    """Times of a clip with its margins, (T,) seconds."""
    pad = round(_MARGIN * RATE_HZ)
    return np.arange(-pad, round(seconds * RATE_HZ) + pad) / RATE_HZ


def stand(seconds: float, *, width: float = 0.20, toes: float = 9.0) -> Take:
    """Standing at the origin, the ankles about `width` metres apart, the toes turned out by `toes` degrees.

    Nobody stands quite symmetrically: the left foot is a little ahead and points farther out.
    """
    times = padded(seconds)
    plants = tuple(
        [Plant(-ALWAYS, ALWAYS, (sign * width / 2, -0.012 * sign), float(np.radians(sign * toes + 2.5)))]
        for sign in (1, -1)
    )
    still = np.zeros(len(times))
    return Take(seconds, times, standing(len(times)), np.zeros((len(times), 2)), still, (plants[0], plants[1]))


def go(seconds: float, times: Float, way: March) -> Take:
    """A take that begins with a march."""
    return Take(seconds, times, way.channels, way.path, way.heading, way.plants)


def enliven(take: Take, seed: int, *, calm: float = 1.0, heavy: float = 1.0) -> None:
    """Add what sets a living body apart: slow wandering, breath, and unsteadiness that grows with speed.

    calm scales the sway of the pelvis; heavy its unsteadiness in height (0 where it flies).
    Noise in proportion to the command is how human motor noise behaves (Harris and Wolpert 1998).
    """
    rng = np.random.default_rng(seed)
    sizes = {
        "low_pitch": 0.5, "low_roll": 0.4, "up_pitch": 0.5, "up_roll": 0.5, "chest_yaw": 0.8, "chest_roll": 0.4,
        "head_yaw": 1.8, "head_pitch": 1.1, "head_roll": 0.7, "pelvis_yaw": 0.5,
        "left_flex": 1.2, "right_flex": 1.2, "left_abd": 0.7, "right_abd": 0.7, "left_rot": 1.5, "right_rot": 1.5,
        "left_elbow": 1.5, "right_elbow": 1.5,
    }  # fmt: skip
    for channel, share in {**dict.fromkeys(sizes, 1.0), "ahead": 1.0, "height": 0.5 * heavy}.items():
        speed = gaussian_filter1d(np.abs(np.gradient(take.channels[channel], take.times)), 0.1 * RATE_HZ)
        noise = share * UNSTEADY * speed * drift(take.times, rng, 1.0, 1.0, 4.0)
        take.channels[channel] = take.channels[channel] + noise
    for channel, size in sizes.items():
        take.put(channel, drift(take.times, rng, size) + drift(take.times, rng, 0.28 * size, 1.0, 3.5))
    for channel, size in (("side", 0.006), ("ahead", 0.004)):
        take.put(channel, calm * drift(take.times, rng, size, 0.1, 0.4))
        take.put(channel, drift(take.times, rng, 0.0006, 1.0, 3.0))
    breath = np.sin(2 * np.pi * (0.26 * take.times + rng.uniform()))
    for channel, size in (("up_pitch", -0.35), ("left_lift", 0.5), ("right_lift", 0.5)):
        take.put(channel, size * breath)


def pace(times: Float, period: float, seed: int, at_zero: float = 0.0) -> tuple[Float, Float]:
    """Phase (T,) cycles of somebody who goes on, and effort (T,), both with a natural unsteadiness."""
    rng = np.random.default_rng(seed)
    cadence = (1 + drift(times, rng, 0.012, 0.1, 0.4)) / period
    phase = np.concatenate([[0.0], np.cumsum((cadence[1:] + cadence[:-1]) / 2 * np.diff(times))])
    return phase - np.interp(0.0, times, phase) + at_zero, 1 + drift(times, rng, 0.02, 0.1, 0.4)


def walk() -> Take:
    """Straight ahead, then a gentle curve to the left."""
    seconds = 8.0
    times = padded(seconds)
    phase, effort = pace(times, WALK.period, seed=1, at_zero=0.1)
    way = march(WALK, times, phase, 0.96 * effort, Route((3.0, 12.0, np.radians(100))), arms=1.5)
    take = go(seconds, times, way)
    enliven(take, seed=11, calm=0.5)
    return take


def run() -> Take:
    """A few strides straight, then round a bend to the right, leaning into it."""
    seconds = 5.0
    times = padded(seconds)
    phase, effort = pace(times, RUN.period, seed=2, at_zero=0.6)
    way = march(RUN, times, phase, 0.84 * effort, Route((2.0, 17.0, np.radians(-130))))
    take = go(seconds, times, way)
    enliven(take, seed=12, calm=0.5)
    return take


def add_squat(take: Take, start: float, deep: float, *, down: float = 1.05, hold: float = 0.15) -> float:
    """Down by `deep` metres with the arms stretched forwards, and up again; returns when it is over.

    Depth, trunk lean and timing follow a real squat: the trunk leads on the way down and follows on the way up.
    """
    low, rise = start + down, start + down + hold
    end = rise + down
    share = deep / 0.55
    there, back = (start + 0.08, low), (rise, end - 0.05)
    for channel, size, (a, b), (c, d) in (
        ("height", -deep, there, back),
        ("ahead", -0.20 * share, (start, low - 0.15), (rise + 0.1, end)),
        ("low_pitch", 27 * share, (start, low - 0.2), (rise + 0.15, end + 0.1)),
        ("up_pitch", 34 * share, (start, low - 0.1), (rise + 0.1, end + 0.15)),
        ("head_pitch", 4 * share, (start, low), (rise, end)),
        *(
            (f"{side}_{name}", size, (start + lag, low - 0.1 + lag), (rise + 0.1, end + 0.1 + lag))
            for side, lag in (("left", 0.03), ("right", 0.0))
            for name, size in (("flex", 104), ("abd", -3), ("rot", 10), ("elbow", -5), ("reach", 8))
        ),
        *((f"{side}_knee_out", 13 * share, there, back) for side in SIDES),
    ):
        take.add(channel, (a, b, size), (c, d, -size))
    return end


def squat() -> Take:
    """Two squats, the second one deeper."""
    take = stand(7.0, width=0.30, toes=18)
    end = add_squat(take, 0.5, 0.42)
    add_squat(take, end + 0.55, 0.52, down=1.2, hold=0.25)
    enliven(take, seed=13)
    return take


def add_wave(
    take: Take, start: float, *, side: str = "right", beats: int = 4, raised: float = 1.0, beat: float = 0.52
) -> float:
    """Raise a hand, wave it and let it down; returns when it is over. `raised`: 1 = the hand above the head."""
    up = start + 0.75
    away = up + beats * beat - 0.1
    end = away + 0.85
    sign = 1 if side == "left" else -1
    for name, size, lead in (
        ("flex", 38 * raised, 0.0), ("abd", 45 * raised, 0.05), ("rot", -56, 0.1),
        ("elbow", 91, 0.02), ("lift", 8 * raised, 0.1), ("reach", 4, 0.1),
    ):  # fmt: skip
        take.add(f"{side}_{name}", (start + lead, up + lead, size), (away, end - lead, -size))
    # The forearm leads, the upper arm and the shoulder follow, each a little later and smaller.
    swell = minimum_jerk(take.times, up - 0.35, up + 0.15) * (1 - minimum_jerk(take.times, away - 0.25, away + 0.3))
    cycle = 2 * np.pi * (take.times - up) / beat
    take.put(f"{side}_elbow", 21 * swell * np.sin(cycle))
    take.put(f"{side}_rot", 11 * swell * np.sin(cycle - 0.4))
    take.put(f"{side}_abd", 4 * swell * np.sin(cycle - 0.9))
    take.put("chest_roll", -sign * 0.8 * swell * np.sin(cycle - 1.3))
    # Raising an arm shifts the trunk a little to the other side.
    for channel, size in (
        ("side", -sign * 0.018), ("up_roll", -sign * 3.0), ("low_roll", -sign * 1.2), ("chest_roll", -sign * 4.0),
        ("chest_yaw", -sign * 3.0), ("head_roll", sign * 3.5), ("head_yaw", sign * 4.0), ("up_pitch", -1.5),
    ):  # fmt: skip
        take.add(channel, (start - 0.05, up + 0.1, size), (away, end + 0.2, -size))
    return end


def wave() -> Take:
    """A wave with the right hand and, smaller, one with the left."""
    take = stand(8.0)
    end = add_wave(take, 0.6, beats=5)
    add_wave(take, end - 0.15, side="left", beats=3, raised=0.8, beat=0.48)
    enliven(take, seed=14)
    return take


def add_jump(take: Take, off: float, far: float, *, rise: float = 0.19) -> float:
    """Leave the floor at `off` and land `far` metres ahead; returns when standing again.

    Flight is free fall; the keys around it follow real jumps, where arms and trunk swing through together.
    rise: metres that the pelvis gains in flight.
    """
    t = take.times
    up, air = 0.975, np.sqrt(2 * rise / GRAVITY)
    touch = 0.92
    flight = float(air + np.sqrt(2 * (up + rise - touch) / GRAVITY))
    on = off + flight
    rest = STANDING["height"][0]
    leap, fall = GRAVITY * air, -GRAVITY * (flight - air)
    take.put("height", _pieces(t, (
        (off - 1.15, rest, 0.0, 0.0), (off - 0.60, rest - 0.035, -0.12, -0.6), (off - 0.25, rest - 0.225, 0.0, 13.0),
        (off, up, leap, -GRAVITY), (on, touch, fall, -GRAVITY), (on + 0.19, rest - 0.20, 0.0, 9.0),
        (on + 0.95, rest, 0.0, 0.0),
    )) - rest)  # fmt: skip
    lean = 0.26 if far else 0.10
    speed = (far - lean - 0.13) / flight if far else 0.0
    take.put("ahead", _pieces(t, (
        (off - 1.15, 0.0, 0.0, 0.0), (off - 0.60, -0.05, 0.0, 0.0),
        (off - 0.25, 0.15 * lean, 0.5 * speed, 2 * speed), (off, lean, speed, 0.0),
        (on, lean + speed * flight, speed, 0.0), (on + 0.25, far - 0.035, 0.25 * speed, -2 * speed),
        (on + 0.95, far, 0.0, 0.0),
    )))  # fmt: skip
    for channel, keys in _JUMP.items():
        take.put(channel, through(t, *((off + s if s < 0.2 else on + s - 0.42, value) for s, value in keys)))
    for foot, plants in enumerate(take.plants):
        lag = 0.012 * foot
        x, y = plants[-1].place
        plants[-1] = replace(
            plants[-1], end=off - lag, leaving=0.92, rise=0.16, swing=Swing((-0.06, -0.05), (0.08, 0.12), (-0.15,))
        )
        plants.append(Plant(on + lag, ALWAYS, (x, y - far), plants[-1].toes, landing=0.60, settle=0.17, ease=0.0))
    return on + 0.95


_ARMS_IN_JUMP = {
    "flex": ((-1.15, 0), (-0.90, 4), (-0.55, -22), (-0.33, -8), (-0.25, 15), (-0.10, 55), (0.02, 62),
             (0.25, 28), (0.42, 2), (0.55, -9), (0.75, -3), (1.10, 3), (1.45, 0)),
    "abd": ((-1.15, 0), (-0.60, 6), (-0.30, 2), (-0.08, 18), (0.05, 25), (0.30, 19), (0.42, 10), (0.56, 1),
            (0.80, 3), (1.10, 2), (1.45, 0)),
    "elbow": ((-1.15, 0), (-0.90, 7), (-0.52, -7), (-0.33, 2), (-0.20, 28), (-0.06, 50), (0.05, 50),
              (0.28, 22), (0.42, 8), (0.60, -2), (1.0, 1), (1.45, 0)),
}  # fmt: skip
_JUMP: Mapping[str, tuple[tuple[float, float], ...]] = {
    "low_pitch": ((-1.25, 0), (-0.95, 17), (-0.50, 33), (-0.25, 28), (-0.08, 10), (0.05, -2), (0.25, -1),
                  (0.42, -4), (0.57, 8), (0.80, 5), (1.1, 1), (1.4, 0)),
    "up_pitch": ((-1.25, 0), (-0.95, 20), (-0.50, 38), (-0.25, 32), (-0.08, 8), (0.04, -7), (0.25, 0),
                 (0.42, 7), (0.58, 17), (0.80, 10), (1.1, 2), (1.4, 0)),
    "head_pitch": ((-1.25, 0), (-0.90, 9), (-0.50, 12), (-0.25, 3), (-0.05, -14), (0.08, -13), (0.28, -6),
                   (0.55, 2), (0.9, 0), (1.4, 0)),
} | {f"{side}_{name}": keys for side in SIDES for name, keys in _ARMS_IN_JUMP.items()}  # fmt: skip


def _pieces(times: Float, knots: tuple[tuple[float, float, float, float], ...]) -> Float:
    """Quintics between knots (time, value, velocity, acceleration), constant before and after."""
    out = np.where(times < knots[0][0], knots[0][1], knots[-1][1])
    for (t0, *first), (t1, *last) in pairwise(knots):
        part = (times >= t0) & (times < t1)
        out[part] = quintic((times[part] - t0) / (t1 - t0), t1 - t0, first, last)
    return out


def jump() -> Take:
    """A jump forwards, and one on the spot."""
    take = stand(6.5)
    end = add_jump(take, 1.6, 0.80)
    add_jump(take, end + 1.35, 0.0, rise=0.17)
    enliven(take, seed=15, heavy=0.0)
    return take


def add_turn(take: Take, start: float, angle: float, *, foot: int, steps: int, every: float = 0.46) -> float:
    """Turn on the spot by `angle` degrees (positive: to the left) in `steps` steps, `foot` (0 left) first.

    The head turns first, then the chest, then the pelvis, as people do. Returns when it is over.
    """
    t = take.times
    total = np.radians(angle)
    now = float(np.interp(start, t, take.heading))
    centre = np.array([np.interp(start, t, take.path[:, k]) for k in (0, 1)])
    end = start + 0.25 + (steps - 1) * every + 0.40
    turned = minimum_jerk(t, start + 0.05, end)
    take.heading = take.heading + total * turned
    for channel, early in (("head_yaw", 0.30), ("chest_yaw", 0.12)):
        ahead = minimum_jerk(t, start + 0.05 - early, end - early) - turned
        take.put(channel, angle * ahead)
    for k in range(steps):
        mine = (foot + k) % 2
        share = min(1.0, (k + 1.0) / (steps - 1))
        toward = now + total * share
        sign = 1 if mine == 0 else -1
        left = np.array([np.cos(toward), np.sin(toward)])
        place = centre + sign * 0.10 * left
        off = start + 0.25 + k * every
        take.step(mine, off, off + 0.36, (float(place[0]), float(place[1])), toward + sign * np.radians(9))
    return end


def turn() -> Take:
    """Half a turn to the left and, after a look around, most of one back to the right."""
    take = stand(7.0)
    end = add_turn(take, 0.5, 180, foot=0, steps=5)
    take.add("head_yaw", (end + 0.1, end + 0.6, 28), (end + 0.75, end + 1.25, -28))
    add_turn(take, end + 1.15, -135, foot=1, steps=4)
    enliven(take, seed=16)
    return take


def sit() -> Take:
    """Sit down on an invisible stool, look around, and stand up."""
    take = stand(8.0, width=0.24, toes=10)
    seat = -0.435  # metres down: a pelvis at 0.52, a stool of 0.44
    down, rest, up = 0.6, 2.35, 5.2
    end = up + 1.75
    take.add("height", (down + 0.15, rest, seat), (up + 0.45, end, -seat))
    take.add("ahead", (down + 0.10, rest - 0.15, -0.43), (up + 0.45, end - 0.10, 0.43))
    for channel, lean, seated in (("low_pitch", 38, -4), ("up_pitch", 34, 5), ("head_pitch", 10, 2)):
        take.add(
            channel,
            (down, rest - 0.45, lean), (rest - 0.45, rest + 0.45, seated - lean),
            (up, up + 0.75, lean - seated), (up + 0.65, end + 0.15, -lean),
        )  # fmt: skip
    for side, lag in (("left", 0.05), ("right", 0.0)):
        for name, reach, seated in (("flex", 40, 18), ("abd", 1, -3), ("rot", 22, 31), ("elbow", 6, 27)):
            take.add(
                f"{side}_{name}",
                (down + lag, rest - 0.4 + lag, reach), (rest - 0.4 + lag, rest + 0.5 + lag, seated - reach),
                (up - 0.1 + lag, up + 0.7 + lag, reach - seated), (up + 0.7 + lag, end + 0.1 + lag, -reach),
            )  # fmt: skip
    take.add("head_yaw", (2.9, 3.5, 34), (4.0, 4.7, -40), (4.9, 5.4, 6))
    take.add("chest_yaw", (2.95, 3.6, 4), (4.1, 4.8, -5), (4.9, 5.4, 1))
    enliven(take, seed=17, calm=0.6)
    return take


def demo() -> Take:
    """Walk up, turn round to the viewer, wave, and squat."""
    seconds = 10.0
    times = padded(seconds)
    phase, effort = pace(times, WALK.period, seed=3, at_zero=0.25)
    last = 2.5
    stop = float(np.interp(last, phase, times))
    share = 1 - minimum_jerk(times, stop - 1.3, stop + 0.35)
    way = march(
        WALK, times, phase, effort, Route(origin=(1.35, 0.0), facing=-np.pi / 2), share=share, last=last, arms=1.5
    )
    take = go(seconds, times, way)
    end = add_turn(take, stop + 0.15, 90, foot=0, steps=3)
    end = add_wave(take, end, beats=3)
    add_squat(take, end + 0.1, 0.40)
    enliven(take, seed=18)
    return take


CLIPS: dict[str, Callable[[], Take]] = {make.__name__: make for make in (demo, walk, run, squat, wave, jump, turn, sit)}


def clip_of(name: str) -> MotionClip:
    """One of CLIPS, as H36M-17 at RATE_HZ."""
    make = CLIPS[name]
    made = make().positions()
    return MotionClip(
        name=name,
        times=np.arange(len(made)) / RATE_HZ,
        positions=made,
        skeleton=SKELETON,
        category=name,
        subject="generated",
        provenance=Provenance(
            source="generated",
            format="generated",
            unit="metres",
            up="Z",
            rate=f"{RATE_HZ:g} Hz",
            notes=(
                f"Made by Kinestate's own motion generator, not recorded. {make.__doc__}",
                "Its gait coefficients and timings were fitted to training clips of the CMU motion capture database.",
            ),
            generated=True,
        ),
    )
