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
