"""A camera as the visuals' shaders take it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.view3d.camera_rig import canvas_matrix
from app.view3d.grid import Box
from engine.cameras.pinhole import Camera

Float = NDArray[np.float64]


class Pinhole:
    """The perspective projection of one view.

    The shaders get it from here and not from vispy's transforms: those are followed anew for every visual, which costs
    as much as drawing it.

    matrix  (4, 4) world -> clip, acts on row vectors (uploaded as it is, it acts on GLSL's column vectors)
    eye     (3,) camera centre
    right, down, forward  (3,) unit axes of the picture
    pixel   size of one pixel of the frame buffer, metres per metre of depth
    half_pixel  (2,) of the frame buffer, in OpenGL's [-1, 1] across and up
    key, fill  (3,) unit directions to the lights, which stand with the camera so that every side reads
    """

    def __init__(
        self,
        camera: Camera,
        box: Box,
        canvas: tuple[int, int],
        ratio: float = 1.0,
        depths: tuple[float, float] = (-1.0, 1.0),
    ) -> None:
        """Fill a box of a canvas (width, height) with a camera's picture; `ratio` frame buffer pixels to one of these.

        depths  the part of OpenGL's [-1, 1] that the scene takes: what has the smaller ones lies in front
        """
        x, y, z, w = canvas_matrix(camera)
        near, far = depths
        clip = (
            2 / canvas[0] * (x + box.x * w) - w,
            w - 2 / canvas[1] * (y + box.y * w),
            ((far - near) * z + (far + near) * w) / 2,
            w,
        )
        self.matrix: Float = np.stack(clip, axis=1)
        self.eye: Float = camera.centre
        self.right, self.down, self.forward = camera.rotation
        self.pixel = 1 / (camera.focal[1] * ratio)
        self.half_pixel = 1 / (ratio * np.array(canvas))
        self.key = _unit(-self.forward - 0.75 * self.down - 0.55 * self.right)
        self.fill = _unit(self.right + 0.4 * self.down - 0.3 * self.forward)


def _unit(direction: Float) -> Float:
    return np.asarray(direction / np.linalg.norm(direction))
