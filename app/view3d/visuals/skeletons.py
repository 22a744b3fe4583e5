"""All skeletons of a view as one visual, so that one's edges blend with another behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy.scene import Node

from app.view3d.items import SkeletonItem
from app.view3d.pinhole import Pinhole
from app.view3d.theme import Theme
from app.view3d.visuals.bones import build_of, capsules_of, side_colours
from app.view3d.visuals.capsules import Capsules
from app.view3d.visuals.ground import Caster

Float = NDArray[np.float64]
MARKED = 1.8  # size of a marked joint
SLIM = 0.72  # thickness of the truth beside predictions: a good prediction covers it, a bad one shows it
FAINT = 0.45  # of the background in the colours of those who step aside, who are as slim


class Skeletons:
    """One draw call for all of them, and (J, 3) numbers of each uploaded for a moment (see `table.ItemsVisual`)."""

    def __init__(self, parent: Node) -> None:
        self._items: tuple[SkeletonItem, ...] = ()
        self._builds: list[Float] = []
        self._colours: list[Float] = []
        self._node = Capsules(np.zeros((1, 2), np.intp), np.zeros((1, 3)), 1, parent=parent)

    def set_items(self, items: Sequence[SkeletonItem], theme: Theme) -> None:
        self._items = tuple(items)
        self._node.visible = bool(items)
        if not items:
            return
        compared = any(item.colour for item in items)
        self._builds = [_build(item, slim=item.aside or (compared and item.colour is None)) for item in items]
        self._colours = [_colours(item, theme) for item in items]
        starts = np.cumsum([0] + [len(item.skeleton) for item in items])
        ends = [capsules_of(item.skeleton) + start for item, start in zip(items, starts, strict=False)]
        self._node.set_items(np.concatenate(ends), np.concatenate(self._builds), int(starts[-1]))
        self._node.set_colours(np.concatenate(self._colours))
        self._node.set_light(theme.ambient, theme.key)

    def see(self, pinhole: Pinhole) -> None:
        self._node.see(pinhole)

    def set_time(self, seconds: float) -> list[Caster]:
        if not self._items:
            return []
        positions = [item.at(seconds) for item in self._items]
        self._node.set_positions(np.concatenate(positions))
        if any(item.joint_colours is not None for item in self._items):
            colours = zip(self._items, self._colours, strict=True)
            self._node.set_colours(np.concatenate([item.colours_at(seconds, own) for item, own in colours]))
        return [
            (place[np.array(item.skeleton.bones).reshape(-1, 2)], build[: len(item.skeleton.bones), :2])
            for item, place, build in zip(self._items, positions, self._builds, strict=True)
        ]


def _colours(item: SkeletonItem, theme: Theme) -> Float:
    """Return the colours (J, 3) of an item's joints where it has none of their own."""
    colours = side_colours(item.skeleton, theme.colour_of(item.colour))
    return (1 - FAINT) * colours + FAINT * np.array(theme.background) if item.aside else colours


def _build(item: SkeletonItem, *, slim: bool) -> Float:
    """Return the build (N, 3) of an item's bones and joints (see `build_of`)."""
    build = build_of(item.skeleton, item.positions)
    if slim:
        build[:, :2] *= SLIM
    if item.marked is not None:
        build[len(item.skeleton.bones) + item.marked, :2] *= MARKED
    return build
