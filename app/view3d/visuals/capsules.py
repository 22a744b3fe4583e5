"""Tapered capsules and spheres that stay round at any size: one rectangle each, the surface computed in every pixel.

All items read their end points from one small texture, so that moving them uploads one (J, 3) array and nothing else.
The intersection is Inigo Quilez's "rounded cone" (https://iquilezles.org/articles/intersectors); the edge is smoothed
by the distance between ray and silhouette, which costs far less than multisampling where a CPU draws.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from app.view3d.pinhole import Pinhole
from app.view3d.visuals.quads import QuadsVisual, per_quad

VERTEX = """
attribute vec2 a_corner;   // -1 or 1
attribute vec2 a_ends;     // texture coordinates of the two end points
attribute vec3 a_build;    // radii, and the part of the length that is left out at both ends
uniform sampler2D u_points;   // xyz, w = 1 where known
uniform sampler2D u_colours;
uniform mat4 u_matrix;
uniform vec3 u_eye;
uniform float u_pixel;
varying vec3 v_ray;           // from the eye to this point of the rectangle
varying vec3 v_a; varying vec3 v_b;        // end points seen from the eye
varying vec2 v_radii;
varying vec2 v_clip;          // clip z and w of this point of the rectangle
varying vec3 v_colour_a; varying vec3 v_colour_b;

void main() {
    vec4 a = texture2D(u_points, vec2(a_ends.x, 0.5)), b = texture2D(u_points, vec2(a_ends.y, 0.5));
    v_a = mix(a.xyz, b.xyz, a_build.z) - u_eye;
    v_b = mix(b.xyz, a.xyz, a_build.z) - u_eye;
    v_radii = a_build.xy;
    v_colour_a = texture2D(u_colours, vec2(a_ends.x, 0.5)).rgb;
    v_colour_b = texture2D(u_colours, vec2(a_ends.y, 0.5)).rgb;

    // Both end spheres as discs in the plane that faces the eye at the middle of the item.
    vec3 middle = 0.5 * (v_a + v_b);
    float depth = length(middle);
    vec3 n = middle / max(depth, 1e-6);
    float za = dot(v_a, n), zb = dot(v_b, n);
    vec3 pa = v_a * (depth / max(za, 1e-6)), pb = v_b * (depth / max(zb, 1e-6));
    vec3 axis = pb - pa;
    float span = length(axis);
    vec3 side = abs(n.z) < 0.9 ? vec3(0., 0., 1.) : vec3(1., 0., 0.);
    vec3 u = span > 1e-5 ? axis / span : normalize(cross(side, n));
    vec3 v = cross(n, u);
    float spare = u_pixel * depth;
    float ra = 1.04 * a_build.x * depth / max(za, 1e-6) + spare;
    float rb = 1.04 * a_build.y * depth / max(zb, 1e-6) + spare;
    float from = min(-ra, span - rb), to = max(ra, span + rb);
    v_ray = pa + (a_corner.x < 0. ? from : to) * u + a_corner.y * max(ra, rb) * v;
    gl_Position = u_matrix * vec4(u_eye + v_ray, 1.);
    v_clip = gl_Position.zw;
    bool known = a.w * b.w > 0.5 && min(za - a_build.x, zb - a_build.y) > 0.02;
    if (!known) gl_Position = vec4(2., 2., 2., 1.);
}
"""

FRAGMENT = """
uniform vec2 u_eye_clip;      // clip z and w of the eye
uniform float u_pixel;
uniform vec3 u_key;           // directions to the lights
uniform vec3 u_fill;
uniform vec4 u_look;          // ambient, key, fill, gloss
varying vec3 v_ray;
varying vec3 v_a; varying vec3 v_b;
varying vec2 v_radii;
varying vec2 v_clip;
varying vec3 v_colour_a; varying vec3 v_colour_b;

