"""A root that travels in another unit than the bones."""

import numpy as np
import pytest

from engine.motion.root_travel import FACTORS, height_factor, travel_factor, travel_note
from engine.motion.skeleton import H36M_17
from engine.paths import CLIPS

ANKLES = [H36M_17.index("left ankle"), H36M_17.index("right ankle")]


def clip(name: str) -> np.ndarray:
    with np.load(CLIPS / f"{name}.npz") as file:
        return file["positions"].astype(float)


def travelling(positions: np.ndarray, times_as_far: float) -> tuple[np.ndarray, np.ndarray]:
    root = positions[:, 0]
    moved = root * times_as_far
    return moved, positions[:, ANKLES] - root[:, None] + moved[:, None]


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIPS.glob("*.npz")))
def test_people_stand_on_their_feet(name):
    assert travel_note(*travelling(clip(name), 1.0)) == ""


@pytest.mark.parametrize("factor", FACTORS)
def test_another_unit_is_noticed(factor):
    root, ankles = travelling(clip("walk"), 1 / factor)
    assert travel_factor(root, ankles) == pytest.approx(factor, rel=0.3)
    assert f"multiplied by {factor:.4g}" in travel_note(root, ankles)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("name", ["sit", "wave"])
def test_a_height_in_another_unit_is_noticed_without_a_step(factor, name):
    root, ankles = travelling(clip(name), 1 / factor)
    assert height_factor(root, ankles) == pytest.approx(factor, rel=0.1)
    assert f"multiplied by {factor:.4g}" in travel_note(root, ankles)


def test_who_stands_still_says_nothing():
    assert travel_factor(np.zeros((20, 3)), np.zeros((20, 2, 3))) is None
    assert travel_factor(np.zeros((3, 3)), np.zeros((3, 2, 3))) is None
