"""The floor: a metre grid with a finer quarter-metre one, fading into the background, and soft shadows on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.scene.visuals import create_visual_node

from app.view3d.theme import Theme
from app.view3d.visuals.quads import QuadsVisual

Caster = tuple[NDArray[np.float64], NDArray[np.float64]]
"""What casts one shadow: bones (B, 2, 3) and their end radii (B, 2), metres."""
RADIUS = 7.0  # metres from the person to where the floor is gone

FLOOR_VERTEX = """
attribute vec2 a_corner;
uniform mat4 u_matrix;
uniform vec3 u_centre;
uniform float u_radius;
varying vec2 v_place;
varying vec2 v_from_centre;
void main() {
    v_from_centre = a_corner;
    v_place = u_centre.xy + u_radius * a_corner;
    gl_Position = u_matrix * vec4(v_place, u_centre.z, 1.);
}
"""

FLOOR_FRAGMENT = """
uniform vec3 u_background;
uniform vec3 u_floor;
uniform vec3 u_line;
varying vec2 v_place;
varying vec2 v_from_centre;
void main() {
    float fade = max(1. - dot(v_from_centre, v_from_centre), 0.);
    vec2 fine = 4. * v_place, nearest = floor(fine + 0.5);
    vec2 pixel = max(fwidth(fine), 1e-5);
    vec2 metre = step(abs(nearest - 4. * floor(0.25 * nearest + 0.5)), vec2(0.5));   // 1 on a metre line
    vec2 covered = clamp(0.5 + mix(vec2(0.5), vec2(0.7), metre) - abs(fine - nearest) / pixel, 0., 1.);
    vec2 near = clamp(mix(vec2(0.35), vec2(1.4), metre) / pixel - 0.4, 0., 1.);      // none where they would merge
    vec2 line = covered * near * mix(vec2(0.2), vec2(0.62), metre);
    vec3 colour = mix(u_floor, u_line, max(line.x, line.y));
    gl_FragColor = vec4(mix(u_background, colour, fade * fade), 1.);
}
"""

SHADOW_VERTEX = """
attribute vec2 a_corner;
uniform mat4 u_matrix;
uniform vec4 u_box;        // middle and half size on the floor
uniform vec4 u_part;       // of the box, that is drawn: from and to, each in [-1, 1]
varying vec2 v_place;
void main() {
    vec2 corner = mix(u_part.xy, u_part.zw, 0.5 + 0.5 * a_corner);
    v_place = 0.5 + 0.5 * corner;
    gl_Position = u_matrix * vec4(u_box.xy + u_box.zw * corner, 0., 1.);
}
"""

SHADOW_FRAGMENT = """
uniform sampler2D u_density;
uniform vec4 u_colour;
varying vec2 v_place;
void main() {
    gl_FragColor = vec4(u_colour.rgb, u_colour.a * texture2D(u_density, v_place).r);
}
"""

CELLS = 48  # of the shadow's picture, along each side
SOFTNESS, CONTACT = 0.34, 0.03  # width of a shadow: metres per metre of height above the floor, and on it
DARKNESS = 1.5
FAINTEST = 1.5 / 255  # what changes no pixel
ALONG = np.array([1, 3, 5]) / 6  # where a bone is sampled


class FloorVisual(QuadsVisual):
    """A round piece of floor under a place that moves with the person; its lines stay where they are in the world."""

    def __init__(self) -> None:
        super().__init__(FLOOR_VERTEX, FLOOR_FRAGMENT, 1, depth_test=False)
        self.update_gl_state(blend=False)
        self.set_centre(np.zeros(3))
        self.shared_program["u_radius"] = RADIUS

    def set_centre(self, centre: NDArray[np.float64]) -> None:
        """Move the middle (3,) metres of the floor that is drawn; its z is the floor's height."""
        self._tell("centre", lambda: self.shared_program.__setitem__("u_centre", centre))

    def set_theme(self, theme: Theme) -> None:
        def tell() -> None:
            program = self.shared_program
            program["u_background"], program["u_floor"], program["u_line"] = theme.background, theme.floor, theme.line

        self._tell("theme", tell)


