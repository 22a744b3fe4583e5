"""Cameras: round trips, known projections, presets that see the person from where they say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cameras.pinhole import Camera, distort, look_at
from engine.motion.heading import heading
from engine.observation.virtual_camera import CAMERA_PRESETS, preset_camera

DISTORTION = (-0.2, 0.15, 0.001, -0.002, 0.01)


def person(turned: float = 0.0, path: float = 0.0) -> np.ndarray:
    """An upright H36M-17 stick figure facing -Y turned counter-clockwise (seen from above), (T, 17, 3)."""
    rest = np.zeros((17, 3))
    rest[:, 2] = [1, 1, 0.55, 0.1, 1, 0.55, 0.1, 1.2, 1.45, 1.55, 1.7, 1.4, 1.1, 0.9, 1.4, 1.1, 0.9]
    rest[[1, 2, 3, 14, 15, 16], 0] = -0.15
    rest[[4, 5, 6, 11, 12, 13], 0] = 0.15
    c, s = np.cos(turned), np.sin(turned)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return rest @ turn.T + np.linspace([0, 0, 0], [0, -path, 0], 50)[:, None]


def test_projection_agrees_with_opencv() -> None:
    camera = look_at("c", np.array([1.0, -3, 1.5]), np.array([0, 0, 1.0]), image_size=(1280, 720))
    camera = Camera("c", camera.rotation, camera.centre, (800.0, 820.0), (650.0, 350.0), (1280, 720), DISTORTION)
    points = np.random.default_rng(0).normal([0, 0, 1], 0.4, (50, 3))
    matrix = np.array([[800.0, 0, 650], [0, 820, 350], [0, 0, 1]])
    rotation_vector, _ = cv2.Rodrigues(camera.rotation)
    expected, _ = cv2.projectPoints(
        points, rotation_vector, -camera.rotation @ camera.centre, matrix, np.array(DISTORTION)
    )
    pixels, depth = camera.project(points)
    np.testing.assert_allclose(pixels, expected[:, 0], atol=1e-8)
    assert np.all(depth > 0)


def test_rays_undo_the_projection() -> None:
    camera = Camera("c", np.eye(3), np.zeros(3), (800.0, 820.0), (650.0, 350.0), (1280, 720), DISTORTION)
    points = np.random.default_rng(0).normal([0, 0, 4], 0.5, (50, 3))
    np.testing.assert_allclose(camera.rays(camera.project(points)[0]), points[:, :2] / points[:, 2:], atol=1e-9)
    np.testing.assert_allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-12)


def test_no_distortion_is_the_identity() -> None:
    flat = np.random.default_rng(0).normal(size=(7, 2))
    np.testing.assert_array_equal(distort(flat, (0.0,)), flat)


def test_look_at_is_level_right_handed_and_centred() -> None:
    camera = look_at("c", np.array([2.0, -3, 1.5]), np.array([0, 0, 1.0]))
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    np.testing.assert_allclose(camera.project(np.array([0, 0, 1.0]))[0], [500, 500], atol=1e-9)
    up, down = camera.project(np.array([[0, 0, 1.5], [0, 0, 0.5]]))[0]
    assert up[1] < 500 < down[1] and up[0] == pytest.approx(500)  # pixels: y down


@given(st.floats(-np.pi, np.pi))
def test_heading(turned: float) -> None:
    difference = heading(person(turned)) - turned
    assert abs(np.angle(np.exp(1j * difference))) < 1e-9


@pytest.mark.parametrize("turned", [0.0, 1.0, -2.5])
@pytest.mark.parametrize("path", [0.0, 6.0])
@pytest.mark.parametrize("preset", CAMERA_PRESETS)
def test_presets_see_everything_from_the_named_side(preset: str, turned: float, path: float) -> None:
    positions = person(turned, path)
    pixels, depth = preset_camera(preset, positions).project(positions)
    assert np.all(depth > 0) and np.all((pixels > 0) & (pixels < 1000))
    if path == 0 and preset in ("front", "back", "left"):
        hips = preset_camera(preset, positions).to_camera(positions)[0, [1, 4]]  # right, left
        if preset == "front":
            assert hips[0, 0] < hips[1, 0]  # face to face, their right is on the picture's left
        elif preset == "back":
            assert hips[0, 0] > hips[1, 0]
        else:
            assert hips[1, 2] < hips[0, 2]  # the left hip is nearer
