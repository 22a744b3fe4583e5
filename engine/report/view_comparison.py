"""Models of several views beside triangulation: same people, same rigs, same errors of the detector.

Rigs are random and never seen before; recordings are short, so that errors last as they do. A joint that triangulation
does not find is taken from the nearest frame in which it does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.cmu import cache_split
from engine.errors import InputError
from engine.export.text_tables import markdown_table
from engine.metrics.several_people import WITHIN_MM
from engine.models.families import find_model
from engine.models.loading import load_model
from engine.models.network import Network
from engine.observation.detector_noise import Noise
from engine.progress import Progress
from engine.report.view_baselines import METHODS, PICTURE, ROBUST, filled, rig_of
from engine.report.view_prior import Drawn
from engine.training.checkpoints import FILE
from engine.training.damaged import reading
from engine.training.motions import Motions
from engine.training.view_windows import ViewBatch, ViewSettings, view_batch

Float = NDArray[np.float64]

CONDITIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "measured": ("the measured errors; calibration a little off in half of the rigs, swaps in 5 % of the frames", {}),
    "quiet": ("without shifted cameras and swaps", {"noise": Noise(shifted=0.0, swapping=0.0)}),
    "half": ("half the errors", {"noise": Noise().times(0.5)}),
    "twice": ("twice the errors", {"noise": Noise().times(2.0)}),
    "blind": ("one camera of three or more sees nothing", {"noise": Noise(blind=1.0)}),
    "swapped": ("one camera exchanges left and right in half of the frames", {"noise": Noise(swapping=1.0)}),
    "turned": ("one camera was turned by 3 degrees since it was calibrated", {"turned": 1.0}),
    "turned5": ("one camera was turned by 5 degrees", {"turned": 1.0, "degrees": (5.0, 5.0)}),
    "late": ("one camera shows what was there 80 ms ago", {"late_s": 0.08}),
}
"""By name: what it is, and what of `ViewSettings` it changes."""


@dataclass(frozen=True)
class Compared:
    """What one method is worth under one condition at one number of views.

    mpjpe_mm, median_mm  of all joints, where they are in the world; relative_mm from the pelvis
    seen_twice_mm  of the joints that two views or more see
    found  share of the joints that it answers
    within  share of the frames whose mean error is at most so many mm: AP of one person
    """

    condition: str
    views: int
    method: str
    mpjpe_mm: float
    relative_mm: float
    median_mm: float
    seen_twice_mm: float
    found: float
    within: dict[int, float]


def compare_views(
    data: Path,
    models: Sequence[str],
    runs: Sequence[Path] = (),
    *,
    views: Sequence[int] = (2, 3, 4, 5, 8),
    conditions: Sequence[str] | None = None,
    rigs: int = 60,
    frames: int = 20,
    threads: int = 1,
    seed: int = 0,
    prior: str | None = None,
    progress: Progress | None = None,
) -> list[Compared]:
    """Compare models, and triangulation, on the test split of data (a folder, or a cache of motions).

    runs   folders whose averaged weights are taken, model by model, instead of the shipped ones
    prior  a lifting model to whose poses triangulation is drawn, as one method more
    Raises InputError.
    """
    chosen = list(CONDITIONS) if conditions is None else list(conditions)
    for name in chosen:
        if name not in CONDITIONS:
            raise InputError(f"--conditions {name!r} is not known; choose of {', '.join(CONDITIONS)}.")
    torch.set_num_threads(threads)
    networks = {name: _network(name, runs[k] if k < len(runs) else None) for k, name in enumerate(models)}
    drawn = None if prior is None else Drawn(prior)
    motions, found = motions_of(data), []
    for done, (condition, count) in enumerate([(c, v) for c in chosen for v in views]):
        if progress is not None:
            progress(done / (len(chosen) * len(views)), f"{condition}, {count} views")
        settings = replace(ViewSettings(count, rigs, frames=frames), **CONDITIONS[condition][1])
        batch = view_batch(motions, settings, np.random.default_rng((seed, count)))
        answered = answers(batch, networks, drawn)
        found += [_compared(condition, count, name, points, batch) for name, points in answered.items()]
    return found


def answers(batch: ViewBatch, networks: dict[str, Network], drawn: Drawn | None = None) -> dict[str, Float]:
    """(B, F, 17, 3) of every kind of triangulation, NaN where nothing is found, and of every network."""
    given: dict[str, list[Float]] = {name: [] for name in (*METHODS, *([] if drawn is None else [drawn.name]))}
    for inputs, fov in zip(batch.inputs.astype(float), batch.fov, strict=True):
        rig = rig_of(inputs[0], fov)
        focal = np.array([camera.focal[0] for camera in rig])[:, None, None]
        pixels, confidences = inputs[..., :2] * focal + PICTURE / 2, inputs[..., 2]
        for name, method in METHODS.items():
            given[name].append(method(rig, pixels, confidences))
        if drawn is not None:
            given[drawn.name].append(drawn.points(inputs, rig, pixels, given[ROBUST][-1]))
    found = {name: np.stack(parts) for name, parts in given.items()}
    with torch.inference_mode():
        for name, network in networks.items():
            found[name] = network.eval()(torch.from_numpy(batch.inputs)).double().numpy()
    return found


def view_tables(found: Sequence[Compared]) -> str:
    """A table a condition: error of all joints / from the pelvis / median, mm, by method and number of views."""
    views = list(dict.fromkeys(row.views for row in found))
    parts = []
    for condition in dict.fromkeys(row.condition for row in found):
        rows = {(row.method, row.views): row for row in found if row.condition == condition}
        lines = [
            [method, *(_cell(rows[method, count]) for count in views)] for method in dict.fromkeys(m for m, _ in rows)
        ]
        parts.append(f"{condition}: {CONDITIONS[condition][0]}\n\n" + markdown_table(["mm", *_heads(views)], lines))
    return "\n\n".join(parts) + "\n\nMean of all joints / from the pelvis / median."


def comparison_json(found: Sequence[Compared]) -> dict[str, Any]:
    """What `--json` writes."""
    return {
        "conditions": {name: said for name, (said, _) in CONDITIONS.items()},
        "rows": [asdict(row) for row in found],
    }


def motions_of(data: Path) -> Motions:
    """The motions of a cache, or of the split test in a folder. Raises InputError."""
    if data.is_file():
        return Motions.load(data)
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "test.npz"
        cache_split(data, "test", cache)
        return Motions.load(cache)


def _network(name: str, run: Path | None) -> Network:
    """A model's network, with the averaged weights of a run. Raises InputError."""
    entry = find_model(name)
    if (entry.bare_card.observes, entry.bare_card.predicts) != ("views", "joints"):
        raise InputError(f"{name} does not find joints in several views; choose a model that does.")
    if entry.bare_card.analytic:
        raise InputError(f"{name} is always beside the models, as one of four kinds; leave it out of --model.")
    network = load_model(name).network
    if run is not None:
        with reading(run / FILE):
            saved = torch.load(run / FILE, map_location="cpu", weights_only=True)
            network.load_state_dict(saved["averaged"])
    return network


def _compared(condition: str, views: int, method: str, points: Float, batch: ViewBatch) -> Compared:
    truth, known = batch.targets.astype(float), np.isfinite(points).all(-1)
    points = np.stack([filled(recording) for recording in points])
    error = 1000 * np.linalg.norm(points - truth, axis=-1)
    relative = 1000 * np.linalg.norm(points - points[:, :, :1] - truth + truth[:, :, :1], axis=-1)
    twice = (batch.inputs[..., 2] > 0).sum(2) >= 2
    return Compared(
        condition, views, method, float(error.mean()), float(relative.mean()), float(np.median(error)),
        float(error[twice].mean()), float(known.mean()),
        {limit: float((error.mean(-1) <= limit).mean()) for limit in WITHIN_MM},
    )  # fmt: skip


def _cell(row: Compared) -> str:
    return f"{row.mpjpe_mm:.1f} / {row.relative_mm:.1f} / {row.median_mm:.1f}"


def _heads(views: Sequence[int]) -> list[str]:
    return [f"{count} views" for count in views]
