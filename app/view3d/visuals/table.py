"""The table of visuals: one row for each item type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from vispy.scene import Node

from app.view3d.body_item import BodyItem
from app.view3d.items import Item, SkeletonItem
from app.view3d.pinhole import Pinhole
from app.view3d.segments_item import SegmentsItem
from app.view3d.theme import Theme
from app.view3d.tracker_item import TrackerItem
from app.view3d.visuals.bodies import Bodies
from app.view3d.visuals.ground import Caster
from app.view3d.visuals.segments import SegmentLines
from app.view3d.visuals.skeletons import Skeletons
from app.view3d.visuals.trackers import Trackers


class ItemsVisual(Protocol):
    """A visual of all items of one type in a view: items that overlap and blend belong together."""

    def __init__(self, parent: Node) -> None: ...

    def set_items(self, items: Sequence[Any], theme: Theme) -> None:
        """Replace all items by these, which are shown; `set_time` comes next."""

    def set_time(self, seconds: float) -> list[Caster]:
        """Take every item to a moment; returns everything that casts a shadow on the floor."""

    def see(self, pinhole: Pinhole) -> None:
        """Be seen through this camera from now on."""


VISUALS: dict[type[Item], type[ItemsVisual]] = {
    BodyItem: Bodies,
    SkeletonItem: Skeletons,
    TrackerItem: Trackers,
    SegmentsItem: SegmentLines,
}


def add(item_type: type[Item], visual: type[ItemsVisual]) -> None:
    """Draw items of a type, and of its subclasses, with a visual in every view that is filled from now on."""
    VISUALS[item_type] = visual


def visual_of(item: Item) -> type[ItemsVisual]:
    """Find the visual that draws an item. Raises TypeError for an item that has none."""
    for kind in type(item).__mro__:
        if kind in VISUALS:
            return VISUALS[kind]
    raise TypeError(f"{type(item).__name__}: no visual draws it; add one with app.view3d.visuals.table.add.")
