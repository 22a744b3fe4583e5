"""Calibration without a target: rigs found from a person who was rendered into known cameras."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rig_fakes import ARMS, LEGS, person, ring, seen

from engine.cameras.from_points import chained
from engine.cameras.rotation_vectors import angle_between
from engine.errors import InputError
from engine.motion.stature import stature
from engine.observation.rig_from_people import rig_from_people

NOISE_PX = 3.0
TIMES = np.arange(120) / 60


def lifted(cameras, walk, rng, error_m=0.065):
    """What lifting gives: the person in each camera's axes, of a wrong size, off by so much, mostly the same way."""
    poses = np.stack([camera.to_camera(walk) - camera.to_camera(walk[:, :1]) for camera in cameras])
    size, steady = rng.uniform(0.9, 1.1, (len(cameras), 1, 1, 1)), rng.normal(0, error_m / 2, (len(cameras), 1, 17, 3))
    return poses * size + steady + rng.normal(0, error_m / 2, poses.shape)


def relative(cameras):
    """Rotations against the first camera, and distances between all."""
    turns = [camera.rotation @ cameras[0].rotation.T for camera in cameras[1:]]
    centres = np.stack([camera.centre for camera in cameras])
    return turns, np.linalg.norm(centres[:, None] - centres, axis=-1)[np.triu_indices(len(cameras), 1)]


@pytest.mark.parametrize(("clip", "views"), [("walk", 4), ("walk", 2), ("squat", 3)])
def test_a_rig_is_found_from_a_person(clip, views):
    rng = np.random.default_rng(views)
    walk, cameras = person(clip, len(TIMES)), ring(4)[:views]
    pixels = seen(cameras, walk) + rng.normal(0, NOISE_PX, (len(walk), views, 17, 2))
    confidences = np.ones(pixels.shape[:-1])
    for left, right in (*ARMS, *LEGS) if views > 2 else ():
        pixels[20:35, 1, [left, right]] = pixels[20:35, 1, [right, left]]
    guesses = lifted(cameras, walk, rng)
    found = rig_from_people(cameras, pixels, confidences, guesses, TIMES, height_m=stature(walk))
    (turns, far), (true_turns, true_far) = relative(found.cameras), relative(cameras)
    assert max(angle_between(a, b) for a, b in zip(turns, true_turns, strict=True)) < 1.0
    np.testing.assert_allclose(far, true_far, rtol=0.03)
    for camera, true in zip(found.cameras, cameras, strict=True):
        up = np.degrees(np.arccos((camera.rotation @ [0, 0, 1.0]) @ (true.rotation @ [0, 0, 1.0])))
        assert up < 3.5  # the vertical is the person's own, who leans
        assert abs(camera.centre[2] - true.centre[2]) < 0.3
    ankles = found.positions[:, [3, 6], 2]
    assert 0.03 < np.nanquantile(ankles, 0.2) < 0.16 and found.error_px.max() < 2 * NOISE_PX
    start, _ = relative(chained(cameras, pixels, confidences, guesses))
    rough = [angle_between(a, b) for a, b in zip(start, true_turns, strict=True)]
    assert max(rough) > max(angle_between(a, b) for a, b in zip(turns, true_turns, strict=True))


def test_focal_lengths_that_are_hardly_known_are_found_too():
    rng = np.random.default_rng(0)
    walk, cameras = person("walk", len(TIMES)), ring(4, lens=())
    pixels = seen(cameras, walk) + rng.normal(0, 1, (len(walk), 4, 17, 2))
    shares = (1.06, 0.95, 1.04, 0.97)
    wrong = [replace(camera, focal=(camera.focal[0] * f,) * 2) for camera, f in zip(cameras, shares, strict=True)]
    guesses, height = lifted(cameras, walk, rng), stature(walk)
    trust = np.ones(pixels.shape[:-1])
    found = rig_from_people(wrong, pixels, trust, guesses, TIMES, height_m=height, focal_sd=0.1)
    ratios = np.array([a.focal[0] / b.focal[0] for a, b in zip(found.cameras, cameras, strict=True)])
    assert np.abs(ratios - 1).max() < 0.025


def test_what_cannot_be_calibrated():
    cameras, walk = ring(2), person("walk", len(TIMES))
    pixels, guesses = seen(cameras, walk), np.zeros((2, len(TIMES), 17, 3))
    nobody = np.zeros(pixels.shape[:-1])
    with pytest.raises(InputError, match="two cameras that see a person"):
        rig_from_people(cameras, pixels, nobody, guesses, TIMES, height_m=1.7)
    with pytest.raises(InputError, match="two cameras that see a person"):
        rig_from_people(cameras[:1], pixels[:, :1], 1 + nobody[:, :1], guesses[:1], TIMES, height_m=1.7)
