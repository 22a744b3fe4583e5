"""The bake's own geometry against known answers and plain references."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engine.body.bake.__main__ import main
from engine.body.bake.closest import closest
from engine.body.bake.crossings import crossings, pierced
from engine.body.bake.laplacian import averages, laplacian
from engine.body.bake.poses import POSES, poses
from engine.body.bake.rig import AT, MOVES
from engine.body.bake.shape_space import coefficients, principal
from engine.body.bake.tpose import minimal, twist
from engine.body.bake.weights import four_strongest
from engine.motion.rotations import quat_to_axis_angle
from engine.motion.skeleton import SMPL_24

CORNERS = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])
CUBE = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
                 [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])  # fmt: skip


def grid(n):
    """A flat sheet of (n, n) vertices, 1 apart."""
    vertices = np.array([[x, y, 0.0] for x in range(n) for y in range(n)])
    corner = np.array([x * n + y for x in range(n - 1) for y in range(n - 1)])
    return vertices, np.concatenate([corner[:, None] + [0, n, n + 1], corner[:, None] + [0, n + 1, 1]])


@pytest.mark.slow
def test_crossings_are_those_found_by_trying_every_pair():
    random = np.random.default_rng(0)
    vertices = random.uniform(0, 1, (70, 1, 3)) + random.normal(0, random.uniform(0.02, 0.4, (70, 1, 1)), (70, 3, 3))
    vertices, faces = vertices.reshape(-1, 3), np.arange(210).reshape(-1, 3)
    corners, found = vertices[faces], set()
    for a in range(len(faces)):
        for b in range(a):
            if any(pierced(corners[[p], k], corners[[p], (k + 1) % 3], corners[[q]])[0]
                   for p, q in ((a, b), (b, a)) for k in range(3)):  # fmt: skip
                found.add((b, a))
    assert {tuple(sorted(pair)) for pair in crossings(vertices, faces).tolist()} == found and len(found) > 50


def test_cubes_that_overlap_cross_and_others_do_not():
    faces = np.concatenate([CUBE, CUBE + 8])
    assert not len(crossings(np.concatenate([CORNERS, CORNERS + 1.01]), faces))
    assert len(crossings(np.concatenate([CORNERS, CORNERS + [0.51, 0.52, 0.53]]), faces)) >= 6


def test_nearest_points_of_a_cube():
    points = np.random.default_rng(1).uniform(-1, 2, (300, 3))
    points = points[(np.abs(points - 0.5) > 0.5).any(1)]  # outside, the nearest point is the clipped one
    rows = closest(CORNERS, CUBE, points)
    assert np.allclose(rows @ CORNERS, np.clip(points, 0, 1), atol=1e-12)
    assert np.allclose(rows.sum(1), 1) and rows.min() >= -1e-12


def test_a_flat_sheet_has_no_curvature():
    vertices, faces = grid(7)
    stiffness, area = laplacian(vertices, faces)
    inside = ((vertices[:, :2] > 0) & (vertices[:, :2] < 6)).all(1)
    assert np.allclose((stiffness @ vertices)[inside], 0, atol=1e-12)
    assert area.sum() == pytest.approx(36)
    assert np.allclose(averages(faces, len(vertices)).sum(1), 1)


def test_smallest_rotations_and_twists():
    random = np.random.default_rng(2)
    for a, b in random.normal(size=(20, 2, 3)):
        turn = minimal(a, b)
        assert np.allclose(turn @ a / np.linalg.norm(a), b / np.linalg.norm(b))
        between = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        assert np.linalg.norm(Rotation.from_matrix(turn).as_rotvec()) == pytest.approx(between)
    for angle in (-2.0, 0.3, 1.5):
        swing, turn = Rotation.from_rotvec([0, 0.4, -0.7]), Rotation.from_rotvec([angle, 0, 0])
        assert twist((swing * turn).as_matrix(), np.array([1.0, 0, 0])) == pytest.approx(angle)


def test_principal_directions_are_those_that_people_were_made_from():
    random = np.random.default_rng(3)
    directions = np.linalg.qr(random.normal(size=(60, 2)))[0].T.reshape(2, 20, 3)
    amounts = random.normal(size=(50, 2)) * [3.0, 1.0]
    people = random.normal(size=(20, 3)) + np.tensordot(amounts, directions, 1)
    mean, found = principal(people, 2)
    again = mean + np.tensordot(coefficients(mean, found, people), found, (1, 2))
    assert np.allclose(again, people)
    sizes = np.linalg.norm(found.reshape(-1, 2), axis=0)
    assert sizes[0] == pytest.approx(amounts[:, 0].std(), rel=0.1) and sizes[0] > sizes[1]


def test_four_weights_are_kept_and_a_tie_for_the_fourth_place_is_not():
    weights = np.zeros((2, 24))
    weights[0, :5] = 0.4, 0.3, 0.15, 0.1, 0.05
    weights[1, :5] = 0.4, 0.3, 0.1, 0.1, 0.1
    kept, lost = four_strongest(weights)
    assert np.allclose(kept[0, :5], np.array([0.4, 0.3, 0.15, 0.1, 0]) / 0.95)
    assert np.allclose(kept[1, :5], np.array([0.4, 0.3, 0, 0, 0]) / 0.7)
    assert lost == pytest.approx(0.3)


def test_every_joint_has_its_bones():
    bare = {name.split()[-1] for name in SMPL_24.names}
    assert set(MOVES) == set(AT) == bare


def test_the_poses_are_mirrored_and_turn_as_named():
    pose = poses("kinestate")
    assert len(pose) == len(POSES) == 20
    vectors = np.degrees(quat_to_axis_angle(pose.rotations))
    elbows = vectors[list(POSES).index("elbows 130")]
    assert np.allclose(elbows[SMPL_24.index("left elbow")], [0, 0, -130])  # about the body's upward axis, hands to -Y
    assert np.allclose(elbows[SMPL_24.index("right elbow")], [0, 0, 130])
    standing = vectors[list(POSES).index("standing")]
    assert np.allclose(standing[SMPL_24.index("left shoulder")], [0, 72, 0])  # arms down


def test_it_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "anny", None)
    assert main([str(tmp_path)]) == 2
    assert "kinestate[bake]" in capsys.readouterr().err and not list(tmp_path.iterdir())
    assert main([]) == 2 and main([str(tmp_path / "absent")]) == 2


def test_a_decimated_mesh_keeps_its_symmetry():
    pytest.importorskip("fast_simplification", reason="the packages of the extra bake are not installed")
    from engine.body.bake.decimate import decimated
    from engine.body.bake.mirror import mirror_of

    angles, rings = np.linspace(0, 2 * np.pi, 64, endpoint=False), np.linspace(0, np.pi, 33)[1:-1]
    body = [[np.sin(r) * np.sin(a), np.cos(r), 0.5 * np.sin(r) * np.cos(a)] for r in rings for a in angles]
    vertices = np.round(np.array([*body, [0, 1, 0], [0, -1, 0]]), 12)
    at = np.arange(len(body)).reshape(-1, 64)
    upper, lower, following = at[:-1].ravel(), at[1:].ravel(), np.roll(at, -1, 1)
    sides = np.concatenate([np.stack([upper, lower, following[1:].ravel()], 1),
                            np.stack([upper, following[1:].ravel(), following[:-1].ravel()], 1)])  # fmt: skip
    caps = np.concatenate([np.stack([at[0], following[0], np.full(64, len(body))], 1),
                           np.stack([following[-1], at[-1], np.full(64, len(body) + 1)], 1)])  # fmt: skip
    left = vertices[np.concatenate([sides, caps])].mean(1)[:, 0] > 0
    half = np.concatenate([sides, caps])[left]
    faces = np.concatenate([half, mirror_of(vertices)[half][:, ::-1]])
    small, triangles, rows = decimated(vertices, faces, 1000)
    assert 900 <= len(triangles) <= 1100
    mirror_of(small, within=1e-12)
    assert np.linalg.norm(rows @ vertices - small, axis=1).max() < 0.02 and np.allclose(rows.sum(1), 1)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
