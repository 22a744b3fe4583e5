"""All trackers of a view: goggles and controllers with their axes; a wire ball where one is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vispy.scene import Node

from app.view3d.pinhole import Pinhole
from app.view3d.theme import Theme
from app.view3d.tracker_item import TrackerItem
from app.view3d.visuals.axes import COLOURS
from app.view3d.visuals.capsules import Capsules
from app.view3d.visuals.ground import Caster
from engine.motion.rotations import rotate

Float = NDArray[np.float64]

AXIS, AXIS_RADIUS = 0.17, 0.0075
"""An axis' length, which comes out of a head, and its radius, metres."""
BALL, WIRE, AROUND = 0.06, 0.003, 14
"""Radii of a lost tracker's ball and of its wires, metres; pieces of each of its three rings."""


@dataclass(frozen=True)
class Glyph:
    """Capsules in a tracker's own axes, from the joint that it is fixed to; in the rest pose these are the world's.

    starts, ends (N, 3) metres  radii (N,) metres
    """

    starts: Float
    ends: Float
    radii: Float


def _strung(points: Sequence[Sequence[float]] | Float, radius: float, *, closed: bool = False) -> Glyph:
    """A line through points (N, 3)."""
    starts = np.asarray(points, float)
    ends = np.roll(starts, -1, axis=0)
    if not closed:
        starts, ends = starts[:-1], ends[:-1]
    return Glyph(starts, ends, np.full(len(starts), radius))


def _ring(centre: Sequence[float], u: Sequence[float], v: Sequence[float], radius: float, *, pieces: int) -> Float:
    """Points (pieces, 3) of a circle spanned by the directions u and v."""
    angles = np.arange(pieces)[:, None] * 2 * np.pi / pieces
    return np.asarray(centre) + radius * (np.cos(angles) * u + np.sin(angles) * v)


def _joined(*parts: Glyph) -> Glyph:
    return Glyph(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("starts", "ends", "radii")))


def _goggles() -> Glyph:
    """A visor before the eyes, and a band around the head."""
    visor = [_strung([[-0.062, -0.118, z], [0.062, -0.118, z]], 0.026) for z in (0.062, 0.09)]
    band = _ring((0.0, -0.015, 0.085), (0.088, 0.0, 0.0), (0.0, 0.115, 0.0), 1.0, pieces=16)
    return _joined(*visor, _strung(band, 0.009, closed=True))


def _controller(side: float) -> Glyph:
    """A grip in the fist and a ring around its top; side 1: the left hand, which points to +X at rest."""
    grip = _strung([[0.085 * side, 0.045, -0.022], [0.085 * side, -0.075, -0.022]], 0.017)
    ring = _ring((0.085 * side, -0.095, -0.022), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), 0.045, pieces=10)
    return _joined(grip, _strung(ring, 0.008, closed=True))


GLYPHS = {"head": _goggles(), "left hand": _controller(1.0), "right hand": _controller(-1.0)}
"""By tracker; any other one is its axes alone."""
AXES = Glyph(np.zeros((3, 3)), AXIS * np.eye(3), np.full(3, AXIS_RADIUS))
_E = np.eye(3)
LOST = _joined(*(_strung(_ring((0, 0, 0), _E[k], _E[k - 1], BALL, pieces=AROUND), WIRE, closed=True) for k in range(3)))


class Trackers:
    """One draw call for all of them (see `table.ItemsVisual`)."""

    def __init__(self, parent: Node) -> None:
        self._items: tuple[TrackerItem, ...] = ()
        self._node = Capsules(np.zeros((1, 2), np.intp), np.zeros((1, 3)), 1, parent=parent)

    def set_items(self, items: Sequence[TrackerItem], theme: Theme) -> None:
        self._items = tuple(items)
        self._node.visible = bool(items)
        if not items:
            return
        radii, colours = [], []
        for item in items:
            for tracker in item.trackers:
                device, axes, lost = parts_of(tracker)
                radii += [device.radii, axes.radii, lost.radii]
                shades = (
                    np.tile(theme.text, (len(device.radii), 1)),
                    COLOURS,
                    np.tile(theme.muted, (len(lost.radii), 1)),
                )
                colours += [np.repeat(shade, 2, axis=0) for shade in shades]
        radius = np.concatenate(radii)
        build = np.stack([radius, radius, np.zeros_like(radius)], axis=-1)
        self._node.set_items(np.arange(2 * len(radius)).reshape(-1, 2), build, 2 * len(radius))
        self._node.set_colours(np.concatenate(colours))
        self._node.set_light(theme.ambient, theme.key)

    def see(self, pinhole: Pinhole) -> None:
        self._node.see(pinhole)

    def set_time(self, seconds: float) -> list[Caster]:
        if self._items:
            self._node.set_positions(np.concatenate([points_of(item, seconds) for item in self._items]))
        return []


def parts_of(tracker: str) -> tuple[Glyph, Glyph, Glyph]:
    """Device and axes of a tracker that is seen, and the ball of a lost one."""
    nothing = Glyph(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
    return GLYPHS.get(tracker, nothing), AXES, LOST


def points_of(item: TrackerItem, seconds: float) -> Float:
    """Both ends of every capsule (N, 3) at a moment; not a number where it is not drawn."""
    reported, points = item.at(seconds), []
    for tracker, place, turn, seen in zip(item.trackers, *reported, strict=True):
        for part, drawn in zip(parts_of(tracker), (seen, seen, not seen), strict=True):
            both = np.stack([part.starts, part.ends], axis=1).reshape(-1, 3)
            points.append(place + rotate(turn, both) if drawn else np.full_like(both, np.nan))
    return np.concatenate(points)
