"""Trials: an observation with what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.motion.pose import Frames, Truth
from engine.observation.mount import ESTIMATED, Mount

Float = NDArray[np.float64]


class Observation(Protocol):
    """What every kind of observation can do: be cut, be asked at other times, be counted."""

    @property
    def name(self) -> str: ...
    @property
    def times(self) -> Float: ...
    def __len__(self) -> int: ...
    def take(self, frames: Frames) -> Self: ...
    def at(self, times: Float) -> Self: ...


HeightSource = Literal["clip skeleton", "given", "assumed 1.70 m"]


@dataclass(frozen=True)
class Height:
    """A person's standing height and where it comes from: it sets the scale of all that one camera sees."""

    metres: float
    source: HeightSource


@dataclass(frozen=True)
class Context:
    """What decoding needs besides the network's output.

    height_m  the person's standing height, metres
    camera    the camera of one view, or the rig of several; None where it is not known
    body      the name of the body model that a body's pose is of; "" for joints
    mount     how a camera stands that is not known
    """

    height_m: float
    camera: Camera | CameraRig | None = None
    body: str = ""
    mount: Mount = ESTIMATED


Kind_co = TypeVar("Kind_co", bound=Observation, covariant=True)


@dataclass(frozen=True, eq=False)
class Trial(Generic[Kind_co]):
    """One recording as a sensor saw it, and the truth behind it.

    truth  the people, or the labels; None where it is not known
    """

    observation: Kind_co
    truth: Truth
    height: Height
