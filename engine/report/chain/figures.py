"""What models are worth behind a detector, and on what a perfect one sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.detector.confidence import Mapping
from engine.experiment.pipeline import Model, predict, score
from engine.experiment.rate import RatePolicy
from engine.metrics.bones import bone_length_sd_mm
from engine.metrics.catalogue import mean_over_frames
from engine.motion.skeleton import H36M_17
from engine.observation.trial import Context
from engine.progress import Progress
from engine.report.chain.watched import Seen, Watched, detected, truly_seen

TRUE = "true 2D"
"""Where a detector's name may stand."""
USUAL: Mapping = "one"
MAPPINGS: tuple[Mapping, ...] = ("one", "as detected", "sure")
DETECTORS = ("heavy", "full", "lite")


@dataclass(frozen=True)
class ChainRow:
    """One model on one person before one camera.

    source   `TRUE`, or a detector's name; mapping of its confidences
    figures  by the keys of `engine.metrics.catalogue`, with bone_sd_mm and the shares of `engine.report.chain.watched`
    """

    group: str
    person: str
    source: str
    mapping: Mapping
    model: str
    frames: int
    figures: dict[str, float]


def measure_chain(
    people: Sequence[Watched],
    models: dict[str, Model],
    detectors: Sequence[str] = DETECTORS,
    progress: Progress | None = None,
) -> list[ChainRow]:
    """Every model on everybody, with true keypoints and behind each detector, by each mapping of its confidences.

    models by the names in their rows. Every frame, with its own Δ. Raises InputError for a detector that is not set
    up and finds nothing that is kept.
    """
    sources: list[tuple[str, Mapping]] = [
        (TRUE, USUAL),
        *((name, mapping) for name in detectors for mapping in MAPPINGS),
    ]
    rows = []
    for number, watched in enumerate(people):
        for k, (source, mapping) in enumerate(sources):
            if progress is not None:
                share = (number + k / len(sources)) / len(people)
                progress(share, f"{watched.name}, {source}")
            seen = truly_seen(watched) if source == TRUE else detected(watched, source, mapping)
            rows += [
                ChainRow(
                    watched.group, watched.name, source, mapping, name, len(seen.keypoints),
                    _figures(model, watched, seen),
                )
                for name, model in models.items()
            ]  # fmt: skip
    return rows


def _figures(model: Model, watched: Watched, seen: Seen) -> dict[str, float]:
    kept = seen.keypoints
    predicted = predict(model, kept, RatePolicy(), Context(watched.height_m, kept.camera))
    scored = score(predicted, kept, watched.truth.at(kept.times))
    bones = float("nan") if scored.placed is None else bone_length_sd_mm(scored.placed.positions, H36M_17)
    shares = {"found_share": seen.found, "swapped_share": seen.swapped, "left_share": seen.left}
    return dict(scored.summary) | {"bone_sd_mm": bones} | shares


def pooled(rows: Iterable[ChainRow]) -> dict[str, float]:
    """Figures of several people taken together, each by its number of frames; NaN where there are none."""
    return mean_over_frames([(row.frames, row.figures) for row in rows])
