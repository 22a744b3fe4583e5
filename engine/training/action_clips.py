"""Labelled clips for action recognition: motion capture whose category has a label, and the generator's clips."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from engine.models.labels import LABEL_OF, MOTIONS

GENERATED = "generated"
"""The person of the generated clips."""
TOGETHER = {"61": "60"}
"""Salsa partners, recorded in the same takes: they count as one person."""


@dataclass(frozen=True, eq=False)
class ActionClips:
    """K clips laid end to end, H36M-17 at 60 Hz.

    positions (N, 17, 3) metres;  starts (K + 1,);  labels (K,) numbers in `MOTIONS`;  people, names (K,)
    """

    positions: NDArray[np.float32]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    people: NDArray[np.str_]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def clip(self, number: int) -> NDArray[np.float32]:
        """(T, 17, 3) metres."""
        return self.positions[self.starts[number] : self.starts[number + 1]]

    @property
    def captured(self) -> list[str]:
        """The people who were recorded and not generated, sorted."""
        return sorted(set(self.people.tolist()) - {GENERATED})


def action_clips(cache: Path, *, generated: bool = False) -> ActionClips:
    """The labelled clips of a cache of `engine.data.cmu.cache_split`, a take that lies there twice once.

    generated: with those of the generator after them. ValueError where there is none.
    """
    with np.load(cache, allow_pickle=False) as arrays:
        parts = np.split(arrays["positions"].astype(np.float32), arrays["starts"][1:-1])
        said = zip(arrays["names"].tolist(), arrays["subjects"].tolist(), arrays["categories"].tolist(), strict=True)
        rows = [(part, *row) for part, row in zip(parts, said, strict=True)]
    if generated:
        rows += [(positions, name, GENERATED, name) for name, positions in _generated()]
    kept: dict[tuple[str, str], tuple[NDArray[np.float32], int]] = {}
    for positions, name, person, category in rows:
        if category in LABEL_OF:
            kept.setdefault((take_of(name), person), (positions, MOTIONS.index(LABEL_OF[category])))
    if not kept:
        raise ValueError(f"{cache}: no clip has a category with a label")
    names, people = zip(*kept, strict=True)
    found, labels = zip(*kept.values(), strict=True)
    return ActionClips(
        np.concatenate(found),
        np.cumsum([0, *map(len, found)]).astype(np.int64),
        np.array(labels, np.int64),
        np.array([TOGETHER.get(person, person) for person in people]),
        np.array(names),
    )


def take_of(name: str) -> str:
    """What a clip's take is called, whatever file holds it: "11_01" of "11/11_01.amc" and of "11/11_01.bvh"."""
    return PurePosixPath(name).stem


@cache
def _generated() -> tuple[tuple[str, NDArray[np.float32]], ...]:
    """The generator's clips that have a label, by name."""
    from engine.motion.generate.clips import CLIPS, clip_of

    return tuple((name, clip_of(name).positions.astype(np.float32)) for name in CLIPS if name in LABEL_OF)


def joined(one: ActionClips, other: ActionClips) -> ActionClips:
    """Both, one after the other."""
    return ActionClips(
        np.concatenate([one.positions, other.positions]),
        np.concatenate([one.starts, one.starts[-1] + other.starts[1:]]),
        *(np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("labels", "people", "names")),
    )
