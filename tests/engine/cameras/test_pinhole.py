"""Cameras: round trips, known projections, every lens model."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.cameras.lens import distort
from engine.cameras.pinhole import Camera, look_at
from engine.cameras.rig import CameraRig

BROWN = (-0.2, 0.15, 0.001, -0.002, 0.01)
RATIONAL = (*BROWN, 0.12, 0.02, -0.01)
LENSES = (BROWN[:4], BROWN, RATIONAL, (*RATIONAL, 0.01, -0.005, 0.004, 0.002), (*RATIONAL, 0, 0, 0, 0, 0.01, -0.02))


@pytest.mark.parametrize("coefficients", LENSES)
def test_projection_agrees_with_opencv(coefficients: tuple[float, ...]) -> None:
    camera = look_at("c", np.array([1.0, -3, 1.5]), np.array([0, 0, 1.0]), image_size=(1280, 720))
    camera = Camera("c", camera.rotation, camera.centre, (800.0, 820.0), (650.0, 350.0), (1280, 720), coefficients)
    points = np.random.default_rng(0).normal([0, 0, 1], 0.4, (50, 3))
    matrix = np.array([[800.0, 0, 650], [0, 820, 350], [0, 0, 1]])
    rotation_vector, _ = cv2.Rodrigues(camera.rotation)
    expected, _ = cv2.projectPoints(
        points, rotation_vector, -camera.rotation @ camera.centre, matrix, np.array(coefficients)
    )
    pixels, depth = camera.project(points)
    np.testing.assert_allclose(pixels, expected[:, 0], atol=1e-8)
    assert np.all(depth > 0)


@pytest.mark.parametrize("coefficients", LENSES)
def test_rays_undo_the_projection(coefficients: tuple[float, ...]) -> None:
    camera = Camera("c", np.eye(3), np.zeros(3), (800.0, 820.0), (650.0, 350.0), (1280, 720), coefficients)
    points = np.random.default_rng(0).normal([0, 0, 4], 0.5, (50, 3))
    np.testing.assert_allclose(camera.rays(camera.project(points)[0]), points[:, :2] / points[:, 2:], atol=1e-9)
    np.testing.assert_allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-12)


def test_no_distortion_is_the_identity() -> None:
    flat = np.random.default_rng(0).normal(size=(7, 2))
    np.testing.assert_array_equal(distort(flat, ()), flat)
    np.testing.assert_allclose(distort(flat, (0.0,) * 5), flat, atol=1e-15)


def test_look_at_is_level_right_handed_and_centred() -> None:
    camera = look_at("c", np.array([2.0, -3, 1.5]), np.array([0, 0, 1.0]))
    assert np.linalg.det(camera.rotation) == pytest.approx(1)
    np.testing.assert_allclose(camera.project(np.array([0, 0, 1.0]))[0], [500, 500], atol=1e-9)
    up, down = camera.project(np.array([[0, 0, 1.5], [0, 0, 0.5]]))[0]
    assert up[1] < 500 < down[1] and up[0] == pytest.approx(500)  # pixels: y down


def test_all_eight_coefficients_of_a_rational_lens_count() -> None:
    """By the formula as it is written (OpenCV, calib3d); without k4, k5 and k6 the picture is off by pixels."""
    x, y = 0.6, -0.4
    k1, k2, p1, p2, k3, k4, k5, k6 = RATIONAL
    r2 = x * x + y * y
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    expected = (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    )
    flat = np.array([x, y])
    np.testing.assert_allclose(distort(flat, RATIONAL), expected, atol=1e-12)
    assert 1000 * np.abs(distort(flat, BROWN) - expected).max() > 10


def test_no_lens_has_six_coefficients() -> None:
    with pytest.raises(ValueError, match="6 distortion coefficients"):
        Camera("c", np.eye(3), np.zeros(3), (800.0, 800.0), (640.0, 360.0), (1280, 720), (0.1,) * 6)


def test_cameras_of_a_rig_have_names_of_their_own() -> None:
    camera = look_at("c", np.array([1.0, -3, 1.5]), np.zeros(3))
    assert CameraRig((camera,))[0] is camera
    with pytest.raises(ValueError, match="one name"):
        CameraRig((camera, camera))
