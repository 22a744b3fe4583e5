"""Calibration from boards: rendered ones with known truth, and the real recording's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from board_fakes import Studio

from engine.cameras.board.board import Board, Corners, find_board
from engine.cameras.board.extrinsics import on_board, place_cameras
from engine.cameras.board.intrinsics import calibrate_lens
from engine.cameras.files import read_calibration
from engine.cameras.pinhole import Camera, look_at
from engine.cameras.rotation_vectors import angle_between, matrix_of
from engine.errors import InputError

REAL = Path(__file__).parents[4] / "shared/data/multiview/pose2sim_single/calibration"
CHECKER = Board(6, 4, 0.1)
CHARUCO = Board(6, 4, 0.1, "charuco")
FACING = np.diag([1.0, -1.0, -1.0])  # the board's x to the right and y down in a camera at the origin that looks up Z


def camera(name: str = "a", eye: tuple[float, float, float] = (0, -1.2, 0.9)) -> Camera:
    """640 x 480 with a lens that bends by some pixels, looking at a place where boards are."""
    found = look_at(name, np.array(eye, float), np.array([0, 0, 0.3]), fov_deg=45, image_size=(640, 480))
    lens = (-0.18, 0.08, 0.001, -0.0005)
    return replace(found, focal=(585.0, 592.0), principal=(327.0, 235.0), distortion=lens)


def poses(count: int, board: Board, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Places of the board around (0, 0, 0.3), tilted every way."""
    rng = np.random.default_rng(seed)
    centre = np.array([board.columns - 1, board.rows - 1, 0]) * board.square_m / 2
    found = []
    for _ in range(count):
        tilt = rng.normal(size=2)
        tilt *= rng.uniform(0.3, 0.6) / np.linalg.norm(tilt)
        turn = matrix_of(np.array([*tilt, rng.normal(0, 0.3)])) @ FACING
        found.append((turn, np.array([*rng.uniform(-0.15, 0.15, 2), 0.3 + rng.uniform(-0.1, 0.1)]) - turn @ centre))
    return found


@pytest.mark.parametrize("board", [CHECKER, CHARUCO])
def test_corners_are_where_they_were_drawn(board):
    seen = camera()
    turn, place = poses(1, board)[0]
    found = find_board(Studio(seen).picture(board, turn, place), board)
    assert found is not None and len(found.ids) == len(board.points)
    true = seen.project(board.points[found.ids] @ turn.T + place)[0]
    errors = np.linalg.norm(found.xy - true, axis=1)
    backwards = np.linalg.norm(found.xy - true[::-1], axis=1)  # a checkerboard may be read from its other end
    assert min(errors.mean(), backwards.mean() if board is CHECKER else np.inf) < 0.15
    assert find_board(np.full((480, 640), 128, np.uint8), board) is None


@pytest.mark.parametrize("board", [CHECKER, CHARUCO])
@pytest.mark.slow
def test_a_rendered_lens_is_found(board):
    true = camera()
    studio = Studio(true)
    found = [find_board(studio.picture(board, *pose), board) for pose in poses(12, board)]
    lens = calibrate_lens("a", board, [*found, None])
    assert lens.error_px < 0.2 and np.isnan(lens.errors_px[-1]) and not lens.used[-1]
    np.testing.assert_allclose(lens.camera.focal, true.focal, rtol=0.01)
    np.testing.assert_allclose(lens.camera.principal, true.principal, atol=5)
    assert lens.coverage.shape == (6, 8) and 0.3 < lens.covered < 1
    assert lens.coverage.sum() == sum(len(c.ids) for c, used in zip(found, lens.used[:-1], strict=True) if c and used)
    points = np.random.default_rng(0).uniform([-0.3, -0.3, 1], [0.3, 0.3, 1.2], (50, 3))
    moved = replace(true, rotation=np.eye(3), centre=np.zeros(3)).project(points)[0] - lens.camera.project(points)[0]
    assert np.linalg.norm(moved - moved.mean(0), axis=1).mean() < 1.5


