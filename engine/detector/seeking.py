"""Seeking people in a picture: the whole of it, and where that is not enough square tiles of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from engine.detector.boxes import Boxes, overlap
from engine.detector.detection import Picture
from engine.detector.regions import Float, Region, person_region, tiles, whole_picture

Finder = Callable[[Picture, Region], Boxes]

SEEK_EVERY = 10
"""Pictures from one search to the next while some of the wanted people are followed."""
_NEAR = 0.15
"""Sides of a person's square that two hips of one person lie apart at most."""
_SIZES = 2.0
"""Sizes of one person's squares differ by less than this factor."""
_OVERLAP = 0.6
"""Boxes that overlap more, as intersection over union, are one person's."""


def seek(picture: Picture, finder: Finder, people: int) -> list[Region]:
    """Return the squares around people, the most certain first.

    Tiles are looked at where the whole picture shows fewer people than that: they double or treble the time, and find
    people who are small in the whole.
    """
    height, width = picture.shape[:2]
    found = _people(finder(picture, whole_picture(width, height)))
    if len(found) < people:
        for tile in tiles(width, height):
            found += _people(finder(picture, tile))
    found.sort(key=lambda person: -person[0])
    kept: list[tuple[float, Region, Float]] = []
    for score, region, box in found:
        if not any(same_person(region, other) or _same_box(box, other_box) for _, other, other_box in kept):
            kept.append((score, region, box))
    return [region for _, region, _ in kept]


def same_person(one: Region, other: Region) -> bool:
    """Whether two squares are one person's: of nearly one centre and size."""
    side = max(one.side, other.side)
    near = math.hypot(one.x - other.x, one.y - other.y) < _NEAR * side
    return near and side < _SIZES * min(one.side, other.side)


def near_any(region: Region, others: Iterable[Region]) -> bool:
    return any(same_person(region, other) for other in others)


def _people(boxes: Boxes) -> list[tuple[float, Region, Float]]:
    return [
        (float(score), person_region(points[0], points[1]), corners)
        for score, points, corners in zip(boxes.scores, boxes.points, boxes.corners, strict=True)
    ]


def _same_box(box: Float, other: Float) -> bool:
    return bool(overlap(box, np.array([other]))[0] > _OVERLAP)
