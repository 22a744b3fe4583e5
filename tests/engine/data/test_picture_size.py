"""The picture's size is guessed from where the person is in it."""

import numpy as np
import pytest

from engine.data.picture_size import USUAL, guess_size


def person(size, share=0.4, frames=30, wander=0.15, at=(0.5, 0.5), seed=0):
    """Points about a place of a picture: xy (T, 17, 2), all seen."""
    rng = np.random.default_rng(seed)
    middle = np.array(size) * (np.array(at) + wander * (rng.random((frames, 1, 2)) - 0.5))
    body = share * size[1] * (rng.random((1, 17, 2)) - 0.5) * (0.4, 1.0)
    xy = middle + body
    return xy, np.ones(xy.shape[:2], bool)


@pytest.mark.parametrize("size", USUAL)
@pytest.mark.parametrize("share", [0.2, 0.4])
def test_a_person_in_the_middle(size, share):
    assert guess_size(*person(size, share, wander=0.05)) == size


def test_all_points_have_to_fit():
    xy, seen = person((640, 480))
    xy[:, 0] = [1900, 1000]
    assert guess_size(xy, seen) == (1920, 1080)
    xy[:, 0] = [9000, 5000]
    assert guess_size(xy, seen)[0] >= 9000


def test_points_that_were_not_seen_say_nothing():
    xy, seen = person((1280, 720))
    xy[:, 3] = [3000, 2000]
    seen[:, 3] = False
    assert guess_size(xy, seen) == (1280, 720)
