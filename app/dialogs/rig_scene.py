"""What stands in the 3D view of a recording of several cameras: the truth, the models' poses, the cameras."""

from __future__ import annotations

import numpy as np

from app.look.theme import model_colour
from app.present.rig_found import RigFound
from app.present.rig_items import COLOUR, Cameras
from app.view3d.frusta import Frusta
from app.view3d.items import Item, SkeletonItem
from app.widgets.people import TRUTH


def scene_items(found: RigFound) -> list[Item]:
    """Make an item for everybody whom the truth knows in these frames, for each model, and for the cameras in use."""
    items: list[Item] = []
    if found.truth is not None and found.there is not None:
        for points in np.moveaxis(found.there, 1, 0):
            if np.isfinite(points).any():
                items.append(SkeletonItem(TRUTH, "Ground truth", found.truth.skeleton, found.views.times, points))
    for k, model in enumerate(found.figures):
        joints = model.joints
        items.append(
            SkeletonItem(
                model.name, model.name, joints.skeleton, joints.times, joints.positions, colour=model_colour(k)
            )
        )
    used = [found.views.rig[view] for view in found.used]
    return [*items, Cameras("cameras", f"{len(used)} cameras", Frusta(used), colour=COLOUR)]
