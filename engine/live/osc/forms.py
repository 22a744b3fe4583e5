"""The messages in which trackers are sent, read and written.

VMC protocol   /VMC/Ext/Hmd/Pos, /VMC/Ext/Con/Pos, /VMC/Ext/Tra/Pos   name, p.xyz, q.xyzw in Unity's axes
               /VMC/Ext/T                                             seconds
plain          /kinestate/tracker   name, p.xyz metres, q.wxyz, in our axes: Z up, right-handed, at rest facing -Y
               /kinestate/frame     number of the frame, counted from 0, and its time in seconds

A time stands before the trackers of its frame. Numbers are of 32 or 64 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.live.osc.packets import Double, Malformed, Message
from engine.live.osc.vmc import from_unity, unity_numbers
from engine.observation.trackers import HEADSET, TrackerSignals

Float = NDArray[np.float64]
Form = Literal["vmc", "plain"]
Kind = Literal["headset", "controller", "tracker", "any"]

FARTHEST_M = 1000.0
MOST = 2.0
"""Of a quaternion's length, which is 1 but for rounding."""
TRACKER, FRAME = "/kinestate/tracker", "/kinestate/frame"
VMC_TIME = "/VMC/Ext/T"
VMC_KINDS: dict[str, Kind] = {
    "/VMC/Ext/Hmd/Pos": "headset",
    "/VMC/Ext/Con/Pos": "controller",
    "/VMC/Ext/Tra/Pos": "tracker",
}
KNOWN = frozenset({TRACKER, FRAME, VMC_TIME, *VMC_KINDS})
"""Addresses that are read."""
VMC_SENT = {"head": "/VMC/Ext/Hmd/Pos", "left hand": "/VMC/Ext/Con/Pos", "right hand": "/VMC/Ext/Con/Pos"}
VMC_NAMES = {"head": "Head", "left hand": "LeftHand", "right hand": "RightHand"}


@dataclass(frozen=True, eq=False)
class DevicePose:
    """One device: position (3,) metres and rotation (4,) wxyz of unit length, in our axes."""

    kind: Kind
    name: str
    position: Float
    rotation: Float


@dataclass(frozen=True)
class Stamp:
    """The sender's time in seconds of the trackers that follow, and the frame's number where it has one."""

    time: float
    number: int | None = None


def read(address: str, given: Sequence[Any]) -> DevicePose | Stamp:
    """A message at a known address. Raises Malformed."""
    if address == VMC_TIME:
        return Stamp(_numbers(given, 1)[0])
    if address == FRAME:
        number, time = _numbers(given, 2)
        if not (number.is_integer() and number >= 0):
            raise Malformed("number of a frame")
        return Stamp(time, int(number))
    if not given or not isinstance(given[0], str):
        raise Malformed("name")
    values = np.array(_numbers(given[1:], 7))
    place, turn = values[:3], values[3:]
    if np.abs(place).max() > FARTHEST_M or np.abs(turn).max() > MOST:
        raise Malformed("place or rotation")
    length = float(np.linalg.norm(turn))
    if not 1 / MOST < length < MOST:
        raise Malformed("rotation")
    if address == TRACKER:
        return DevicePose("any", given[0], place, turn / length)
    return DevicePose(VMC_KINDS[address], given[0], *from_unity(place, turn / length))


def written(signals: TrackerSignals, frame: int, number: int, time: float, form: Form) -> list[Message]:
    """The messages of one frame of a headset's signals: its time, and the trackers that are seen."""
    messages: list[Message] = [(VMC_TIME, [time]) if form == "vmc" else (FRAME, [number, Double(time)])]
    for k, name in enumerate(HEADSET):
        if not signals.valid[frame, k]:
            continue
        place, turn = signals.positions[frame, k], signals.rotations[frame, k]
        if form == "vmc":
            messages.append((VMC_SENT[name], [VMC_NAMES[name], *unity_numbers(place, turn)]))
        else:
            messages.append((TRACKER, [name, *map(Double, (*place, *turn))]))
    return messages


def _numbers(given: Sequence[Any], count: int) -> list[float]:
    """VMC's later versions append further arguments, which are left."""
    if len(given) < count or not all(isinstance(v, int | float) and math.isfinite(v) for v in given[:count]):
        raise Malformed("numbers")
    return [float(value) for value in given[:count]]