@pytest.mark.slow
def test_a_rendered_rig_is_found():
    """Three cameras whose lenses are known, one board that is moved; then it lies on the floor."""
    cameras = [camera("a"), camera("b", (0.9, -0.9, 0.8)), camera("c", (-0.9, -0.9, 1.0))]
    studios = [Studio(c, seed) for seed, c in enumerate(cameras)]
    floor = (FACING, np.array([-0.25, 0.15, 0.0]))
    moments = []
    for number, pose in enumerate([*poses(7, CHARUCO, 1), floor]):
        seen = {v: find_board(studio.picture(CHARUCO, *pose), CHARUCO) for v, studio in enumerate(studios)}
        if number == 0:
            seen[2] = None  # one camera misses it
        moments.append({view: corners for view, corners in seen.items() if corners is not None})
    lenses = [replace(c, rotation=np.eye(3), centre=np.zeros(3)) for c in cameras]
    found = place_cameras(lenses, CHARUCO, moments)
    assert found.error_px < 0.3 and found.square_m == pytest.approx(0.1, rel=0.005)
    found = on_board(found, CHARUCO, moments[-1])
    for true, placed in zip(cameras, found.cameras, strict=True):
        np.testing.assert_allclose(placed.centre, true.centre - floor[1], atol=0.02)
        assert angle_between(placed.rotation, true.rotation) < 0.7
    with pytest.raises(InputError, match="b, c: saw the board at no moment"):
        place_cameras(lenses, CHARUCO, [{0: moments[1][0]}])


def test_a_checkerboard_may_be_counted_from_either_end():
    cameras = [camera("a"), camera("b", (0.9, -0.9, 0.8)), camera("c", (-0.9, -0.9, 1.0))]
    rng, moments, ids = np.random.default_rng(0), [], np.arange(24)
    for turn, place in poses(6, CHECKER, 2):
        points = CHECKER.points @ turn.T + place
        xy = [view.project(points)[0] + rng.normal(0, 0.1, (24, 2)) for view in cameras]
        moments.append({v: Corners(ids, seen[:: rng.choice([-1, 1])], (640, 480)) for v, seen in enumerate(xy)})
    found = place_cameras([replace(c, rotation=np.eye(3), centre=np.zeros(3)) for c in cameras], CHECKER, moments)
    assert found.error_px < 0.3 and found.square_m == pytest.approx(0.1, rel=0.005)
    for true, placed in zip(cameras, found.cameras, strict=True):
        assert angle_between(placed.rotation, true.rotation @ cameras[0].rotation.T) < 0.3


def test_a_wild_picture_is_left_out():
    true = camera()
    found = []
    for turn, place in poses(10, CHECKER):
        xy = true.project(CHECKER.points @ turn.T + place)[0]
        found.append(xy + np.random.default_rng(0).normal(0, 0.1, xy.shape))
    found[3] = found[3] + np.random.default_rng(1).normal(0, 15, found[3].shape)
    lens = calibrate_lens("a", CHECKER, [Corners(np.arange(24), xy, (640, 480)) for xy in found])
    assert lens.used.tolist() == [k != 3 for k in range(10)] and lens.error_px < 0.3


def test_what_a_person_can_do_wrong():
    with pytest.raises(InputError, match="found in 1 of 2 pictures"):
        turn, place = poses(1, CHECKER)[0]
        seen = find_board(Studio(camera()).picture(CHECKER, turn, place), CHECKER)
        calibrate_lens("a", CHECKER, [seen, None])
    with pytest.raises(InputError, match="inner corners"):
        Board(1, 5, 0.05)
    with pytest.raises(InputError, match="squares are 60 m"):
        Board(5, 4, 60)
    with pytest.raises(InputError, match="no markers 9X9"):
        find_board(np.zeros((48, 64), np.uint8), Board(5, 4, 0.05, "charuco", dictionary="9X9"))


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the four-camera recording in ../shared/data is not there")
def test_the_real_recording_s_lenses():
    """28 pictures of a checkerboard: within 0.5 px, and within 1 % of the file's focal lengths."""
    board = Board(4, 7, 0.06)
    for filed in read_calibration(REAL / "Calib.qca.txt").cameras:
        pictures = [cv2.imread(str(file), 0) for file in sorted((REAL / "intrinsics" / filed.name).glob("*.jpg"))]
        lens = calibrate_lens(filed.name, board, [find_board(picture, board) for picture in pictures])
        assert lens.used.sum() >= 5 and lens.error_px < 0.5
        np.testing.assert_allclose(lens.camera.focal, filed.focal, rtol=0.01)
        np.testing.assert_allclose(lens.camera.distortion[:2], filed.distortion[:2], atol=0.06)
