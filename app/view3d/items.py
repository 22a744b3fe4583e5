"""Items of a 3D view: plain data that answers for any moment by itself, without vispy.

An item type is tied to what draws it by one table, `app.view3d.visuals.table`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.motion.skeleton import Skeleton
from engine.motion.stray_frames import find_strays

Float = NDArray[np.float64]
Vector = Sequence[float] | Float
"""(x, y, z)"""
PICK_PIXELS = 12.0
LOOKED_AT = 200  # moments of an item that are looked at to fit it into a view


class Track(NamedTuple):
    """Points over time: times (T,) seconds, points (T, ..., 3) metres, world."""

    times: Float
    points: Float


@dataclass(frozen=True, eq=False)
class Item(ABC):
    """One thing in a view. A subclass adds its data and `at`; the other methods are optional.

    key      its name in the program ("truth", "model 0"); several items of a view that are one thing share it
    label    its name in the legend
    colour   "#rrggbb"; None: ground truth, the theme's neutral grey
    visible  whether it is wanted
    aside    whether it steps back beside what is looked at: a slim skeleton, its name over its head, not in the legend
    offset   (x, y, z) metres by which it stands beside its own place
    """

    key: str
    label: str
    colour: str | None = field(default=None, kw_only=True)
    visible: bool = field(default=True, kw_only=True)
    aside: bool = field(default=False, kw_only=True)
    offset: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0), kw_only=True)

    @property
    def shown(self) -> bool:
        return self.visible

    @abstractmethod
    def at(self, seconds: float) -> object:
        """Return the state at a moment, for its visual."""

    def pickable(self, seconds: float) -> Float:
        """Return the points (N, 3) metres that a click can pick at a moment, by their index."""
        return np.zeros((0, 3))

    def extent(self) -> Track:
        """Return its points (K, N, 3) at some moments of its whole time; cameras are fitted to them."""
        return Track(np.zeros(0), np.zeros((0, 0, 3)))

    def path(self) -> Track | None:
        """Return the track (T, 3) that a camera can follow; None where there is none."""
        return None

    def tag_at(self, seconds: float) -> Float | None:
        """Return the point (3,) metres that its name stands above at a moment; None: clear of its whole path."""
        return None

    def moved(self, offset: Vector) -> Self:
        """Copy it to a place (x, y, z) metres away; data are shared."""
        x, y, z = (float(a + b) for a, b in zip(self.offset, offset, strict=True))
        return replace(self, offset=(x, y, z))


@dataclass(frozen=True, eq=False)
class SkeletonItem(Item):
    """A skeleton that holds each pose until its next one.

    times          (T,) seconds, increasing; its own, whatever the rate of others
    positions      (T, J, 3) metres, world; NaN where a joint is not known
    joint_colours  (T, J, 3) in [0, 1], used instead of `colour`: errors on a colour map, for instance
    marked         a joint that is drawn larger: the one that is looked at
    """

    skeleton: Skeleton
    times: Float
    positions: Float
    joint_colours: NDArray[np.floating] | None = field(default=None, kw_only=True)
    marked: int | None = field(default=None, kw_only=True)

    @property
    def shown(self) -> bool:
        return self.visible and len(self.times) > 0

    def at(self, seconds: float) -> Float:
        """Return the pose (J, 3) metres."""
        return np.asarray(self.positions[sample_at(self.times, seconds)] + self.offset)

    def colours_at(self, seconds: float, otherwise: Float) -> NDArray[np.floating]:
        """Return the joints' own colours (J, 3) at a moment, where there are any."""
        return otherwise if self.joint_colours is None else self.joint_colours[sample_at(self.times, seconds)]

    def pickable(self, seconds: float) -> Float:
        return self.at(seconds)

    def extent(self) -> Track:
        steady = np.flatnonzero(find_strays(self.times, self.positions).steady)
        some = steady[:: max(1, len(steady) // LOOKED_AT)]
        return Track(self.times[some], self.positions[some] + self.offset)

    def path(self) -> Track:
        return Track(self.times, self.positions[:, self.skeleton.root] + self.offset)


def sample_at(times: Float, seconds: float) -> int:
    """Find the index of the last of `times` (T,) at or before a moment; 0 before all of them."""
    return max(int(np.searchsorted(times, seconds + 1e-9, side="right")) - 1, 0)


def one_view_each(items: Sequence[Item]) -> list[list[Item]]:
    """Group items for a grid: each model with the truth; the truth alone where there is no model."""
    truth = [item for item in items if item.colour is None]
    models: dict[str, list[Item]] = {}
    for item in items:
        if item.colour is not None:
            models.setdefault(item.key, []).append(item)
    return [[*truth, *model] for model in models.values()] or [truth]


def followed(items: Sequence[Item]) -> Track | None:
    """Find the track that cameras follow: the ground truth's, or else that of the first item that has one."""
    tracks = [(item.colour is not None, track) for item in items if (track := item.path()) is not None]
    return min(tracks, key=lambda found: found[0], default=(True, None))[1]


def known_points(points: Iterable[Float]) -> Float:
    """Collect every known point of several arrays (..., 3) as (N, 3)."""
    every = np.concatenate([np.zeros((0, 3)), *(some.reshape(-1, 3) for some in points)])
    return every[np.isfinite(every).all(-1)]


def pick(items: Iterable[Item], seconds: float, camera: Camera, place: tuple[float, float]) -> tuple[str, int] | None:
    """Find key and index of the point nearest to `place` (x, y) pixels in the picture; None beyond PICK_PIXELS."""
    best, found = PICK_PIXELS, None
    for item in items:
        points = item.pickable(seconds) if item.shown else np.zeros((0, 3))
        if len(points):
            pixels, depth = camera.project(points)
            away = np.linalg.norm(pixels - place, axis=-1)
            away = np.where((depth > 0) & np.isfinite(away), away, np.inf)
            nearest = int(np.argmin(away))
            if away[nearest] <= best:
                best, found = float(away[nearest]), (item.key, nearest)
    return found