void main() {
    float far = length(v_ray);
    vec3 d = v_ray / far;
    float ra = v_radii.x, rb = v_radii.y;

    // Silhouette: the sphere along the axis that the ray comes nearest to, in the plane across the ray.
    vec3 ap = v_a - dot(v_a, d) * d, bp = v_b - dot(v_b, d) * d, e = bp - ap;
    float grow = rb - ra, e2 = dot(e, e), rest = e2 - grow * grow;
    float s = grow > 0. ? 1. : 0.;
    if (rest > 1e-12) {
        float h = -dot(ap, e) / e2;
        s = clamp(h + length(ap + h * e) * grow / sqrt(e2 * rest), 0., 1.);
    }
    vec3 c = ap + s * e;
    float miss = length(c);
    float outside = miss - (ra + s * grow);
    float t = dot(mix(v_a, v_b, s), d);
    float depth = u_eye_clip.y + (v_clip.y - u_eye_clip.y) * t / far;
    float alpha = clamp(0.5 - outside / (u_pixel * depth), 0., 1.);
    if (alpha <= 0.) discard;

    vec3 normal = -c / max(miss, 1e-9);
    if (outside < 0.) {
        vec3 oa = t * d - v_a, ob = t * d - v_b, ba = v_b - v_a;
        float m0 = dot(ba, ba), m1 = dot(ba, oa), m2 = dot(ba, d), m3 = dot(d, oa), m5 = dot(oa, oa);
        float m6 = dot(ob, d), m7 = dot(ob, ob), d2 = m0 - grow * grow;
        float near = 1e9;
        float h1 = m3 * m3 - m5 + ra * ra, h2 = m6 * m6 - m7 + rb * rb;
        if (h1 > 0.) { near = -m3 - sqrt(h1); normal = (oa + near * d) / ra; s = 0.; }
        if (h2 > 0.) {
            float x = -m6 - sqrt(h2);
            if (x < near) { near = x; normal = (ob + x * d) / rb; s = 1.; }
        }
        float k2 = d2 - m2 * m2, k1 = d2 * m3 - m1 * m2 - m2 * grow * ra;
        float k0 = d2 * m5 - m1 * m1 - m1 * grow * ra * 2. - m0 * ra * ra, h = k1 * k1 - k0 * k2;
        if (d2 > 1e-9 && h > 0.) {
            float x = (-sqrt(h) - k1) / k2, y = m1 + ra * grow + x * m2;
            if (y > 0. && y < d2) { near = x; normal = normalize(d2 * (oa + x * d) - ba * y); s = y / d2; }
        }
        if (near < 1e8) t += near;
    }

    vec2 clip = u_eye_clip + (v_clip - u_eye_clip) * (t / far);
    gl_FragDepth = 0.5 + 0.5 * clip.x / clip.y;

    float facing = max(-dot(normal, d), 0.);
    float key = 0.5 + 0.5 * dot(normal, u_key), fill = max(dot(normal, u_fill), 0.);
    float light = u_look.x + u_look.y * key * key + u_look.z * fill;
    float gloss = u_look.w * pow(max(dot(normal, normalize(u_key - d)), 0.), 28.);
    vec3 colour = mix(v_colour_a, v_colour_b, s) * light * mix(0.62, 1., smoothstep(0., 0.55, facing)) + gloss;
    gl_FragColor = vec4(colour, alpha);
}
"""


class CapsulesVisual(QuadsVisual):
    """Items between points. All that overlap belong into one visual, as each edge blends with those drawn before."""

    def __init__(self, ends: NDArray[np.intp], build: NDArray[np.floating], count: int) -> None:
        """As `set_items`."""
        super().__init__(VERTEX, FRAGMENT, len(ends), depth_test=True)
        self._points, self._colours = point_texture(count), point_texture(count)
        self._places, self._build = gloo.VertexBuffer(), gloo.VertexBuffer()
        self._eye = np.zeros(3)
        program = self.shared_program
        program["a_ends"], program["a_build"] = self._places, self._build
        program["u_points"], program["u_colours"] = self._points, self._colours
        self.set_items(ends, build, count)
        self.set_light()

    def set_items(self, ends: NDArray[np.intp], build: NDArray[np.floating], count: int) -> None:
        """Draw these N items between J points from now on; give positions and colours next.

        ends    (N, 2) indices of each item's two points; the same point twice is a sphere
        build   (N, 3) radii at the two ends, metres, and the part of the length that is left out at both ends
        count   number of points J
        """

        def tell() -> None:
            self._places.set_data(per_quad((ends + 0.5) / count))
            self._build.set_data(per_quad(build))

        self._ends = ends
        self._set_count(len(ends))
        self._tell("items", tell)
        self.set_positions(np.full((count, 3), np.nan))
        self.set_colours(np.ones((count, 3)))

    def set_positions(self, positions: NDArray[np.floating]) -> None:
        """Move every point: (J, 3) metres. Items at a point that is not a number are not drawn."""
        known = np.isfinite(positions).all(-1, keepdims=True)
        self._positions = np.where(known, positions, 0).astype(np.float32)
        points = np.concatenate([self._positions, known], axis=-1, dtype=np.float32)[None]
        self._tell("points", lambda: self._points.set_data(points))

    def set_colours(self, colours: NDArray[np.floating]) -> None:
        """Colour every point: (J, 3) in [0, 1]; an item blends from one end's colour to the other's."""
        rgba = np.insert(colours, 3, 1.0, axis=-1).astype(np.float32)[None]
        self._tell("colours", lambda: self._colours.set_data(rgba))

    def set_light(self, ambient: float = 0.34, key: float = 0.6, fill: float = 0.16, gloss: float = 0.1) -> None:
        """Set the strengths of the lights (see `Pinhole`)."""
        self._tell("light", lambda: self.shared_program.__setitem__("u_look", (ambient, key, fill, gloss)))

    def _look_through(self, pinhole: Pinhole) -> None:
        super()._look_through(pinhole)
        program, self._eye = self.shared_program, pinhole.eye
        program["u_eye"], program["u_pixel"] = pinhole.eye, pinhole.pixel
        program["u_eye_clip"] = (np.append(pinhole.eye, 1.0) @ pinhole.matrix)[2:]
        program["u_key"], program["u_fill"] = pinhole.key, pinhole.fill

    def _prepare_draw(self, view: Visual) -> bool:
        super()._prepare_draw(view)
        away = self._positions[self._ends].mean(1) - self._eye
        self._draw_in(np.argsort(-(away * away).sum(-1)))  # far items first: an edge blends with what lies behind it
        return True


def point_texture(count: int) -> gloo.Texture2D:
    """Make four numbers for each point; a shader reads those of point j at ((j + 0.5) / count, 0.5)."""
    return gloo.Texture2D(
        np.zeros((1, count, 4), np.float32),
        interpolation="nearest",
        wrapping="clamp_to_edge",
        internalformat="rgba32f",
    )


Capsules = create_visual_node(CapsulesVisual)
