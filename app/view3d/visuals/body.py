"""One body, skinned on the graphics card: bone matrices in a small texture, four weights a vertex.

Pose directions are added on the CPU, for the vertices that they move. The CPU also finds the silhouette: along it lies
a fringe one pixel wide that fades out, which smooths the edges and costs far less than multisampling where a CPU draws.
The light is worked out at the vertices, which lie a few pixels apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from vispy import gloo
from vispy.visuals import Visual

from app.view3d.body_item import Style
from app.view3d.body_mesh import edges_of, normals_of
from app.view3d.coarse import Drawn, coarse_later, whole
from app.view3d.pinhole import Pinhole
from app.view3d.theme import Theme
from engine.body.model import Body
from engine.body.posed import Placement, PosedBody, skin_of

VERTEX = """
attribute vec3 a_rest;
attribute vec3 a_normal;
attribute vec4 a_bones;
attribute vec4 a_shares;
attribute vec3 a_colour;
attribute float a_rim;        // 1: the outer border of the fringe
uniform sampler2D u_bones;    // 24 x 3 rows of the bones' matrices
uniform mat4 u_matrix;
uniform vec3 u_eye;
uniform vec2 u_half_pixel;    // in clip coordinates
uniform vec3 u_key;           // directions to the lights
uniform vec3 u_fill;
uniform vec4 u_look;          // ambient, key, fill, gloss
uniform vec2 u_veil;          // opacity where the skin faces the viewer, and at its rim
uniform float u_rim;          // how light the rim is
varying vec4 v_colour;

vec4 row(float k) {
    vec4 x = (a_bones + 0.5) / 24.;
    float y = (k + 0.5) / 3.;
    return a_shares.x * texture2D(u_bones, vec2(x.x, y)) + a_shares.y * texture2D(u_bones, vec2(x.y, y))
         + a_shares.z * texture2D(u_bones, vec2(x.z, y)) + a_shares.w * texture2D(u_bones, vec2(x.w, y));
}

