"""Everybody in the view as one visual, so that one person's edges blend with another's body behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from vispy.scene import Node

from app.view3d.actor import Actor
from app.view3d.capsules import Capsules
from app.view3d.pinhole import Pinhole
from app.view3d.skeleton import build_of, items_of, side_colours
from app.view3d.theme import Theme

Float = NDArray[np.float64]
MARKED = 1.8  # size of a marked joint
SLIM = 0.72  # thickness of the truth beside predictions: a good prediction covers it, a bad one shows it


class People:
    """The bodies of all actors: one draw call, and (J, 3) numbers of each uploaded for a frame."""

    def __init__(self, parent: Node) -> None:
        self._actors: tuple[Actor, ...] = ()
        self._builds: list[Float] = []
        self._colours: list[Float] = []
        self._node = Capsules(np.zeros((1, 2), np.intp), np.zeros((1, 3)), 1, parent=parent)

    def set_actors(self, actors: Sequence[Actor], theme: Theme) -> None:
        """Replace everybody; call `set_frame` next."""
        self._actors = tuple(actor for actor in actors if actor.shown)
        self._node.visible = bool(self._actors)
        if not self._actors:
            return
        compared = any(actor.colour for actor in self._actors)
        self._builds = [_build(actor, slim=compared and actor.colour is None) for actor in self._actors]
        self._colours = [side_colours(actor.skeleton, actor.shade(theme)) for actor in self._actors]
        starts = np.cumsum([0] + [len(actor.skeleton) for actor in self._actors])
        ends = [items_of(actor.skeleton) + start for actor, start in zip(self._actors, starts, strict=False)]
        self._node.set_items(np.concatenate(ends), np.concatenate(self._builds), int(starts[-1]))
        self._node.set_colours(np.concatenate(self._colours))
        self._node.set_light(theme.ambient, theme.key)

    def see(self, pinhole: Pinhole) -> None:
        self._node.see(pinhole)

    def set_frame(self, frame: int) -> list[tuple[Float, Float]]:
        """Move everybody; returns each body's bones (B, 2, 3) and their radii (B, 2), metres."""
        if not self._actors:
            return []
        positions = [actor.at(frame) for actor in self._actors]
        self._node.set_positions(np.concatenate(positions))
        if any(actor.joint_colours is not None for actor in self._actors):
            colours = zip(self._actors, self._colours, strict=True)
            self._node.set_colours(np.concatenate([actor.colours_at(frame, own) for actor, own in colours]))
        return [
            (place[np.array(actor.skeleton.bones).reshape(-1, 2)], build[: len(actor.skeleton.bones), :2])
            for actor, place, build in zip(self._actors, positions, self._builds, strict=True)
        ]


def _build(actor: Actor, *, slim: bool) -> Float:
    """(N, 3) see `build_of`, with what is particular to the actor."""
    build = build_of(actor.skeleton, actor.positions)
    if slim:
        build[:, :2] *= SLIM
    if actor.marked is not None:
        build[len(actor.skeleton.bones) + actor.marked, :2] *= MARKED
    return build
