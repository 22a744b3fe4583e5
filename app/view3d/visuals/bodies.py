"""All bodies of a view: solid, as wire, translucent; the truth a ghost behind predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vispy.scene import Node

from app.view3d.body_item import BodyItem
from app.view3d.pinhole import Pinhole
from app.view3d.theme import Theme
from app.view3d.visuals.body import BodyVisual
from app.view3d.visuals.ground import Caster
from engine.motion.skeleton import SMPL_24

BONES = np.array(SMPL_24.bones)
OPAQUE, VEIL, GHOST = (1.0, 1.0), (0.42, 0.95), (0.2, 0.75)
"""Opacity where the skin faces the viewer, and at its rim."""


class Bodies:
    """One draw call for each that is solid (see `table.ItemsVisual`)."""

    def __init__(self, parent: Node) -> None:
        self._stack = _Stack(parent)
        self._items: tuple[BodyItem, ...] = ()
        self._pool: list[BodyVisual] = []
        self._pinhole: Pinhole | None = None

    def set_items(self, items: Sequence[BodyItem], theme: Theme) -> None:
        self._items = tuple(items)
        while len(self._pool) < len(items):
            self._pool.append(BodyVisual())
            if self._pinhole is not None:
                self._pool[-1].see(self._pinhole)
        compared = any(item.colour for item in items)
        for item, body in zip(items, self._pool, strict=False):
            ghost = compared and item.colour is None and item.skin != "wire"
            body.set_body(item.posed)
            body.colour(np.array(theme.colour_of(item.colour)))
            veil = GHOST if ghost else VEIL if item.skin == "translucent" else OPAQUE
            body.look(theme, "translucent" if ghost else item.skin, veil)
            body.behind = item.colour is None
        self._stack.bodies = self._pool[: len(items)]

    def see(self, pinhole: Pinhole) -> None:
        self._pinhole = self._stack.pinhole = pinhole
        for body in self._pool:
            body.see(pinhole)

    def set_time(self, seconds: float) -> list[Caster]:
        casters = []
        for item, body in zip(self._items, self._pool, strict=False):
            placement = item.at(seconds)
            body.place(placement)
            if (colours := item.colours_at(seconds)) is not None:
                body.colour(colours)
            casters.append((placement.joints[BONES], np.repeat(item.posed.radii[:, None], 2, axis=1)))
        self._stack.update()
        return casters


class _Stack(Node):
    """Draws bodies from back to front: first those that are seen through, of which the truth's is farthest."""

    def __init__(self, parent: Node) -> None:
        super().__init__(parent=parent)
        self.order = -1  # before skeletons, which are seen inside of bodies, and whose edges blend with them
        self.bodies: list[BodyVisual] = []
        self.pinhole: Pinhole | None = None

    def draw(self) -> None:
        if self.pinhole is None:
            return
        eye, forward = self.pinhole.eye, self.pinhole.forward
        for body in sorted(self.bodies, key=lambda b: (b.solid, not b.behind, -(b.middle - eye) @ forward)):
            body.draw()
