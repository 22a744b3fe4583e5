"""Bodies in a 3D view, as plain data. No Qt and no vispy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.view3d.items import LOOKED_AT, Float, Item, SkeletonItem, Track, sample_at
from engine.body import library
from engine.body.posed import Placement, PosedBody
from engine.body.skinning import posed_vertices
from engine.motion.pose import BodyPose
from engine.motion.stray_frames import find_strays

Figure = Literal["skeleton", "body", "both"]
"""How people are drawn; one who has no body is a skeleton. Both: the skeleton inside of a body that is seen through."""
Style = Literal["solid", "wire", "translucent", "ghost"]
"""A ghost is fainter than what is translucent, and behind everybody else."""
SkinColours = Callable[[int], NDArray[np.floating]]
"""Frame -> colours (V, 3) in [0, 1] of the skin."""


@dataclass(frozen=True, eq=False)
class BodyItem(Item):
    """A body that holds each pose until its next one.

    posed         the body in motion; its own times, whatever the rate of others
    style         how it is drawn
    skin_colours  used instead of `colour`: errors on a colour map, for instance
    picked        the skeleton whose joints a click picks, by their index; None: the body's own 24
    """

    posed: PosedBody
    style: Style = field(default="solid", kw_only=True)
    skin_colours: SkinColours | None = field(default=None, kw_only=True)
    picked: SkeletonItem | None = field(default=None, kw_only=True)

    @property
    def shown(self) -> bool:
        return self.visible and len(self.posed) > 0

    def frame_at(self, seconds: float) -> int:
        """The frame that is on at a moment."""
        return sample_at(self.posed.pose.times, seconds)

    def at(self, seconds: float) -> Placement:
        """Return where the bones are."""
        return self.posed.at(self.frame_at(seconds)).moved(self.offset)

    def colours_at(self, seconds: float) -> NDArray[np.floating] | None:
        """Return the skin's own colours (V, 3) at a moment, where there are any."""
        return None if self.skin_colours is None else self.skin_colours(self.frame_at(seconds))

    def pickable(self, seconds: float) -> Float:
        if self.picked is None:
            return self.at(seconds).joints
        return np.asarray(self.picked.at(seconds) + self.offset)

    def extent(self) -> Track:
        """Return the tips of the body: for each joint, the vertex of its own that is farthest from it."""
        body, pose = self.posed.body, self.posed.pose
        away = np.linalg.norm(self.posed.rest[:, None] - self.posed.rest_joints, axis=-1)
        tips = np.unique(np.where(body.weights > 0.5, away, -1).argmax(0))
        places = np.zeros((len(pose), 1, 3)) if pose.root is None else pose.root[:, None]
        steady = np.flatnonzero(find_strays(pose.times, places).steady)
        some = pose.take(steady[:: max(1, len(steady) // LOOKED_AT)])
        return Track(some.times, posed_vertices(body, some, tips) + self.offset)

    def path(self) -> Track:
        pose = self.posed.pose
        root = np.zeros((len(pose), 3)) if pose.root is None else pose.root
        return Track(pose.times, root + self.offset)


def figures(
    person: SkeletonItem,
    pose: BodyPose | None,
    figure: Figure,
    style: Style,
    skin_colours: SkinColours | None = None,
) -> list[Item]:
    """Draw a person as a skeleton, as a body, or as both; as a skeleton where there is no body.

    pose  the body's, in the same world
    What is clicked is a joint of the skeleton in any case. A skeleton is seen inside of a body that is not solid.
    """
    if pose is None or figure == "skeleton":
        return [person]
    if figure == "both" and style == "solid":
        style = "translucent"
    posed = PosedBody(library.body(pose.body), pose)
    body = BodyItem(
        person.key,
        person.label,
        posed,
        colour=person.colour,
        visible=person.visible,
        offset=person.offset,
        style=style,
        skin_colours=skin_colours,
        picked=replace(person, offset=(0.0, 0.0, 0.0)),
    )
    return [body, person] if figure == "both" else [body]
