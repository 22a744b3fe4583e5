"""Head and neck: where the face looks, what a neck can do."""

import numpy as np
import pytest
from body_fakes import tube_body

from engine.body.retarget.head import NOD_RAD, place_head, place_neck
from engine.body.retarget.matrices import X, Z, about, angle_between
from engine.body.retarget.points import NAMES, at, rest_points
from engine.body.retarget.targets import Targets

CHEST, NECK, HEAD = (at(name) for name in ("spine3", "neck", "head"))


@pytest.fixture(scope="module")
def rest():
    points = rest_points(tube_body())
    points[at("nose")] = points[at("thorax")] + (0.0, -0.09, 0.10)
    points[at("head top")] = points[at("thorax")] + (0.0, -0.05, 0.22)
    return points


def looking(rest, head):
    """Targets of thorax, nose and head top with the head turned (T, 3, 3) about the thorax."""
    points = np.full((len(head), len(NAMES), 3), np.nan)
    for name in ("thorax", "nose", "head top"):
        points[:, at(name)] = rest[at("thorax")] + head @ (rest[at(name)] - rest[at("thorax")])
    return Targets(np.arange(len(head)) / 60, points)


def test_the_head_turns_as_the_nose_does(rest):
    angles = np.radians([-60.0, 0.0, 45.0])
    turned = np.tile(np.eye(3), (3, 24, 1, 1))
    place_head(turned, looking(rest, about(Z, angles)), rest)
    expected = about(Z, angles) @ about(X, NOD_RAD)
    assert np.degrees(angle_between(turned[:, HEAD], expected)).max() < 1e-4


def test_a_nose_on_the_line_to_the_crown_tells_no_turn(rest):
    flat = rest.copy()
    flat[at("nose")] = (flat[at("thorax")] + flat[at("head top")]) / 2
    turned = np.tile(about(Z, np.radians(50.0)), (1, 24, 1, 1))  # a chest that faces to the side
    place_head(turned, looking(flat, turned[:, CHEST]), flat)
    expected = turned[:, CHEST] @ about(X, NOD_RAD)
    assert np.degrees(angle_between(turned[:, HEAD], expected)).max() < 1e-4


def test_the_neck_goes_half_way_and_a_head_no_further_than_it_can():
    angles = np.radians([0.0, 40.0, -90.0, 119.0, 121.0, 179.0, 180.0])
    turned = np.tile(np.eye(3), (len(angles), 24, 1, 1))
    turned[:, HEAD] = about(Z, angles)
    place_neck(turned)
    head = np.degrees(angle_between(turned[:, HEAD], np.eye(3)))
    neck = np.degrees(angle_between(turned[:, NECK], np.eye(3)))
    assert np.allclose(head[:3], [0, 40, 90]) and np.allclose(neck, head / 2, atol=1e-6)
    assert head[3] > 50 and abs(head[3] - head[4]) < 6 and np.allclose(head[5:], 0, atol=1e-6)
