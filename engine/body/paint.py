"""Pictures of a body, painted by the CPU: what a camera sees of it, for detectors to look at.

Triangles are filled with a depth buffer, colours shaded at the vertices. `engine.ssm` and vispy are not needed; numba
compiles the loops.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.body.model import Body
from engine.body.posed import Single
from engine.cameras.pinhole import Camera
from engine.motion.skeleton import SMPL_24

Float = NDArray[np.float64]
Picture = NDArray[np.uint8]
"""(H, W, 3) blue, green, red."""

LIGHT = np.array([-0.35, -0.75, 0.55]) / np.linalg.norm([-0.35, -0.75, 0.55])
"""Where it comes from, in the world."""
AMBIENT = 0.45
SKIN, HAIR, SHIRT, TROUSERS, SHOES = (
    (150, 175, 225), (35, 45, 60), (140, 90, 45), (70, 60, 55), (40, 40, 45),
)  # fmt: skip
WALL, FLOOR, LINES = (205, 205, 200), (150, 165, 175), (125, 140, 150)
_WORN = {
    SKIN: ("head", "neck", "left elbow", "right elbow", "left wrist", "right wrist", "left hand", "right hand"),
    SHIRT: ("spine1", "spine2", "spine3", "left collar", "right collar", "left shoulder", "right shoulder"),
    TROUSERS: ("pelvis", "left hip", "right hip", "left knee", "right knee"),
    SHOES: ("left ankle", "right ankle", "left foot", "right foot"),
}


class Painter:
    """Paints one body through one camera, over the room that it sees; its lens is taken to be free of distortion."""

    def __init__(self, body: Body, camera: Camera) -> None:
        self.camera = camera
        self._faces = np.ascontiguousarray(body.faces, np.int32)
        self._colours = worn_colours(body)
        self._room = room(camera)
        width, height = camera.image_size
        self._depth = np.empty((height, width), np.float32)
        self._fill = _compiled()
        single = np.float32
        self._centre, self._axes = camera.centre.astype(single), np.ascontiguousarray(camera.rotation.T, single)
        self._focal, self._principal = np.array(camera.focal, single), np.array(camera.principal, single)
        self._towards = (camera.rotation @ LIGHT).astype(single)

    def picture(self, vertices: Single) -> Picture:
        """The body whose vertices (V, 3) are there, metres in the world."""
        seen = (vertices - self._centre) @ self._axes
        depth = np.maximum(seen[:, 2], 1e-3)
        pixels = seen[:, :2] / depth[:, None] * self._focal + self._principal
        painted = self._room.copy()
        self._depth.fill(np.inf)
        self._fill(
            pixels, seen, self._faces, self._colours, self._towards, AMBIENT, painted, self._depth,
        )  # fmt: skip
        return painted


@lru_cache(maxsize=8)
def worn_colours(body: Body) -> Single:
    """(V, 3) blue, green, red of the skin and of clothes, by the bone that moves a vertex most; hair on the head."""
    colours = np.empty((len(body), 3), np.float32)
    bone = body.weights.argmax(1)
    for colour, joints in _WORN.items():
        colours[np.isin(bone, [SMPL_24.index(joint) for joint in joints])] = colour
    head = np.flatnonzero(bone == SMPL_24.index("head"))
    low, high = body.template[head].min(0), body.template[head].max(0)
    share = (body.template[head] - low) / np.maximum(
        high - low, 1e-9
    )  # of the head's box: from the front (-Y), and from below
    colours[head[(share[:, 2] > 0.86) | ((share[:, 1] > 0.5) & (share[:, 2] > 0.3))]] = HAIR
    return colours


def room(camera: Camera) -> Picture:
    """The floor with lines a metre apart, and the wall where no floor is."""
    width, height = camera.image_size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = camera.rays(np.stack([x, y], -1))
    directions = np.concatenate([rays, np.ones((height, width, 1))], -1) @ camera.rotation
    down = directions[..., 2] < -1e-3
    far = np.where(down, camera.centre[2] / np.where(down, -directions[..., 2], 1.0), 0.0)
    on_floor = down & (far > 0) & (far < 25.0)
    at = camera.centre[:2] + far[..., None] * directions[..., :2]
    near_line = (np.abs(at - np.round(at)) < 0.015 + 0.002 * far[..., None]).any(-1)
    painted = np.empty((height, width, 3), np.uint8)
    painted[:] = WALL
    painted[on_floor] = FLOOR
    painted[on_floor & near_line] = LINES
    return painted


def fill(
    pixels: Any, seen: Any, faces: Any, colours: Any, towards: Any, ambient: float, painted: Any, buffer: Any
) -> None:
    """Fill the triangles that face the camera into `painted` (H, W, 3), nearer ones over those behind.

    pixels (V, 2) and seen (V, 3), metres in camera axes; colours (V, 3); towards (3,) the light, camera axes; buffer
    (H, W) depths so far. Each triangle has one shade; depth and colour change linearly over it in the picture.
    """
    height, width = buffer.shape
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        if seen[a, 2] < 0.05 or seen[b, 2] < 0.05 or seen[c, 2] < 0.05:
            continue
        ax, ay, bx, by, cx, cy = pixels[a, 0], pixels[a, 1], pixels[b, 0], pixels[b, 1], pixels[c, 0], pixels[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= 0:  # y is down: what is counter-clockwise from outside turns the other way here
            continue
        x0, x1 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0), min(int(np.floor(max(ax, bx, cx) - 0.5)), width - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0), min(int(np.floor(max(ay, by, cy) - 0.5)), height - 1)
        if x0 > x1 or y0 > y1:
            continue
        ux, uy, uz = seen[b, 0] - seen[a, 0], seen[b, 1] - seen[a, 1], seen[b, 2] - seen[a, 2]
        vx, vy, vz = seen[c, 0] - seen[a, 0], seen[c, 1] - seen[a, 1], seen[c, 2] - seen[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
        lit = (nx * towards[0] + ny * towards[1] + nz * towards[2]) / length
        shade = ambient + (1 - ambient) * max(lit, 0.0)
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                px, py = x + 0.5, y + 0.5
                wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                wc = 1.0 - wa - wb
                if wa < 0 or wb < 0 or wc < 0:
                    continue
                z = wa * seen[a, 2] + wb * seen[b, 2] + wc * seen[c, 2]
                if z < buffer[y, x]:
                    buffer[y, x] = z
                    for k in range(3):
                        colour = wa * colours[a, k] + wb * colours[b, k] + wc * colours[c, k]
                        painted[y, x, k] = np.uint8(min(shade * colour, 255.0))


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., None]:
    import numba

    options = {"nogil": True, "fastmath": True}
    try:
        return numba.njit(cache=True, **options)(fill)
    except RuntimeError:  # there is no place for the cache
        return numba.njit(**options)(fill)
