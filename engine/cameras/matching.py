"""Which detections of several cameras are one person: epipolar distance in a frame, places in space over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.medians import median_of_known
from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import cross_matrix
from engine.cameras.sight import Sight
from engine.cameras.triangulation import LONG_SIDE

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

LIMIT_PX = 30.0
LEAST_COMMON = 4  # joints that both views have to see
LONGEST_JUMP_M = 0.6
FORGOTTEN_FRAMES = 60


def epipolar_distances(cameras: Sequence[Camera], a: int, b: int, xy_a: Float, xy_b: Float, common: Float) -> Float:
    """(A, B) pixels: median over joints of the symmetric distance from the epipolar lines; inf with few in common.

    xy_a (A, J, 2), xy_b (B, J, 2) of two views, common (A, B, J) whether both see a joint.
    """
    one, two = cameras[a], cameras[b]
    turn = two.rotation @ one.rotation.T
    essential = cross_matrix(two.rotation @ (one.centre - two.centre)) @ turn
    ray_a, ray_b = (
        np.concatenate([c.rays(xy), np.ones((*xy.shape[:-1], 1))], -1) for c, xy in ((one, xy_a), (two, xy_b))
    )
    line_b, line_a = ray_a @ essential.T, ray_b @ essential
    off = np.abs(np.einsum("ajk,bjk->abj", line_b, ray_b))
    to_b = off / np.linalg.norm(line_b[..., :2], axis=-1)[:, None] * np.mean(two.focal)
    to_a = off / np.linalg.norm(line_a[..., :2], axis=-1)[None] * np.mean(one.focal)
    both = np.where(common > 0, (to_a + to_b) / 2, np.nan)
    enough = (common > 0).sum(-1) >= LEAST_COMMON
    return np.where(enough, median_of_known(np.where(enough[..., None], both, 0.0), -1), np.inf)


def match_people(
    cameras: Sequence[Camera], xy: Float, confidences: Float, *, limit_px: float = LIMIT_PX
) -> list[dict[int, int]]:
    """People of one frame as {view: detection}, most views first: xy (V, D, J, 2) px, confidences (V, D, J).

    The nearest pairs are joined first; two groups join where all of their pairs are within the limit on average and no
    camera would have two. limit_px is that of a picture of LONG_SIDE pixels. Who is seen by one alone is left out.
    """
    views, _, _ = confidences.shape
    there = [np.flatnonzero((confidences[v] > 0).any(-1)) for v in range(views)]
    near: dict[tuple[tuple[int, int], tuple[int, int]], float] = {}
    for a in range(views):
        for b in range(a + 1, views):
            seen_a, seen_b = confidences[a, there[a]] > 0, confidences[b, there[b]] > 0
            common = seen_a[:, None] & seen_b[None]
            limit = limit_px * max(max(cameras[v].image_size) for v in (a, b)) / LONG_SIDE
            found = epipolar_distances(cameras, a, b, xy[a, there[a]], xy[b, there[b]], common) / limit
            for i, one in enumerate(there[a]):
                for j, two in enumerate(there[b]):
                    near[(a, int(one)), (b, int(two))] = float(found[i, j])
    groups = {node: [node] for pair in near for node in pair}
    for pair in sorted(near, key=near.__getitem__):
        if near[pair] > 1:
            break
        first, second = groups[pair[0]], groups[pair[1]]
        if first is second or {v for v, _ in first} & {v for v, _ in second}:
            continue
        if np.mean([near[min(p, q), max(p, q)] for p in first for q in second]) <= 1:
            first += second
            for node in second:
                groups[node] = first
    people = {id(group): dict(sorted(group)) for group in groups.values() if len(group) > 1}
    return sorted(people.values(), key=len, reverse=True)


@dataclass(eq=False)
class _Track:
    id: int
    place: Float
    frame: int


class PeopleTracker:
    """Ids that last: people of each frame are tied to those before by where they are in space."""

    def __init__(self, cameras: Sequence[Camera], *, limit_px: float = LIMIT_PX) -> None:
        self.cameras, self.limit_px = tuple(cameras), limit_px
        self._tracks: list[_Track] = []
        self._frame = 0
        self._next = 0

    @property
    def places(self) -> dict[int, Float]:
        """Where the people of the latest frame are, by id: the median joint (3,), metres."""
        return {track.id: track.place for track in self._tracks if track.frame == self._frame - 1}

    def step(self, xy: Float, confidences: Float) -> dict[int, dict[int, int]]:
        """The people of the next frame by id, as `match_people` has them."""
        found = match_people(self.cameras, xy, confidences, limit_px=self.limit_px)
        places = [self._place(person, xy, confidences) for person in found]
        self._tracks = [track for track in self._tracks if self._frame - track.frame <= FORGOTTEN_FRAMES]
        ways = sorted(
            (float(np.linalg.norm(place - track.place)), k, t)
            for k, place in enumerate(places)
            for t, track in enumerate(self._tracks)
        )
        ids: dict[int, int] = {}
        taken: set[int] = set()
        for far, k, t in ways:
            if far <= LONGEST_JUMP_M and k not in ids and t not in taken:
                ids[k] = t
                taken.add(t)
        people = {}
        for k, (person, place) in enumerate(zip(found, places, strict=True)):
            if k not in ids:
                self._tracks.append(_Track(self._next, place, self._frame))
                self._next += 1
                ids[k] = len(self._tracks) - 1
            track = self._tracks[ids[k]]
            track.place, track.frame = place, self._frame
            people[track.id] = person
        self._frame += 1
        return people

    def _place(self, person: dict[int, int], xy: Float, confidences: Float) -> Float:
        """(3,) The median joint, metres."""
        views = list(person)
        chosen = [(v, person[v]) for v in views]
        pixels = np.stack([xy[v, d] for v, d in chosen])
        weights = np.stack([confidences[v, d] for v, d in chosen])
        sight = Sight.of([self.cameras[v] for v in views], pixels, weights)
        points = sight.linear()[:, (sight.weights > 0).sum(0) >= 2]
        return np.asarray(np.median(points, axis=1))
