"""The cameras of a rig and the people beside the clip's own, as items of the 3D view. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.state.results import Shown
from app.view3d.frusta import Frusta, edges_of
from app.view3d.items import Item, SkeletonItem, Track
from app.view3d.segments_item import SegmentsItem
from engine.kinds import as_joints
from engine.motion.pose import Person
from engine.motion.skeleton import H36M_17
from engine.observation.views import MultiViewKeypoints

COLOUR = "#8b93a1"
SHADES = ("#7f8795", "#68707e", "#969dab")
"""Of people beside the clip's own."""


@dataclass(frozen=True, eq=False)
class Cameras(SegmentsItem):
    """Cameras that stand still; a view is fitted to them, too."""

    def extent(self) -> Track:
        assert isinstance(self.segments, Frusta)
        edges = [edges_of(camera, self.segments.depth).reshape(-1, 3) for camera in self.segments.cameras]
        return Track(np.zeros(1), np.concatenate(edges)[None])


def observed_views(shown: Shown | None) -> MultiViewKeypoints | None:
    """Find the views that the first model got which observes several."""
    models = () if shown is None else shown.results.models
    return next((model.observed for model in models if isinstance(model.observed, MultiViewKeypoints)), None)


def rig_items(shown: Shown | None) -> list[Item]:
    """Make the item of the cameras that models of several views looked through; none without such a model."""
    views = observed_views(shown)
    if views is None:
        return []
    return [SegmentsItem("cameras", f"{len(views.rig)} cameras", Frusta(tuple(views.rig)), colour=COLOUR)]


def person_key(number: int) -> str:
    """Name one of the people in the rig's views for the 3D view."""
    return f"person {number}"


def person_label(person: Person) -> str:
    """Name somebody by the id that matching gave them."""
    return f"Person {person.id}" if person.id else "Not found"


def others_items(shown: Shown | None) -> list[Item]:
    """Make the skeletons of the people beside the clip's own in the rig's views, where they really are."""
    people = () if shown is None else shown.results.people
    found: list[Item] = []
    for number, person in enumerate(people[1:], 1):
        pose, colour = as_joints(person.pose, H36M_17), SHADES[(number - 1) % len(SHADES)]
        found.append(
            SkeletonItem(
                person_key(number), person_label(person), H36M_17, pose.times, pose.positions, colour=colour, aside=True
            )
        )
    return found
