"""What a visual's shaders need to know about the camera, read from the transforms that vispy hands it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy.visuals.transforms import TransformSystem

Float = NDArray[np.float64]


class Pinhole:
    """The perspective projection of one drawing.

    matrix  (4, 4) visual -> clip, acts on row vectors (uploaded as it is, it acts on GLSL's column vectors)
    eye     (3,) camera centre
    right, down, forward  (3,) unit axes of the picture
    pixel   size of one pixel of the frame buffer, metres per metre of depth
    """

    def __init__(self, transforms: TransformSystem) -> None:
        self.matrix: Float = _matrix(transforms.get_transform("visual", "render"))
        screen = _matrix(transforms.get_transform("visual", "framebuffer"))
        x, y, w = screen[:3, 0], screen[:3, 1], screen[:3, 3]
        depth = np.linalg.norm(w)  # w of a point = depth * (its distance along `forward`)
        self.forward = w / depth
        x, y = x - (x @ self.forward) * self.forward, y - (y @ self.forward) * self.forward
        self.right, self.down = x / np.linalg.norm(x), -y / np.linalg.norm(y)
        self.pixel = float(depth / np.linalg.norm(y))
        self.eye: Float = np.linalg.solve(screen[:, [0, 1, 3]][:3].T, -screen[3, [0, 1, 3]])


def _matrix(transform: object) -> Float:
    return np.asarray(transform.map(np.eye(4)))  # type: ignore[attr-defined]
