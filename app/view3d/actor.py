"""Who is in a 3D view: plain data, no vispy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.view3d.theme import Colour, Theme, rgb
from engine.cameras.pinhole import Camera
from engine.motion.skeleton import Skeleton

Float = NDArray[np.float64]
PICK_PIXELS = 12.0


@dataclass(frozen=True, eq=False)
class Actor:
    """One person in a view.

    key            what it is called in the program ("truth", "hummuss_small"); unique in the view
    label          what the legend says
    positions      (T, J, 3) metres, world; NaN where a joint is not known
    colour         "#rrggbb"; None: ground truth, the theme's neutral grey
    joint_colours  (T, J, 3) in [0, 1], used instead of `colour`: errors on a colour map, for instance
    marked         a joint that is drawn larger: the one that the person looks at
    """

    key: str
    label: str
    skeleton: Skeleton
    positions: Float
    colour: str | None = None
    visible: bool = True
    joint_colours: Float | None = None
    marked: int | None = None

    @property
    def shown(self) -> bool:
        return self.visible and len(self.positions) > 0

    def shade(self, theme: Theme) -> Colour:
        """The actor's colour in a theme."""
        return rgb(self.colour) if self.colour else theme.truth

    def at(self, frame: int) -> Float:
        """(J, 3) metres; the last frame stands for all later ones."""
        return np.asarray(self.positions[min(frame, len(self.positions) - 1)])

    def colours_at(self, frame: int, otherwise: Float) -> Float:
        """(J, 3) the joint colours of a frame, where there are any."""
        if self.joint_colours is None:
            return otherwise
        return np.asarray(self.joint_colours[min(frame, len(self.joint_colours) - 1)])


def one_view_each(actors: Sequence[Actor]) -> list[list[Actor]]:
    """Groups for a grid: each model with the truth; the truth alone where there is no model."""
    truth = [actor for actor in actors if actor.colour is None]
    return [[*truth, actor] for actor in actors if actor.colour is not None] or [truth]


def everywhere(positions: Iterable[Float]) -> Float:
    """(N, 3) every known point of several (T, J, 3)."""
    points = np.concatenate([np.zeros((0, 3)), *(p.reshape(-1, 3) for p in positions)])
    return points[np.isfinite(points).all(-1)]


def nearest_joint(
    actors: Iterable[Actor], frame: int, camera: Camera, place: tuple[float, float]
) -> tuple[str, int] | None:
    """Actor key and joint of the shown joint that is seen nearest to `place` (x, y) pixels; None beyond PICK_PIXELS."""
    best, found = PICK_PIXELS, None
    for actor in actors:
        if actor.shown:
            pixels, depth = camera.project(actor.at(frame))
            away = np.linalg.norm(pixels - place, axis=-1)
            away = np.where((depth > 0) & np.isfinite(away), away, np.inf)
            joint = int(np.argmin(away))
            if away[joint] <= best:
                best, found = float(away[joint]), (actor.key, joint)
    return found
