"""All bodies of a view: solid, as wire, translucent, as ghosts behind the others."""

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
VEILS = {"solid": (1.0, 1.0), "wire": (1.0, 1.0), "translucent": (0.42, 0.95), "ghost": (0.28, 0.9)}
"""By style: opacity where the skin faces the viewer, and at its rim."""


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
            self._pool.append(BodyVisual(quick=getattr(self._stack.canvas, "quick", False)))
            if self._pinhole is not None:
                self._pool[-1].see(self._pinhole)
        for item, body in zip(items, self._pool, strict=False):
            body.set_body(item.posed)
            body.colour(np.array(theme.colour_of(item.colour)))
            body.look(theme, item.style, VEILS[item.style])
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
    """Draws bodies from back to front: first those that are seen through, ghosts first of all."""

    def __init__(self, parent: Node) -> None:
        super().__init__(parent=parent)
        self.order = -1  # before skeletons, which are seen inside of bodies, and whose edges blend with them
        self.bodies: list[BodyVisual] = []
        self.pinhole: Pinhole | None = None

    def draw(self) -> None:
        if self.pinhole is None:
            return
        eye, forward = self.pinhole.eye, self.pinhole.forward
        for body in sorted(
            self.bodies, key=lambda b: (b.style == "solid", b.style != "ghost", -(b.middle - eye) @ forward)
        ):
            body.draw()
