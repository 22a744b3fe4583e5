"""The trackers that a model observed, as items of the 3D view. No Qt."""

from __future__ import annotations

from app.view3d.items import Item
from app.view3d.tracker_item import TrackerItem
from engine.observation.lost_trackers import bridged
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Observation


def tracker_items(person: Item, observed: Observation) -> list[Item]:
    """Make the item of the trackers that a model observed, as those of its person; none of another observation."""
    if not isinstance(observed, TrackerSignals):
        return []
    taken = bridged(observed)
    return [
        TrackerItem(
            person.key,
            person.label,
            observed.trackers,
            observed.times,
            taken.positions,
            taken.rotations,
            observed.valid,
            colour=person.colour,
        )
    ]
