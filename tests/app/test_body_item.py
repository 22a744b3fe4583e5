"""Bodies as items of the 3D view: what they answer for a moment, how they are picked, who becomes one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from window_fakes import REST

from app.view3d.body_item import BodyItem, figures
from app.view3d.body_mesh import edges_of, normals_of
from app.view3d.items import SkeletonItem, one_view_each, pick
from app.view3d.legend import named
from engine.body import library
from engine.body.posed import PosedBody
from engine.body.skinning import posed_vertices
from engine.cameras.pinhole import look_at
from engine.motion.skeleton import H36M_17

BODY = tube_body()
POSE = replace(random_pose(30, amount=0.3), shape=np.zeros(10))
POSED = PosedBody(BODY, POSE)
PERSON = SkeletonItem("truth", "Truth", H36M_17, POSE.times, np.tile(REST, (30, 1, 1)))


@pytest.fixture(autouse=True)
def tubes(monkeypatch):
    monkeypatch.setattr(library, "_added", {})
    library.add(BODY)


def test_each_pose_is_held_until_the_next():
    item = BodyItem("b", "B", POSED)
    for seconds, frame in ((-1.0, 0), (0.0, 0), (0.9 / 60, 0), (1 / 60, 1), (29 / 60, 29), (9.0, 29)):
        assert np.array_equal(item.at(seconds).joints, POSED.at(frame).joints)
    assert not BodyItem("b", "B", PosedBody(BODY, POSE.take(slice(0, 0)))).shown


def test_a_body_that_stands_aside_shares_its_motion():
    item = BodyItem("b", "B", POSED)
    aside = item.moved((0.5, 0.0, 0.0)).moved((0.25, -1.0, 0.0))
    assert aside.posed is item.posed
    shift = (0.75, -1.0, 0.0)
    for moved, still in (
        (aside.at(0.1).joints, item.at(0.1).joints),
        (aside.pickable(0.1), item.pickable(0.1)),
        (aside.extent().points, item.extent().points),
        (aside.path().points, item.path().points),
    ):
        assert moved == pytest.approx(still + shift)


def test_the_extent_reaches_as_far_as_the_skin():
    tips = BodyItem("b", "B", POSED).extent().points
    for points, vertices in zip(tips[::7], posed_vertices(BODY, POSE)[::7], strict=True):
        assert np.abs(points.min(0) - vertices.min(0)).max() < 0.1
        assert np.abs(points.max(0) - vertices.max(0)).max() < 0.1


def test_an_extent_is_a_sample_of_the_whole_time_however_long():
    long = BodyItem("b", "B", PosedBody(BODY, replace(random_pose(5000), shape=np.zeros(10))))
    times, points = long.extent()
    assert len(times) == len(points) <= 400 and times[-1] > 0.98 * 4999 / 60


def test_the_skin_has_the_colours_of_its_frame():
    item = BodyItem("b", "B", POSED, skin_colours=lambda frame: np.full((len(BODY), 3), frame / 100))
    assert item.colours_at(7 / 60)[0, 0] == 0.07
    assert BodyItem("b", "B", POSED).colours_at(0.0) is None


def test_who_has_no_body_is_a_skeleton():
    for figure in ("skeleton", "body", "both"):
        assert figures(PERSON, None, figure, "solid") == [PERSON]
    assert figures(PERSON, POSE, "skeleton", "solid") == [PERSON]


def test_a_body_takes_the_skeletons_place_name_and_joints():
    (body,) = figures(PERSON.moved((1.0, 0.0, 0.0)), POSE, "body", "wire")
    assert isinstance(body, BodyItem)
    assert (body.key, body.label, body.colour, body.style) == ("truth", "Truth", None, "wire")
    assert body.pickable(0.2) == pytest.approx(PERSON.at(0.2) + (1.0, 0.0, 0.0))
    camera = look_at("c", np.array([1.0, -4.0, 1.0]), np.array([1.0, 0.0, 1.0]), fov_deg=40, image_size=(320, 240))
    x, y = camera.project(body.pickable(0.2)[13])[0]
    assert pick([body], 0.2, camera, (x, y)) == ("truth", 13)


def test_a_skeleton_in_a_body_can_be_seen():
    body, person = figures(PERSON, POSE, "both", "solid")
    assert person is PERSON and body.style == "translucent"
    assert figures(PERSON, POSE, "both", "wire")[0].style == "wire"


def test_skeleton_and_body_of_one_are_one_person():
    truth = figures(PERSON, POSE, "both", "ghost")
    models = [
        figures(replace(PERSON, key=key, colour=colour), POSE, "both", "solid")
        for key, colour in (("a", "#d55e00"), ("b", "#56b4e9"))
    ]
    views = one_view_each([*truth, *models[0], *models[1]])
    assert views == [[*truth, *models[0]], [*truth, *models[1]]]
    assert [[item.key for item in line] for line in named(views)] == [["a", "truth"], ["b"]]


def test_edges_lie_between_two_faces_or_at_a_border():
    edges = edges_of(BODY)
    corners = [set(face) for face in BODY.faces.tolist()]
    for (a, b), (one, other) in list(zip(edges.ends.tolist(), edges.sides.tolist(), strict=True))[::37]:
        assert {a, b} <= corners[one]
        assert other == len(corners) or ({a, b} <= corners[other] and other != one)
    assert 2 * len(edges.ends) - (edges.sides[:, 1] == len(corners)).sum() == 3 * len(corners)


def test_the_silhouette_goes_once_around_what_is_seen():
    places = BODY.template[:, [0, 2]].T.astype(np.float32)  # from the front
    front, rim = edges_of(BODY).seen(places)
    (ax, ay), (bx, by), (cx, cy) = (places[:, BODY.faces[:, k]] for k in range(3))
    area = ((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    assert np.array_equal(front, area > 0)
    (x0, y0), (x1, y1) = places[:, rim[:, 0]], places[:, rim[:, 1]]
    assert ((x0 * y1 - x1 * y0) / 2).sum() == pytest.approx(area[front].sum(), rel=1e-4)  # the body on its left


def test_normals_point_away_from_a_tubes_axis():
    normals = normals_of(BODY.template, BODY.faces)
    assert np.linalg.norm(normals, axis=-1) == pytest.approx(np.ones(len(BODY)))
    start = 11 * 288  # of some tube: 12 rings of 24
    middle = BODY.template[start + 120 : start + 144]
    outwards = (middle - middle.mean(0)) / np.linalg.norm(middle - middle.mean(0), axis=-1, keepdims=True)
    assert (normals[start + 120 : start + 144] * outwards).sum(-1) == pytest.approx(np.ones(24), abs=0.02)
