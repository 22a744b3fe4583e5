"""One to several people in virtual rigs: who is found and kept apart, and how well models do on everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.experiment.pipeline import Model
from engine.experiment.rig_truth import everybody_by
from engine.export.text_tables import markdown_table
from engine.metrics.several_people import WITHIN_MM, Kept, Matches, kept, matched
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.observation.detector_noise import Noise
from engine.observation.people_over_time import follow_people
from engine.observation.several_people import people_seen_by_rig, side_by_side
from engine.observation.virtual_rig import virtual_rig
from engine.progress import Progress
from engine.report.view_comparison import motions_of
from engine.training.motions import SOURCE_HZ, Motions

Float = NDArray[np.float64]

LEAST_CAMERAS = 2


@dataclass(frozen=True)
class PeopleRow:
    """One model on so many people in rigs of so many cameras.

    everybody     share of the frames in which everybody is found; switches: ids that changed, of all scenes together,
    minutes       in which people were there
    mpjpe_mm      in the world, of those found to 500 mm; ap by mm and recall: shares of the people in all frames
    """

    people: int
    cameras: int
    model: str
    everybody: float
    switches: int
    minutes: float
    mpjpe_mm: float
    ap: dict[int, float]
    recall: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"ap": {str(within): share for within, share in self.ap.items()}}


def ablate_people(
    data: Path,
    models: Sequence[Model],
    *,
    people: Sequence[int] = (1, 2, 3),
    cameras: Sequence[int] = (3, 4, 5),
    scenes: int = 10,
    frames: int = 120,
    noise: Noise | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[PeopleRow]:
    """Stand people of the split test (a folder, or a cache of motions) side by side in random rings, at their own rate.

    noise: of the detector; None: as measured. Everybody's clip begins at random. Raises InputError.
    """
    motions, rows = motions_of(data), []
    if not (np.diff(motions.starts) >= frames).any():
        raise InputError(f"No motion of {data.name} is {frames} frames long; take fewer with --frames.")
    if min(cameras) < LEAST_CAMERAS or min(people) < 1:
        raise InputError("Take one person or more, and two cameras or more.")
    combinations = [(count, views) for count in people for views in cameras]
    for done, (count, views) in enumerate(combinations):
        if progress is not None:
            progress(done / len(combinations), f"{count} people, {views} cameras")
        rows += _rows(motions, models, count, views, scenes, frames, noise or Noise(), seed)
    return rows


def _rows(
    motions: Motions,
    models: Sequence[Model],
    count: int,
    cameras: int,
    scenes: int,
    frames: int,
    noise: Noise,
    seed: int,
) -> list[PeopleRow]:
    who: list[Kept] = []
    pairs: dict[str, list[Matches]] = {model.card.name: [] for model in models}
    for scene in range(scenes):
        rng = np.random.default_rng((seed, count, scene))  # the same people for every number of cameras
        truth = side_by_side([_stretch(motions, frames, rng) for _ in range(count)], rng)
        rig = virtual_rig(truth.reshape(-1, *truth.shape[2:]), cameras, seed=seed + scene)
        clip = MotionClip(f"scene {scene + 1}", np.arange(frames) / SOURCE_HZ, truth[:, 0], H36M_17)
        views = people_seen_by_rig(clip, truth, rig, noise=noise, rng=rng)
        followed = follow_people(views)
        who.append(kept({person.id: person.places for person in followed}, np.median(truth, axis=2)))
        for model in models:
            pairs[model.card.name].append(matched(everybody_by(model, views, followed), truth))
    everybody = float(np.mean([each.everybody for each in who]))
    switches, minutes = sum(each.switches for each in who), count * scenes * frames / SOURCE_HZ / 60
    return [
        PeopleRow(
            count, cameras, name, everybody, switches, minutes, together.mpjpe_mm(),
            {within: together.average_precision(within) for within in WITHIN_MM}, together.recall(),
        )
        for name, together in ((name, Matches.of(found)) for name, found in pairs.items())
    ]  # fmt: skip


def _stretch(motions: Motions, frames: int, rng: np.random.Generator) -> Float:
    """(frames, 17, 3) a stretch of a motion that is long enough, each such beginning as likely as another."""
    room = np.maximum(np.diff(motions.starts) - frames + 1, 0)
    clip = int(rng.choice(len(room), p=room / room.sum()))
    first = int(motions.starts[clip] + rng.integers(room[clip]))
    return motions.positions[first : first + frames].astype(np.float64)


def people_table(rows: Sequence[PeopleRow]) -> str:
    """A row for each number of people and of cameras, and each model; shares in percent."""
    head = ["people", "cameras", "model", "everybody %", "ids switched", "MPJPE mm",
            *(f"AP{within}" for within in WITHIN_MM), "recall %"]  # fmt: skip
    lines = [
        [str(row.people), str(row.cameras), row.model, f"{100 * row.everybody:.1f}",
         f"{row.switches} in {row.minutes:.1f} min", f"{row.mpjpe_mm:.1f}",
         *(f"{100 * share:.1f}" for share in row.ap.values()), f"{100 * row.recall:.1f}"]
        for row in rows
    ]  # fmt: skip
    return markdown_table(head, lines)