void main() {
    vec4 a = row(0.), b = row(1.), c = row(2.), rest = vec4(a_rest, 1.);
    vec3 place = vec3(dot(a, rest), dot(b, rest), dot(c, rest));
    vec3 normal = normalize(vec3(dot(a.xyz, a_normal), dot(b.xyz, a_normal), dot(c.xyz, a_normal)));
    vec3 d = normalize(place - u_eye);
    gl_Position = u_matrix * vec4(place, 1.);

    // Near the silhouette the skin gives way to the fringe by half a pixel, and the fringe reaches half a pixel beyond.
    float facing = -dot(normal, d);
    vec4 n = u_matrix * vec4(normal, 0.);
    vec2 outwards = n.xy - gl_Position.xy / gl_Position.w * n.w;
    outwards *= (2. * a_rim - 1.) * (1. - facing * facing) / max(length(outwards / u_half_pixel), 1e-6);
    gl_Position.xy += outwards * gl_Position.w;

    facing = max(facing, 0.);
    float key = 0.5 + 0.5 * dot(normal, u_key), fill = max(dot(normal, u_fill), 0.);
    float light = u_look.x + u_look.y * key * key + u_look.z * fill;
    float gloss = u_look.w * pow(max(dot(normal, normalize(u_key - d)), 0.), 28.);
    vec3 colour = a_colour * light * mix(u_rim, 1., smoothstep(0., 0.55, facing)) + gloss;
    v_colour = vec4(colour, (1. - a_rim) * mix(u_veil.x, u_veil.y, (1. - facing) * (1. - facing)));
}
"""

FRAGMENT = """
varying vec4 v_colour;
void main() {
    gl_FragColor = v_colour;
}
"""


class BodyVisual(Visual):
    """The mesh of one body. Changes reach the graphics card right before drawing (see `QuadsVisual`)."""

    def __init__(self, *, quick: bool = False) -> None:
        """quick: with fewer vertices, as soon as these have been chosen."""
        super().__init__(vcode=VERTEX, fcode=FRAGMENT)
        self._draw_mode = "triangles"
        self._untold: dict[str, Callable[[], object]] = {}
        self._index_buffer = gloo.IndexBuffer()  # everything: faces and fringe
        self._faces, self._wires = gloo.IndexBuffer(), gloo.IndexBuffer()
        self._rest, self._colours = gloo.VertexBuffer(), gloo.VertexBuffer()
        self._mesh = {name: gloo.VertexBuffer() for name in ("a_normal", "a_bones", "a_shares", "a_rim")}
        self._bones = gloo.Texture2D(
            np.zeros((3, 24, 4), np.float32),
            interpolation="nearest",
            wrapping="clamp_to_edge",
            internalformat="rgba32f",
        )
        program = self.shared_program
        program["u_bones"], program["a_rest"], program["a_colour"] = self._bones, self._rest, self._colours
        for name, buffer in self._mesh.items():
            program[name] = buffer
        self._quick = quick
        self._posed: PosedBody | None = None
        self._drawn: Drawn | None = None
        self._pinhole: Pinhole | None = None
        self.style: Style = "solid"
        self.set_gl_state("translucent", depth_test=True, cull_face=False)

    def set_body(self, posed: PosedBody) -> None:
        """Draw this body; give placement and colours next."""
        before, self._posed = self._posed, posed
        if before is None or before.body is not posed.body or not np.array_equal(before.rest, posed.rest):
            self._drawn = None

    def _take_mesh(self, posed: PosedBody) -> Drawn:
        """Choose the mesh that is drawn now."""
        drawn = whole(posed.body)
        if self._quick and (later := coarse_later(posed.body)).done():
            drawn = later.result()
        if self._drawn is not None and self._drawn.mesh is drawn.mesh:
            return self._drawn
        self._drawn = drawn
        self._single_rest = np.ascontiguousarray(posed.rest[drawn.kept], np.float32)

        def tell() -> None:
            skin, normals = skin_of(drawn.mesh), normals_of(posed.rest, posed.body.faces)[drawn.kept]
            for name, values in (("a_normal", normals), ("a_bones", skin.bones), ("a_shares", skin.shares)):
                self._mesh[name].set_data(twice(values))
            self._mesh["a_rim"].set_data(np.repeat(np.array([0, 1], np.float32), len(drawn.mesh)))
            self._colours.set_data(twice(self._every_colour[drawn.kept]))

        self._untold["mesh"] = tell
        return drawn

    def place(self, placement: Placement) -> None:
        """Move the bones."""
        assert self._posed is not None
        skin = skin_of(self._take_mesh(self._posed).mesh)
        rest = skin.corrected(self._single_rest, placement.features)
        self._vertices = skin.pose(rest, placement.transforms)
        self.middle = placement.joints[0]

        def tell() -> None:
            self._rest.set_data(twice(rest))
            self._bones.set_data(np.ascontiguousarray(placement.transforms.transpose(1, 0, 2), np.float32))

        self._untold["place"] = tell

    def colour(self, colours: NDArray[np.floating]) -> None:
        """Colour the skin: (3,) or each vertex (V, 3), in [0, 1]."""
        assert self._posed is not None
        self._every_colour = np.broadcast_to(colours, (len(self._posed.body), 3))

        def tell() -> None:
            assert self._drawn is not None
            self._colours.set_data(twice(self._every_colour[self._drawn.kept]))

        self._untold["colours"] = tell

    def look(self, theme: Theme, style: Style, veil: tuple[float, float]) -> None:
        """Be drawn and lit like this; opacity where the skin faces the viewer, and at its rim."""

        def tell() -> None:
            self.shared_program["u_look"] = (theme.ambient, theme.key, 0.16, 0.1)
            self.shared_program["u_veil"] = veil
            self.shared_program["u_rim"] = theme.veil_rim if veil[0] < 1 else 0.62

        self.style = style
        self._untold["look"] = tell

    def see(self, pinhole: Pinhole) -> None:
        """Be seen through this camera from now on."""

        def tell() -> None:
            program = self.shared_program
            program["u_matrix"], program["u_eye"] = pinhole.matrix, pinhole.eye
            program["u_half_pixel"] = pinhole.half_pixel
            program["u_key"], program["u_fill"] = pinhole.key, pinhole.fill

        self._pinhole = pinhole
        self._untold["camera"] = tell

    def draw(self) -> None:
        """Draw it. One that is not solid has nobody's depth but its own, and leaves none behind."""
        if not self._prepare_draw(self):
            return
        self._configure_gl_state()
        if self.style == "solid":
            self._program.draw("triangles", self._index_buffer)
            return
        gloo.set_state(color_mask=(False,) * 4, polygon_offset_fill=True, polygon_offset=(1.0, 1.0))
        self._program.draw("triangles", self._faces)  # so that only what is nearest is seen
        gloo.set_state(color_mask=(True,) * 4, polygon_offset_fill=False)
        if self.style == "wire":
            self._program.draw("lines", self._wires)
        else:
            self._program.draw("triangles", self._index_buffer)
        gloo.clear(color=False, depth=True)

    def _prepare_draw(self, view: Visual) -> bool:
        if self._drawn is None or self._pinhole is None:
            return False
        if {"mesh", "place", "camera", "look"} & self._untold.keys():
            self._choose(self._drawn.mesh, self._pinhole)
        for tell in self._untold.values():
            tell()
        self._untold.clear()
        return True

    def _choose(self, mesh: Body, pinhole: Pinhole) -> None:
        """Draw the faces that look at the viewer and, after them, the fringe of their silhouette; or their edges.

        Only buffers that are drawn get data: vispy keeps the commands of others.
        """
        matrix = pinhole.matrix[:, [0, 1, 3]].astype(np.float32)
        x, y, w = matrix[:3].T @ self._vertices.T + matrix[3][:, None]
        edges = edges_of(mesh)
        front, rim = edges.seen(np.stack([x / w, y / w]))
        faces = edges.faces.take(np.flatnonzero(front), axis=0).ravel()
        if self.style != "solid":
            self._faces.set_data(faces)
        if self.style == "wire":
            self._wires.set_data(edges.ends[edges.touch(front)].astype(np.uint32).ravel())
            return
        inner = rim.astype(np.uint32)
        corners = np.concatenate([inner, inner + np.uint32(len(mesh))], axis=1)
        self._index_buffer.set_data(np.concatenate([faces, corners.take((1, 0, 2, 1, 2, 3), axis=1).ravel()]))

    def _prepare_transforms(self, view: Visual) -> None:
        pass  # vispy's transforms are not used


def twice(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Repeat the values of all vertices for the fringe's outer border: (V, C) -> (2 V, C)."""
    return np.ascontiguousarray(np.concatenate([values, values]), np.float32)
