"""People sought and followed, with finders that know where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from network_fakes import People

from engine.detector.following import MediaPipeDetector
from engine.detector.regions import Region
from engine.detector.seeking import same_person, seek

PICTURE = np.zeros((360, 640, 3), np.uint8)
LEFT, RIGHT = ((150.0, 200.0), (150.0, 120.0)), ((500.0, 200.0), (500.0, 120.0))


def detector(people: People) -> MediaPipeDetector:
    finders: Any = people.find, people.look
    return MediaPipeDetector("full", *finders)


def test_one_square_where_the_whole_picture_shows_enough():
    people = People(LEFT)
    (region,) = seek(PICTURE, people.find, 1)
    assert (region.x, region.y, region.side) == (150, 200, 200)
    assert len(people.sought) == 1


def test_tiles_find_small_people_once_each():
    people = People(LEFT, RIGHT)
    people.least = 0.3  # 160 pixels are less than that of 640, more of 360
    found = seek(PICTURE, people.find, 2)
    assert sorted(region.x for region in found) == [150, 500]
    assert len(people.sought) == 4


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Region(114, 100, 100), True),
        (Region(116, 100, 100), False),
        (Region(100, 100, 190), True),
        (Region(100, 100, 210), False),
    ],
)
def test_squares_of_one_person(other: Region, same: bool):
    assert same_person(Region(100, 100, 100), other) == same == same_person(other, Region(100, 100, 100))


def test_a_followed_person_is_not_sought_again():
    people = People(LEFT)
    follow = detector(people)
    for step in range(20):
        people.people[0] = tuple(np.array(point) + (step, 0) for point in LEFT)
        (found,) = follow.detect(PICTURE)
        assert found.xy.shape == (33, 2)
        assert found.confidence.shape == (33,)
        np.testing.assert_allclose(found.xy[0], people.people[0][0])
    assert len(people.sought) == 1
    assert len(people.looked) == 20


def test_a_person_who_left_is_sought_at_once():
    people = People(LEFT)
    follow = detector(people)
    assert len(follow.detect(PICTURE)) == 1
    people.people = []
    assert follow.detect(PICTURE) == []
    people.people = [tuple(np.array(point) for point in RIGHT)]
    (found,) = follow.detect(PICTURE)
    assert found.xy[0, 0] == 500


def test_a_second_person_is_found_within_ten_pictures():
    people = People(LEFT)
    follow = detector(people)
    assert len(follow.detect(PICTURE, 2)) == 1
    people.people.append(tuple(np.array(point) for point in RIGHT))
    counts = [len(follow.detect(PICTURE, 2)) for _ in range(10)]
    assert counts == [1] * 9 + [2]
    assert len(follow.detect(PICTURE, 1)) == 1


def test_two_tracks_of_one_person_become_one():
    people = People(LEFT, RIGHT)
    follow = detector(people)
    assert len(follow.detect(PICTURE, 2)) == 2
    people.people = [(np.array([325.0, 200.0]), np.array([325.0, -120.0]))] * 2  # near enough to both squares
    for track in follow._tracks:
        track.region = Region(325, 200, 800)
    assert len(follow.detect(PICTURE, 2)) == 1


def test_reset_forgets():
    people = People(LEFT)
    follow = detector(people)
    follow.detect(PICTURE)
    follow.reset()
    follow.detect(PICTURE)
    assert len(people.sought) == 2


def test_a_square_that_left_the_picture_is_given_up():
    people = People(LEFT)
    follow = detector(people)
    follow.detect(PICTURE)
    people.people = [(np.array([150.0, 200.0]), np.array([150.0, 199.0]))]  # a square of 2.5 pixels
    while follow.detect(PICTURE):
        assert len(people.looked) < 30  # the square shrinks to it within a second


def test_the_most_certain_comes_first():
    people = People(LEFT, RIGHT)
    follow = detector(people)
    look = people.look

    def less_sure_of_the_left(picture: Any, region: Region) -> Any:
        found = look(picture, region)
        found.__dict__["flag"] = 0.6 if found.xy[0, 0] < 300 else 0.9
        return found

    follow.pose = less_sure_of_the_left  # type: ignore[assignment]
    assert [found.score for found in follow.detect(PICTURE, 2)] == [0.9, 0.6]
