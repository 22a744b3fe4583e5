"""Everybody whom several real cameras see, by each model, against where people were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.cameras.picture_files import is_pictures
from engine.data.people_truth import PeopleTruth
from engine.errors import file_error
from engine.experiment.pipeline import Model
from engine.experiment.rig_run import ChosenPerson, joints_of, moved
from engine.experiment.view_files import OpenedViews
from engine.metrics.several_people import ACTORS, NEAR_MM, WITHIN_MM, People, matched, part_shares
from engine.motion.conversions import RULES
from engine.motion.rules import apply_rule
from engine.motion.skeleton import H36M_17, SHELF_14
from engine.observation.people_over_time import Followed, of_person
from engine.observation.views import MultiViewKeypoints
from engine.progress import Cancel

Float = NDArray[np.float64]
Ids = NDArray[np.intp]

LEAST_FRAMES = 2
"""Of a stretch that a model is given: one frame has no rate."""


class Measure(NamedTuple):
    """One figure, as tables of it are headed; None where nobody is who it is about."""

    name: str
    unit: str
    about: str
    value: float | None


@dataclass(frozen=True)
class TruthFigures:
    """One model's figures over everybody, by the truth's own protocol; shares in percent.

    frames     that were compared, in which somebody is
    pcp        of each actor of Shelf or Campus, None for one who is in none of these frames; pcp_mean of the first 3
    ap, recall average precision by millimetres, and recall at 500 mm; mpjpe_mm in the world, of those found to 500 mm
    """

    frames: int
    pcp: tuple[float | None, ...] = ()
    pcp_mean: float | None = None
    ap: dict[int, float] | None = None
    recall: float | None = None
    mpjpe_mm: float | None = None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is published for such a truth, in the order of its tables."""
        if self.ap is None:
            about = "Parts that are off by half of their length at most"
            actors = [Measure(f"actor {k}", "% PCP", about, share) for k, share in enumerate(self.pcp, 1)]
            return (*actors, Measure("mean", "% PCP", f"Of the first {ACTORS} actors", self.pcp_mean))
        near = f"found to {NEAR_MM:g} mm"
        precise = [
            Measure(f"AP{within}", "%", f"Average precision over everybody, right within {within} mm", share)
            for within, share in self.ap.items()
        ]
        return (
            Measure("MPJPE", "mm", f"Mean error in the world of everybody who is {near}", self.mpjpe_mm),
            *precise,
            Measure("recall", "%", f"People who are {near}", self.recall),
        )

    def to_json(self) -> dict[str, Any]:
        if self.ap is None:
            return {"frames": self.frames, "pcp_percent": {"actors": list(self.pcp), "mean": self.pcp_mean}}
        return {
            "frames": self.frames,
            "mpjpe_mm": self.mpjpe_mm,
            "ap_percent": {str(within): share for within, share in self.ap.items()},
            "map_percent": sum(self.ap.values()) / len(self.ap),
            "recall_500mm_percent": self.recall,
        }


def frame_numbers(opened: OpenedViews) -> Ids:
    """(T,) the number of each frame: the pictures' own; of videos and keypoints the first frame is 0."""
    times = opened.views.times
    film = next((film for film in opened.footage if film is not None), None)
    if film is None or not is_pictures(film.path):
        return np.arange(len(times))
    return np.round(np.interp(times, film.times, film.seconds)).astype(np.intp)


def everybody_by(
    model: Model,
    views: MultiViewKeypoints,
    people: Sequence[Followed],
    offsets_s: Float | None = None,
    cancel: Cancel | None = None,
) -> People:
    """What a model makes of each person in the frames in which they are found, H36M-17.

    offsets_s (V,) by which cameras are late. `People.frame` is the frame of the views. Sure is who is seen surely by
    many cameras. Raises InputError and Cancelled.
    """
    points, frames, scores = [np.zeros((0, len(H36M_17), 3))], [np.zeros(0, np.intp)], [np.zeros(0)]
    for person in people:
        mine = of_person(views, person, people)
        mine = mine if offsets_s is None else moved(mine, offsets_s)
        there = np.flatnonzero(np.isfinite(person.places[:, 0]))
        first = max(min(int(there[0]), len(views) - LEAST_FRAMES), 0)
        last = max(int(there[-1]), first + LEAST_FRAMES - 1)
        joints, _ = joints_of(model, mine.take(slice(first, last + 1)), cancel)
        points.append(joints.positions[there - first])
        frames.append(there)
        scores.append(mine.confidence[:, there, 0].mean((0, 2)))
    return People(np.concatenate(points), np.concatenate(frames), np.concatenate(scores))


def in_common(numbers: Ids, truth: PeopleTruth) -> tuple[Ids, Ids]:
    """Which of the frames of those numbers the truth has, and which of its own they are. Raises InputError for none."""
    common, mine, theirs = np.intersect1d(numbers, truth.numbers, return_indices=True)
    if not len(common):
        span = f"{truth.numbers[0]} to {truth.numbers[-1]}, not {numbers[0]} to {numbers[-1]}"
        raise file_error(truth.path, "frames", f"are {span}", "give the pictures that the truth is of")
    return mine, theirs


def truth_in_frames(numbers: Ids, truth: PeopleTruth) -> Float:
    """(T, P, J, 3) where people were in frames of those numbers, NaN in others. Raises InputError as `in_common`."""
    mine, theirs = in_common(numbers, truth)
    points = np.full((len(numbers), *truth.points.shape[1:]), np.nan)
    points[mine] = truth.points[theirs]
    return points


def judge(
    model: Model,
    views: MultiViewKeypoints,
    found: ChosenPerson,
    numbers: Ids,
    truth: PeopleTruth,
    cancel: Cancel | None = None,
) -> TruthFigures:
    """One model over everybody who was found in those views, whose frames have those numbers, by the refined cameras.

    Raises InputError and Cancelled.
    """
    seen = replace(views, rig=found.views.rig)
    return against_truth(everybody_by(model, seen, found.people, found.offsets_s, cancel), numbers, truth)


def against_truth(found: People, numbers: Ids, truth: PeopleTruth) -> TruthFigures:
    """Figures of people in frames of those numbers, H36M-17. Raises InputError where no frame is in common."""
    mine, theirs = in_common(numbers, truth)
    row = np.full(len(numbers), -1)
    row[mine] = np.arange(len(mine))
    here = row[found.frame] >= 0
    rule = RULES[H36M_17.name, truth.skeleton.name].rule
    points = apply_rule(rule, H36M_17, truth.skeleton, found.points[here])
    people, there = People(points, row[found.frame[here]], found.score[here]), truth.points[theirs]
    if truth.skeleton is SHELF_14:
        shares = [None if np.isnan(share) else 100 * float(share) for share in part_shares(people, there)]
        counted = [share for share in shares[:ACTORS] if share is not None]
        return TruthFigures(len(mine), tuple(shares), float(np.mean(counted)) if counted else None)
    pairs = matched(people, there)
    error = pairs.mpjpe_mm()
    return TruthFigures(
        len(mine),
        ap={within: 100 * pairs.average_precision(within) for within in WITHIN_MM},
        recall=100 * pairs.recall(),
        mpjpe_mm=None if np.isnan(error) else error,
    )
