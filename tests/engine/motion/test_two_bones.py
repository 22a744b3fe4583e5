"""Two bones that reach for a place, against a search over the circle on which the elbow can lie."""

from __future__ import annotations

import numpy as np
import pytest

from engine.motion.rotations import rotate
from engine.motion.two_bones import arc, reach


def arms(count: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    shoulder = random.normal(size=(count, 3))
    elbow = shoulder + 0.3 * unit(random.normal(size=(count, 3)))
    return shoulder, elbow, elbow + 0.25 * unit(random.normal(size=(count, 3)))


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def within_reach(shoulder: np.ndarray, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return shoulder + random.uniform(0.06, 0.54, (len(shoulder), 1)) * unit(random.normal(size=shoulder.shape))


def test_the_wrist_is_there_and_the_bones_are_as_long_as_before() -> None:
    shoulder, elbow, wrist = arms()
    target = within_reach(shoulder)
    new_elbow, new_wrist = reach(shoulder, elbow, wrist, target)
    assert np.abs(new_wrist - target).max() < 1e-12
    assert np.linalg.norm(new_elbow - shoulder, axis=-1) == pytest.approx(0.3)
    assert np.linalg.norm(new_wrist - new_elbow, axis=-1) == pytest.approx(0.25)


def test_no_elbow_that_reaches_is_nearer_to_the_old_one() -> None:
    shoulder, elbow, wrist = arms()
    target = within_reach(shoulder)
    found, _ = reach(shoulder, elbow, wrist, target)
    for k in range(len(shoulder)):
        nearest = plain_elbow(shoulder[k], elbow[k], target[k], 0.3, 0.25)
        assert np.linalg.norm(found[k] - nearest) < 1e-4


def plain_elbow(shoulder: np.ndarray, elbow: np.ndarray, target: np.ndarray, upper: float, lower: float) -> np.ndarray:
    """The point nearest to the elbow on the circle in which two spheres meet, by trying all of it."""
    line = target - shoulder
    far = np.linalg.norm(line)
    angle = np.arccos((upper**2 + far**2 - lower**2) / (2 * upper * far))
    first = np.linalg.svd(line[None])[2][1]
    second = np.cross(line / far, first)
    round_about = np.linspace(0, 2 * np.pi, 100_001)[:, None]
    circle = shoulder + upper * (
        np.cos(angle) * line / far + np.sin(angle) * (np.cos(round_about) * first + np.sin(round_about) * second)
    )
    return circle[np.argmin(np.linalg.norm(circle - elbow, axis=-1))]


def test_an_arm_that_is_there_already_does_not_move() -> None:
    shoulder, elbow, wrist = arms()
    new_elbow, new_wrist = reach(shoulder, elbow, wrist, wrist)
    assert np.abs(new_elbow - elbow).max() < 1e-7 and np.abs(new_wrist - wrist).max() < 1e-12


@pytest.mark.parametrize(("far", "expected"), [(2.0, 0.55), (0.01, 0.05)])
def test_what_is_out_of_reach_is_pointed_at(far: float, expected: float) -> None:
    shoulder, elbow, wrist = arms()
    toward = unit(np.random.default_rng(3).normal(size=shoulder.shape))
    new_elbow, new_wrist = reach(shoulder, elbow, wrist, shoulder + far * toward)
    assert new_wrist == pytest.approx(shoulder + expected * toward)
    assert np.linalg.norm(new_wrist - new_elbow, axis=-1) == pytest.approx(0.25)


def test_a_straight_arm_can_bend_and_a_target_in_the_shoulder_is_no_fault() -> None:
    shoulder, elbow, wrist = np.zeros((1, 3)), np.array([[0.3, 0, 0]]), np.array([[0.55, 0, 0]])
    new_elbow, new_wrist = reach(shoulder, elbow, wrist, np.array([[0.4, 0, 0]]))
    assert new_wrist == pytest.approx(np.array([[0.4, 0, 0]])) and np.linalg.norm(new_elbow) == pytest.approx(0.3)
    assert np.isfinite(reach(shoulder, elbow, wrist, shoulder)).all()


def test_the_arc_between_directions_is_the_shortest() -> None:
    random = np.random.default_rng(2)
    start, end = random.normal(size=(2, 50, 3))
    found = arc(start, end)
    assert rotate(found, unit(start)) == pytest.approx(unit(end))
    angle = np.arccos(np.sum(unit(start) * unit(end), -1))
    assert 2 * np.arccos(found[:, 0]) == pytest.approx(angle)
    opposite = arc(start, -start)
    assert rotate(opposite, start) == pytest.approx(-start)
