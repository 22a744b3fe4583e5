"""The turntable: where it stands, what it shows, and that it is the same camera as the engine's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.view3d.camera_rig import PRESETS, FollowPath, Orbit, canvas_matrix, fitted_to, follow_path
from engine.cameras.pinhole import Camera, look_at

SIZE = (1280, 720)
RNG = np.random.default_rng(0)
POINTS = RNG.uniform((-1, -1, 0), (1, 1, 1.8), (200, 3))


def orbits() -> list[Orbit]:
    return [
        Orbit(azimuth=a, elevation=e, distance=d, target=(0.3, -0.2, 0.8))
        for a in (-2.5, 0.0, 0.7, 3.0)
        for e in (-0.4, 0.1, 1.2)
        for d in (1.0, 5.0)
    ]


@pytest.mark.parametrize("orbit", orbits())
def test_the_camera_looks_at_the_target_from_the_distance(orbit):
    camera = orbit.camera(SIZE)
    pixel, depth = camera.project(np.array(orbit.target))
    assert depth == pytest.approx(orbit.distance)
    assert pixel == pytest.approx((640, 360))
    assert camera.rotation @ camera.rotation.T == pytest.approx(np.eye(3))
    assert np.linalg.det(camera.rotation) == pytest.approx(1.0)
    same = look_at("same", camera.centre, np.array(orbit.target))
    assert camera.rotation == pytest.approx(same.rotation)


@pytest.mark.parametrize("orbit", orbits())
def test_orbit_to_camera_and_back(orbit):
    back = Orbit.from_camera(orbit.camera(SIZE), np.array(orbit.target))
    for name in ("azimuth", "elevation", "distance", "fov"):
        assert getattr(back, name) == pytest.approx(getattr(orbit, name)), name
    assert back.target == pytest.approx(orbit.target)


def test_from_a_camera_that_looks_straight_down():
    orbit = Orbit(azimuth=0.6, elevation=np.pi / 2, distance=3.0)
    back = Orbit.from_camera(orbit.camera(SIZE), np.array(orbit.target))
    assert back.rotation == pytest.approx(orbit.rotation, abs=1e-6)


def test_presets_show_the_named_side():
    left, nose, head = np.array([0.2, 0, 1]), np.array([0, -0.2, 1.5]), np.array([0, 0, 1.7])
    views = {name: Orbit(target=(0, 0, 1.0)).preset(name).camera(SIZE) for name in PRESETS}
    centre, _ = views["front"].project(np.array([0.0, 0, 1]))
    assert views["front"].project(left)[0][0] > centre[0]  # facing us, their left is on our right
    assert views["side"].project(nose)[0][0] < centre[0]
    assert views["front"].project(head)[0][1] < centre[1]
    assert views["top"].project(nose)[0][1] > centre[1]  # facing down the picture
    assert views["top"].project(head)[1] < views["top"].project(np.zeros(3))[1]


@pytest.mark.parametrize("size", [(1280, 720), (500, 900), (400, 400)])
@pytest.mark.parametrize("preset", PRESETS)
def test_fit_shows_everything_and_not_from_too_far(size, preset):
    orbit = Orbit().preset(preset).fit(POINTS, size)
    pixels, depth = orbit.camera(size).project(POINTS)
    assert (depth > 0).all()
    inside = np.abs(2 * pixels / np.array(size) - 1).max(0)
    assert inside.max() <= 1.0
    assert inside.max() > 0.75


@pytest.mark.parametrize("size", [(1280, 720), (500, 900)])
@pytest.mark.parametrize("preset", PRESETS)
def test_fit_leaves_room_above_and_wastes_none_below(size, preset):
    plain, orbit = Orbit().preset(preset).fit(POINTS, size), Orbit().preset(preset).fit(POINTS, size, head=200)
    pixels, _ = orbit.camera(size).project(POINTS)
    assert (pixels >= (0, 200)).all() and (pixels <= size).all()
    filled = np.ptp(pixels, axis=0) / (size[0], size[1] - 200)
    assert filled.max() > 0.75
    assert orbit.distance >= plain.distance - 1e-9


def test_fit_leaves_out_what_is_not_known():
    points = np.concatenate([POINTS, [[np.nan, 0, 0]]])
    assert Orbit().fit(points, SIZE) == Orbit().fit(POINTS, SIZE)
    assert Orbit().fit(np.full((3, 3), np.nan), SIZE) == Orbit()


def test_panning_keeps_the_target_below_the_pointer():
    orbit = Orbit()
    pixel, _ = orbit.panned((40.0, -25.0), SIZE).camera(SIZE).project(np.array(orbit.target))
    assert pixel == pytest.approx((640 + 40, 360 - 25))


def test_turning_and_zooming_stay_in_bounds():
    orbit = Orbit().turned(100.0, 5.0)
    assert -np.pi <= orbit.azimuth <= np.pi and orbit.elevation == pytest.approx(np.pi / 2)
    assert Orbit().zoomed(1e-9).distance > 0.1
    assert Orbit().zoomed(1e9).distance < 1e3


@pytest.mark.parametrize("size", [(1280, 720), (300, 800)])
def test_canvas_matrix_projects_as_the_camera_does(size):
    camera = replace(Orbit().camera(SIZE), principal=(600.0, 400.0))
    points = np.concatenate([POINTS, np.ones((len(POINTS), 1))], axis=1)
    x, y, z, w = canvas_matrix(camera) @ points.T
    pixels, depth = camera.project(POINTS)
    assert np.stack([x / w, y / w], -1) == pytest.approx(pixels)
    assert w == pytest.approx(depth)
    assert (np.abs(z / w) <= 1).all()
    nearer = np.argsort(depth)
    assert (np.diff((z / w)[nearer]) >= 0).all()


def test_fitted_to_shows_all_of_the_picture_in_the_middle():
    camera = Camera("c", np.eye(3), np.zeros(3), (800.0, 820.0), (510.0, 490.0), (1000, 1000))
    fitted = fitted_to(camera, (1280, 720))
    corners = np.array([[0.0, 0.0], [1000.0, 1000.0]])
    rays = np.concatenate([camera.rays(corners), np.ones((2, 1))], axis=1)
    assert fitted.project(rays)[0] == pytest.approx(np.array([[280.0, 0.0], [1000.0, 720.0]]))


def test_follow_path_tracks_without_bobbing_or_swaying():
    times = np.arange(300) / 60
    sway, bob = 0.04 * np.sin(2 * np.pi * 1.8 * times), 0.05 * np.sin(2 * np.pi * 3.6 * times)
    root = np.stack([1.2 * times, sway, 0.95 + bob], axis=-1)
    root[100:105] = np.nan
    path = follow_path(times, root).at(times)
    assert np.isfinite(path).all()
    assert np.nanmax(np.abs(path[:, 0] - root[:, 0])) < 0.02
    assert np.abs(path[:, 1]).max() < 0.3 * np.abs(sway).max()
    assert (path[:, 2] == 0).all()


def test_follow_path_of_a_single_frame_and_of_nobody():
    assert follow_path(np.zeros(1), np.array([[1.0, 2.0, 3.0]])).at(5.0) == pytest.approx(np.array([1.0, 2.0, 0.0]))
    assert (follow_path(np.arange(4) / 60, np.full((4, 3), np.nan)).at(np.arange(4) / 60) == 0).all()


def test_a_followed_path_does_not_depend_on_when_it_was_sampled():
    def root(times):
        return np.stack([1.2 * times, 0.3 * np.sin(times), np.ones_like(times)], axis=-1)

    moments = np.linspace(0.5, 9.5, 91)
    even, slow = np.arange(601) / 60, np.arange(76) / 7.5
    uneven = np.sort(np.append(np.random.default_rng(0).choice(even[1:-1], 300, replace=False), (0.0, 10.0)))
    paths = [follow_path(times, root(times)).at(moments) for times in (even, slow, uneven)]
    for path in paths[1:]:
        assert np.abs(path - paths[0]).max() < 0.02


def test_between_two_points_a_path_is_straight_and_it_stands_at_its_ends():
    path = FollowPath(np.array([[0.0, 0.0, 0.0], [2.0, 4.0, 0.0]]), start=1.0, hz=2.0)
    assert path.at(1.25) == pytest.approx((1.0, 2.0, 0.0))
    assert path.at(np.array([0.0, 1.0, 1.5, 9.0]))[:, 0] == pytest.approx((0.0, 0.0, 2.0, 2.0))
