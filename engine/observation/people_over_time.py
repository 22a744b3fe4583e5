"""People in several views, matched across cameras and followed over time; one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from engine.cameras.matching import LIMIT_PX, LONGEST_JUMP_M, PeopleTracker
from engine.cameras.medians import median_of_known
from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.views import MultiViewKeypoints
from engine.progress import Cancel, Cancelled, Progress

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

Choice = Literal["moves", "centre", "largest"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
SEEN_SHARE = 0.25
"""Of the frames of whoever is seen longest: people who are there for less are not chosen."""
NEAR = 0.25
"""Shares of a person's height in the picture within which a detection that matches nobody's is still theirs."""


@dataclass(frozen=True, eq=False)
class Followed:
    """One person: where they are, and which detection of each view is theirs.

    places      (T, 3) metres, the median joint; NaN in frames in which no two views agree on them
    detections  (T, V) numbers of detections; -1 = none
    """

    id: int
    places: Float
    detections: Ids

    @property
    def frames(self) -> int:
        """In which they were found."""
        return int(np.isfinite(self.places[:, 0]).sum())

    @property
    def moved_m(self) -> float:
        """How far they get: the diagonal of the box that holds four fifths of their places along each axis."""
        low, high = np.nanpercentile(self.places, [10, 90], axis=0)
        return float(np.linalg.norm(high - low))


def follow_people(
    views: MultiViewKeypoints,
    *,
    limit_px: float = LIMIT_PX,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> tuple[Followed, ...]:
    """Everybody whom two views see, those that are found in most frames first. Raises Cancelled."""
    count, frames = len(views.rig), len(views)
    tracker = PeopleTracker(tuple(views.rig), limit_px=limit_px)
    places: dict[int, Float] = {}
    detections: dict[int, Ids] = {}
    for frame in range(frames):
        if cancel is not None and cancel():
            raise Cancelled
        if progress is not None and frame % 50 == 0:
            progress(frame / frames, "who is who")
        found = tracker.step(views.xy[:, frame], views.confidence[:, frame])
        for person, seen in found.items():
            places.setdefault(person, np.full((frames, 3), np.nan))[frame] = tracker.places[person]
            mine = detections.setdefault(person, np.full((frames, count), -1, np.intp))
            mine[frame, list(seen)] = list(seen.values())
    people = [Followed(person, places[person], detections[person]) for person in places]
    return tuple(sorted(people, key=lambda person: person.frames, reverse=True))


def choose_person(people: Sequence[Followed], views: MultiViewKeypoints, by: str = "moves") -> Followed:
    """The person who moves most, is nearest to where the cameras look, or is largest in the pictures; or one by id.

    Raises InputError where nobody is found or no such one.
    """
    if not people:
        raise InputError(
            f"{views.name}: no two cameras agree on a person; check the calibration, or that frames are of one moment."
        )
    if by.isdecimal():
        chosen = next((person for person in people if person.id == int(by)), None)
        if chosen is not None:
            return chosen
        ids = ", ".join(str(person.id) for person in people)
        raise InputError(f"There is no person {by}; choose one of {ids}, or {', '.join(CHOICES)}.")
    often = [person for person in people if person.frames >= SEEN_SHARE * people[0].frames]
    if by == "moves":
        return max(often, key=lambda person: person.moved_m)
    if by == "centre":
        middle = looked_at(views.rig)
        return min(often, key=lambda person: float(np.linalg.norm(np.nanmedian(person.places, 0) - middle)))
    if by == "largest":
        return max(often, key=lambda person: _size(person, views))
    raise InputError(f"--person {by!r} is not known; choose {', '.join(CHOICES)}, or a person's number.")


def begun_at(people: Sequence[Followed], path: Float, near_m: float = LONGEST_JUMP_M) -> Followed | None:
    """Whose place is nearest to a path (T, 3) in the first frame in which one is near it; None where none ever is.

    What becomes of them afterwards does not count.
    """
    if not people:
        return None
    far = np.stack([np.linalg.norm(person.places - path, axis=-1) for person in people])  # (P, T)
    far[~(far <= near_m)] = np.inf
    frame = int(np.isfinite(far).any(0).argmax())
    nearest = int(far[:, frame].argmin())
    return people[nearest] if np.isfinite(far[nearest, frame]) else None


def looked_at(rig: CameraRig) -> Float:
    """(3,) The point nearest to all cameras' axes, metres."""
    matrix, right = 1e-9 * np.eye(3), np.zeros(3)
    for camera in rig:
        across = np.eye(3) - np.outer(camera.rotation[2], camera.rotation[2])
        matrix += across
        right += across @ camera.centre
    return np.asarray(np.linalg.solve(matrix, right))


def of_person(views: MultiViewKeypoints, person: Followed, others: Sequence[Followed] = ()) -> MultiViewKeypoints:
    """The views of one person, one detection a view.

    A view that agrees with no other, as where a detector takes left for right, gives the detection that is where the
    person must be and is nobody else's.
    """
    frames, count = person.detections.shape
    known = np.flatnonzero(np.isfinite(person.places[:, 0]))
    every = np.arange(frames)
    places = np.stack([np.interp(every, known, person.places[known, axis]) for axis in range(3)], -1)
    chosen = person.detections.copy()
    for view, camera in enumerate(views.rig):
        if (chosen[:, view] >= 0).all():
            continue  # it agreed with another one in every frame
        expected, depth = camera.project(places)
        near = NEAR * np.mean(camera.focal) * ASSUMED_HEIGHT_M / np.maximum(depth, 0.3)
        middles = _middles(views, view)  # (T, D, 2)
        for other in others:
            taken = np.flatnonzero((other.detections[:, view] >= 0) & (other.id != person.id))
            middles[taken, other.detections[taken, view]] = np.nan
        far = np.linalg.norm(middles - expected[:, None], axis=-1)
        far = np.where(np.isfinite(far) & (depth > 0)[:, None], far, np.inf)
        best = far.argmin(1)
        free = (chosen[:, view] < 0) & (far[every, best] < near)
        chosen[free, view] = best[free]
    index = np.maximum(chosen, 0).T  # (V, T)
    rows = np.arange(count)[:, None], every[None], index
    confidence = np.where((chosen.T >= 0)[..., None], views.confidence[rows], 0.0)
    return replace(views, xy=views.xy[rows][:, :, None], confidence=confidence[:, :, None])


def _middles(views: MultiViewKeypoints, view: int) -> Float:
    """(T, D, 2) the median of each detection's seen joints; NaN where there are none."""
    seen = views.confidence[view] > 0
    xy = np.where(seen[..., None], views.xy[view], np.nan)
    found = np.full((*seen.shape[:2], 2), np.nan)
    there = seen.any(-1)
    found[there] = median_of_known(xy[there], 1)
    return found


def _size(person: Followed, views: MultiViewKeypoints) -> float:
    """How tall a person is in the pictures, on average: shares of the focal length."""
    shares = []
    for view, camera in enumerate(views.rig):
        frames = np.flatnonzero(person.detections[:, view] >= 0)
        depth = camera.to_camera(person.places[frames])[:, 2]
        shares.append(float(np.mean(1 / np.maximum(depth, 0.3))) if len(frames) else 0.0)
    return float(np.mean(shares))
