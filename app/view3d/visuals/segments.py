"""All segments of a view: error vectors and trails, as thin capsules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vispy.scene import Node

from app.view3d.pinhole import Pinhole
from app.view3d.segments_item import SegmentsItem
from app.view3d.theme import Theme
from app.view3d.visuals.capsules import Capsules
from app.view3d.visuals.ground import Caster


class SegmentLines:
    """One draw call for all of them (see `table.ItemsVisual`)."""

    def __init__(self, parent: Node) -> None:
        self._items: tuple[SegmentsItem, ...] = ()
        self._node = Capsules(np.zeros((1, 2), np.intp), np.zeros((1, 3)), 1, parent=parent)

    def set_items(self, items: Sequence[SegmentsItem], theme: Theme) -> None:
        self._items = tuple(items)
        self._node.visible = bool(items)
        if not items:
            return
        radius = np.concatenate([np.full(item.segments.count, item.radius) for item in items])
        build = np.stack([radius, radius, np.zeros_like(radius)], axis=-1)
        self._node.set_items(np.arange(2 * len(radius)).reshape(-1, 2), build, 2 * len(radius))
        colours = [np.tile(theme.colour_of(item.colour), (2 * item.segments.count, 1)) for item in items]
        self._node.set_colours(np.concatenate(colours))
        self._node.set_light(1.0, 0.0)  # as a line of a drawing, whatever the light

    def see(self, pinhole: Pinhole) -> None:
        self._node.see(pinhole)

    def set_time(self, seconds: float) -> list[Caster]:
        if self._items:
            self._node.set_positions(np.concatenate([item.at(seconds).reshape(-1, 3) for item in self._items]))
        return []
