"""The painter against its own loops as they are written, and against the camera."""

from __future__ import annotations

import numpy as np

from engine.body.library import body
from engine.body.model import Body
from engine.body.paint import AMBIENT, LIGHT, Painter, fill
from engine.body.posed import PosedBody
from engine.cameras.pinhole import Camera, look_at
from engine.motion.generate.clips import clip_of


def camera(size: tuple[int, int] = (48, 64)) -> Camera:
    return look_at("test", np.array([0.0, -3.0, 1.0]), np.array([0.0, 0.0, 1.0]), image_size=size)


def triangles(*corners: np.ndarray) -> Body:
    """A body of single triangles, each (3, 3)."""
    from dataclasses import replace

    points = np.concatenate(corners)
    faces = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    weights = np.zeros((len(points), 24))
    weights[:, 15] = 1  # the head's: what else there is wears one colour
    return replace(body(), template=points, faces=faces, weights=weights)


def test_compiled_is_as_written() -> None:
    from engine.body.retarget.fit import fit

    person = PosedBody(body(), fit(clip_of("wave"), body()).pose)
    painter = Painter(body(), camera())
    found = painter.picture(person.vertices(10))
    painter._fill = fill
    assert np.abs(found.astype(int) - painter.picture(person.vertices(10))).max() <= 1
    assert (found != painter._room).any(-1).sum() > 200


def test_a_square_is_painted_where_it_is_and_shaded_by_its_turn() -> None:
    """A square that faces the camera, one metre wide: its pixels are those whose rays meet it."""
    low, right = np.array([-0.5, 0.0, 0.5]), np.array([0.5, 0.0, 0.5])
    up, last = np.array([-0.5, 0.0, 1.5]), np.array([0.5, 0.0, 1.5])
    seen = triangles(np.stack([low, right, last]), np.stack([low, last, up]))
    seer = camera((60, 60))
    painter = Painter(seen, seer)
    painter._colours = np.full((6, 3), 200, np.float32)
    found = painter.picture(seen.template.astype(np.float32))
    x, y = np.meshgrid(np.arange(60) + 0.5, np.arange(60) + 0.5)
    rays = seer.rays(np.stack([x, y], -1)) * 3.0
    inside = (np.abs(rays) < 0.5).all(-1)
    painted = (found != painter._room).any(-1)
    assert (painted ^ inside).sum() <= 4  # centres on the edges
    lit = AMBIENT + (1 - AMBIENT) * max(np.array([0.0, -1.0, 0.0]) @ LIGHT, 0.0)
    assert np.abs(found[painted & inside].astype(float) - 200 * lit).max() <= 1


def test_the_nearer_of_two_is_seen_and_no_back() -> None:
    corners = np.array([[-0.5, 0.0, 0.5], [0.5, 0.0, 0.5], [0.0, 0.0, 1.5]])
    seen = triangles(corners, corners + [0.0, -0.5, 0.0])
    for order in ([0, 1], [1, 0]):
        painter = Painter(seen, camera())
        painter._colours = np.repeat(np.array([[10, 10, 10], [250, 250, 250]], np.float32), 3, 0)
        painter._faces = painter._faces[order]
        middle = painter.picture(seen.template.astype(np.float32))[32, 24]
        assert (middle > 100).all()
    painter._faces = painter._faces[:, ::-1].copy()  # seen from behind
    assert (painter.picture(seen.template.astype(np.float32)) == painter._room).all()
    behind = seen.template + [0.0, -5.0, 0.0]
    painter._faces = painter._faces[:, ::-1].copy()
    assert (painter.picture(behind.astype(np.float32)) == painter._room).all()
