"""The axes triad in the corner of a view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from vispy.scene.visuals import create_visual_node

from app.view3d.grid import Box
from app.view3d.pinhole import Pinhole
from app.view3d.theme import rgb
from app.view3d.visuals.capsules import CapsulesVisual
from engine.cameras.pinhole import Camera

COLOURS = np.array([rgb("#d55e00"), rgb("#009e73"), rgb("#3d8fd1")])  # x, y, z
ARM = 0.045  # radius
STROKES: dict[str, list[tuple[float, float]]] = {  # end points of each letter's strokes; right, up
    "X": [(-0.7, 1), (0.7, -1), (-0.7, -1), (0.7, 1)],
    "Y": [(-0.7, 1), (0, 0.1), (0.7, 1), (0, 0.1), (0, 0.1), (0, -1)],
    "Z": [(-0.7, 1), (0.7, 1), (0.7, 1), (-0.7, -1), (-0.7, -1), (0.7, -1)],
}
LETTER, INK, OFF = 0.2, 0.042, 1.42  # half height, radius of a stroke, distance from the origin; arms are 1 long
PIXELS, INSET = 36, 1.75  # an arm's length at 720 pixels, distance of the origin from the corner in arms


class TriadVisual(CapsulesVisual):
    """Three arms of length 1 from the origin, with letters that face the viewer, in the corner of a view."""

    def __init__(self) -> None:
        letters = np.array([stroke for strokes in STROKES.values() for stroke in strokes])
        axis = np.repeat(np.arange(3), [len(strokes) for strokes in STROKES.values()])
        self._letters, self._axis = letters, axis
        arms = [(2 * k, 2 * k + 1) for k in range(3)]
        ink = np.arange(6, 6 + len(letters)).reshape(-1, 2)
        build = [(ARM, 0.8 * ARM, 0.0)] * 3 + [(INK, INK, 0.0)] * len(ink)
        super().__init__(np.concatenate([arms, ink]), np.array(build), 6 + len(letters))
        self.set_colours(np.concatenate([np.repeat(COLOURS, 2, axis=0), COLOURS[axis]]))
        self.set_light(ambient=0.6, key=0.45, fill=0.0, gloss=0.0)

    def look(self, camera: Camera, box: Box, canvas: tuple[int, int], ratio: float) -> None:
        """Stand in the corner of the picture of this camera, which fills a box of a canvas (see `Pinhole`)."""
        right, down, forward = camera.rotation
        arms = np.zeros((6, 3))
        arms[1::2] = np.eye(3)
        ink = OFF * np.eye(3)[self._axis] + LETTER * (self._letters[:, :1] * right - self._letters[:, 1:] * down)
        self.set_positions(np.concatenate([arms, ink]))
        arm = PIXELS * min(max(min(camera.image_size) / 720, 0.8), 3.0)
        distance = 12.0
        corner = replace(
            camera,
            centre=-distance * forward,
            focal=(arm * distance, arm * distance),
            principal=(INSET * arm, camera.image_size[1] - INSET * arm),
            distortion=(),
        )
        self.see(Pinhole(corner, box, canvas, ratio, depths=(-0.99, -0.95)))  # in front of everything


Triad = create_visual_node(TriadVisual)