class ShadowVisual(QuadsVisual):
    """A soft shadow: sharp below a foot on the floor, wide and faint below a raised hand.

    Every bone is a few soft discs on the floor. A Gaussian disc is a product of a function of x and one of y, so the
    sum of all is one small matrix product: far cheaper than blending as many discs where a CPU draws.
    """

    def __init__(self) -> None:
        super().__init__(SHADOW_VERTEX, SHADOW_FRAGMENT, 1, depth_test=False)
        self._density = gloo.Texture2D(
            np.zeros((CELLS, CELLS, 1), np.float32),
            interpolation="linear",
            wrapping="clamp_to_edge",
            internalformat="r32f",
        )
        self.shared_program["u_density"] = self._density

    def cast(self, bones: NDArray[np.float64], radii: NDArray[np.float64], theme: Theme) -> None:
        """Lie below bones (B, 2, 3) metres with end radii (B, 2) metres."""

        def tell() -> None:
            density, box = cast_shadow(bones, radii)
            self._density.set_data(density[..., None])
            self.shared_program["u_box"], self.shared_program["u_colour"] = box, (*theme.shadow, theme.shade)
            self.shared_program["u_part"] = seen_part(density)

        self._tell("shadow", tell)


def seen_part(density: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Find where a shadow (y, x) can be seen: from x, y to x, y, each in [-1, 1]."""
    ends = []
    for axis in (0, 1):
        dark = np.flatnonzero(density.max(axis) > FAINTEST)
        ends.append((dark[0] - 1, dark[-1] + 1) if len(dark) else (0, 0))
    (x0, x1), (y0, y1) = np.clip(2 * np.array(ends) / (CELLS - 1) - 1, -1, 1)
    return float(x0), float(y0), float(x1), float(y1)


def cast_shadow(
    bones: NDArray[np.float64], radii: NDArray[np.float64]
) -> tuple[NDArray[np.float32], tuple[float, float, float, float]]:
    """Compute the shadow on the floor z = 0 of bones (B, 2, 3) metres with end radii (B, 2) metres.

    Returns how dark each cell is (y, x), in [0, 1), and the box that the picture covers: middle x, y, half size x, y.
    """
    bones, radii = bones[(known := np.isfinite(bones).all((1, 2)))], radii[known]
    if not len(bones):
        return np.zeros((CELLS, CELLS), np.float32), (0.0, 0.0, 0.0, 0.0)
    fraction = np.stack([1 - ALONG, ALONG])
    x, y, height = np.einsum("bec,es->cbs", bones, fraction).reshape(3, -1)
    radius = (radii @ fraction).ravel()
    length = np.repeat(np.linalg.norm(bones[:, 1] - bones[:, 0], axis=-1) / len(ALONG), len(ALONG))
    width = radius + CONTACT + SOFTNESS * np.clip(height, 0.0, 1.2)
    weight = DARKNESS * 2 * radius * (length + radius) / (np.pi * width**2)
    low = np.array([(x - 2 * width).min(), (y - 2 * width).min()])
    high = np.array([(x + 2 * width).max(), (y + 2 * width).max()])
    cells = np.linspace(low, high, CELLS)
    across_x, across_y = (np.exp(-(((cells[:, k, None] - c) / width) ** 2)) for k, c in enumerate((x, y)))
    density = 1 - np.exp(-(across_y * weight) @ across_x.T)
    density *= np.outer(*[np.hanning(CELLS) ** 0.25] * 2)  # nothing at the border
    middle, half = (low + high) / 2, (high - low) / 2
    return density.astype(np.float32), (float(middle[0]), float(middle[1]), float(half[0]), float(half[1]))


Floor = create_visual_node(FloorVisual)
Shadow = create_visual_node(ShadowVisual)
