"""The picture's size is guessed from where the person is in it."""

import json

import numpy as np
import pytest

from engine.data.picture_size import USUAL, likely_sizes
from engine.data.registry import open_motion


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
    assert likely_sizes(*person(size, share, wander=0.05))[0] == size


def test_all_points_have_to_fit():
    xy, seen = person((640, 480))
    xy[:, 0] = [1900, 1000]
    assert likely_sizes(xy, seen)[0] == (1920, 1080)
    xy[:, 0] = [9000, 5000]
    assert likely_sizes(xy, seen)[0][0] >= 9000


def test_points_that_were_not_seen_say_nothing():
    xy, seen = person((1280, 720))
    xy[:, 3] = [3000, 2000]
    seen[:, 3] = False
    assert likely_sizes(xy, seen)[0] == (1280, 720)


def test_where_it_cannot_be_told_both_are_named(tmp_path):
    """A person a little off the middle of one picture, and as much of another."""
    xy, seen = person((1280, 720), 0.3, wander=0.02)
    xy += 0.6 * np.array([1280, 720]) - np.median(xy, axis=(0, 1))
    assert set(likely_sizes(xy, seen)) == {(1280, 720), (1920, 1080)}
    assert likely_sizes(xy - (128, 72), seen) == ((1280, 720),)
    entries = [
        {"image_id": k, "keypoints": [n for x, y in points for n in (x, y, 0.9)], "score": 1.0}
        for k, points in enumerate(xy.tolist())
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(entries))
    (said,) = (text for text in open_motion(path).provenance.assumed if text.startswith("picture"))
    width, height = open_motion(path).image_size
    assert said.startswith(f"picture {width} x {height} or ") and said.count(" x ") == 2
    assert not any(text.startswith("picture") for text in open_motion(path, unit="1280x720").provenance.assumed)
