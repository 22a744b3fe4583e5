"""The cameras of a rig, as items of the 3D view. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.state.results import Shown
from app.view3d.frusta import Frusta, edges_of
from app.view3d.items import Item, Track
from app.view3d.segments_item import SegmentsItem
from engine.observation.views import MultiViewKeypoints

COLOUR = "#8b93a1"


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
