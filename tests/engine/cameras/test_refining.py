"""Cameras refined on a person, time offsets, people matched across views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig_fakes import ARMS, LEGS, person, ring, seen

from engine.cameras.bundle import Prior, adjust
from engine.cameras.matching import PeopleTracker, epipolar_distances, match_people
from engine.cameras.medians import median_of_known
from engine.cameras.refine import refine_cameras
from engine.cameras.rotation_vectors import matrix_of
from engine.cameras.synchrony import sharpened_offsets, shifted, time_offsets
from engine.errors import InputError


def disturbed(cameras, degrees=1.0, metres=0.03, seed=0):
    """Every camera turned and moved a little."""
    rng = np.random.default_rng(seed)
    found = []
    for camera in cameras:
        turn, step = rng.normal(size=3), rng.normal(size=3)
        turn *= np.radians(degrees) / np.linalg.norm(turn)
        centre = camera.centre + step * metres / np.linalg.norm(step)
        found.append(replace(camera, rotation=matrix_of(turn) @ camera.rotation, centre=centre))
    return tuple(found)


@pytest.fixture(scope="module")
def walk():
    return person()


def test_the_steps_of_bundle_adjustment_are_the_cost_s_slopes(walk):
    """On clean points the cost falls to nothing in a few rounds, which wrong derivatives would not do."""
    cameras = ring(4)
    points = walk[::12].reshape(-1, 3)
    pixels = np.stack([camera.project(points)[0] for camera in cameras])
    away = [replace(camera, focal=(camera.focal[0] * 1.01, camera.focal[1] * 1.01)) for camera in disturbed(cameras)]
    loose = [Prior(0, 0, 0), Prior(10, 10, 10), Prior(10, 10, 10), Prior(10, 10, 10)]
    away[0] = cameras[0]
    result = adjust(away, pixels, np.ones(pixels.shape[:2]), points.T + 0.01, prior=loose, width_px=1e4, rounds=25)
    assert result.costs[-1] < 1e-6 * result.costs[0]
    assert list(result.costs) == sorted(result.costs, reverse=True)
    np.testing.assert_array_equal(result.cameras[0].rotation, cameras[0].rotation)
    errors = np.stack([camera.project(result.points.T)[0] for camera in result.cameras]) - pixels
    assert np.abs(errors).max() < 0.5  # the lens is undone with the given focal length


def test_a_calibration_that_is_off_is_refined_on_the_person(walk):
    rng = np.random.default_rng(0)
    true = ring(4)
    given = disturbed(true)
    pixels = seen(true, walk) + rng.normal(0, 2, (len(walk), 4, 17, 2))
    for left, right in (*ARMS, *LEGS):
        pixels[10:30, 2, [left, right]] = pixels[10:30, 2, [right, left]]
    found = refine_cameras(given, pixels, np.ones(pixels.shape[:-1]), (ARMS, LEGS))
    before, after = found.before.view_errors(), found.after.view_errors()
    assert np.median(before) > 10 and after.max() < 3
    assert np.all(found.moved[:, 0] < 3) and np.all(found.moved[:, 1] < 0.15)
    # what the views share cannot be seen: joints are compared after a rigid move
    shape = found.after.points - found.after.points.mean((0, 1))
    wanted = walk - walk.mean((0, 1))
    u, _, vt = np.linalg.svd(shape.reshape(-1, 3).T @ wanted.reshape(-1, 3))
    assert np.linalg.norm(shape @ u @ vt - wanted, axis=-1).mean() < 0.02
    tight = refine_cameras(given, pixels, np.ones(pixels.shape[:-1]), (ARMS, LEGS), prior=Prior(1e-6, 1e-6))
    assert tight.moved.max() < 1e-3
    with pytest.raises(InputError, match="needs 10 or more"):
        refine_cameras(given, pixels[:1, :, :5], np.ones((1, 4, 5)))


def wave(times):
    """(T, 3, 3) Joints that speed up and slow down, seconds -> metres."""
    t = np.asarray(times)[:, None]
    phase = 2.1 * t + 1.7 * np.sin(1.3 * t) + 0.9 * np.sin(3.7 * t)
    across = 0.3 * np.cos(1.3 * phase + [0, 1, 2])
    return np.stack([0.4 * np.sin(phase + [0, 1, 2]), across, 1 + 0.4 * np.sin(0.7 * phase + [0, 2, 4])], -1)


def test_offsets_between_clocks_are_found():
    """Each camera is late by so many frames; a bump in one picture is looked for in the others."""
    cameras, rate = ring(4), 60.0
    late = np.array([0.0, 5.0, -3.0, 1.5]) / rate
    late -= late.mean()
    times = np.arange(300) / rate
    rng = np.random.default_rng(0)
    pixels = np.stack([c.project(wave(times + shift))[0] for c, shift in zip(cameras, -late, strict=True)], 1)
    pixels += rng.normal(0, 0.3, pixels.shape)
    trust = np.ones(pixels.shape[:-1])
    found = time_offsets(pixels, trust, rate)
    np.testing.assert_allclose(found.seconds, -late, atol=1.5 / rate)
    assert found.correlation.min() > 0.5
    sharp = sharpened_offsets(cameras, pixels, trust, rate, found.seconds)
    np.testing.assert_allclose(sharp.seconds, -late, atol=0.5 / rate)
    moved, sure = shifted(pixels, trust, -late, rate)
    true = np.stack([c.project(wave(times))[0] for c in cameras], 1)
    good = sure > 0
    assert np.linalg.norm((moved - true)[good], axis=-1).mean() < 1.5 and 0.9 < good.mean() < 1
    with pytest.raises(InputError, match="too few"):
        time_offsets(pixels[:10], trust[:10], rate)
    with pytest.raises(InputError, match="moves like no other"):
        time_offsets(np.where(np.arange(4)[:, None, None] == 2, rng.normal(0, 9, pixels.shape), pixels), trust, rate)


def crowd(walk, cameras, seed=0):
    """(T, V, D, J, 2) Two people, a metre apart, in any order of detections, with a stray one in the first view."""
    rng = np.random.default_rng(seed)
    people = [walk[:20] + [-0.5, 0, 0], walk[:20, :, [1, 0, 2]] * [1, -1, 1] + [0.6, 0.3, 0]]
    pixels = np.stack([seen(cameras, p) for p in people], 2) + rng.normal(0, 2, (20, len(cameras), 2, 17, 2))
    pixels = np.concatenate([pixels, rng.uniform(0, 1000, (20, len(cameras), 1, 17, 2))], 2)
    trust = np.ones(pixels.shape[:-1])
    trust[:, 1:, 2] = 0
    order = np.stack([[rng.permutation(3) for _ in cameras] for _ in range(20)])
    index = np.arange(20)[:, None, None], np.arange(len(cameras))[None, :, None], order
    return pixels[index], trust[index], order


def test_people_are_matched_across_views_and_keep_their_ids(walk):
    cameras = ring(4)
    pixels, trust, order = crowd(walk, cameras)
    tracker, owner = PeopleTracker(cameras), {}
    for frame in range(20):
        people = tracker.step(pixels[frame], trust[frame])
        assert len(people) == 2
        for key, person_seen in people.items():
            whose = {int(order[frame, view, detection]) for view, detection in person_seen.items()}
            assert len(whose) == 1 and len(person_seen) == 4
            assert owner.setdefault(key, whose) == whose
    assert match_people(cameras, pixels[0], np.zeros_like(trust[0])) == []


@pytest.mark.filterwarnings("ignore:All-NaN slice")
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_medians_of_what_is_known_are_numpys(axis):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(6, 7, 8))
    values[rng.random(values.shape) < 0.5] = np.nan
    values[:, 2, 3], values[1, :, 4], values[4, 5, 0] = np.nan, np.nan, np.inf
    np.testing.assert_array_equal(median_of_known(values, axis), np.nanmedian(values, axis))


def test_epipolar_distance_is_a_distance_from_a_line(walk):
    """Moved across its epipolar line by 10 px a joint is 5 px off on average of both; along it, nothing."""
    cameras = ring(2, lens=())
    points = seen(cameras, walk[:1])[0]
    common = np.ones((1, 1, 17), bool)
    assert epipolar_distances(cameras, 0, 1, points[:1], points[1:], common)[0, 0] < 1e-6
    middle = cameras[0].centre + (walk[0] - cameras[0].centre) * 1.2  # elsewhere on the same rays
    along = cameras[1].project(middle)[0]
    assert epipolar_distances(cameras, 0, 1, points[:1], along[None], common)[0, 0] < 1e-6
    assert not np.isfinite(epipolar_distances(cameras, 0, 1, points[:1], along[None], 0 * common)[0, 0])
