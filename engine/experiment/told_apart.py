"""Several people in the views of an experiment, told apart by matching; one of them is the clip's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError
from engine.metrics.pose import MM
from engine.metrics.several_people import NEAR_MM
from engine.motion.pose import Joints, Person
from engine.observation.people_over_time import begun_at, follow_people, of_person
from engine.observation.several_people import in_one_picture
from engine.observation.views import MultiViewKeypoints
from engine.progress import Cancel, Progress

ORDER_STREAM = 14
"""Random numbers of the order of detections, beside those of the stresses."""


@dataclass(frozen=True, eq=False)
class ToldApart:
    """What models are given of several people.

    views   of the person whom the figures are about, as matching has them
    people  where everybody really is, that person first; () where there is one. Their ids are those of matching, "" of
            who never had one; they are present in the frames in which their id is at most NEAR_MM from them
    """

    views: MultiViewKeypoints
    people: tuple[Person, ...] = ()


def told_apart(
    alone: Sequence[MultiViewKeypoints],
    truth: Sequence[Joints],
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> ToldApart:
    """Match and follow people of whom each is seen `alone`, at the frames of the truth; choose the first one.

    The id that begins where somebody is stands for them to the end, also where it goes over to another person.
    Raises InputError where nobody is ever found near the first one, and Cancelled.
    """
    together = in_one_picture(alone, np.random.default_rng([seed, ORDER_STREAM]))
    followed = follow_people(together, progress=progress, cancel=cancel)
    paths = [np.median(pose.positions, axis=1) for pose in truth]
    ids = [begun_at(followed, path) for path in paths]
    if ids[0] is None:
        raise InputError(
            f"{together.name}: no two cameras ever agree on the clip's own person of {len(alone)}; "
            "take more cameras or less noise."
        )
    people = []
    for mine, pose, path in zip(ids, truth, paths, strict=True):
        off = np.full(len(path), np.inf) if mine is None else MM * np.linalg.norm(mine.places - path, axis=-1)
        people.append(Person("" if mine is None else str(mine.id), pose, off <= NEAR_MM))
    return ToldApart(of_person(together, ids[0], followed), tuple(people))
