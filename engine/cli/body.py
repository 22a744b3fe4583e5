"""The command that fits a body to clips: `body`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer
from rich.table import Column, Table

from engine.cli.console import out, progress_bar, report_failed, write_json
from engine.cli.options import CLIP, READING, Given, Json, experiment_of, takes
from engine.errors import InputError

FIGURES = {  # of JSON and table: key -> (title, digits)
    "joint_error_mm": ("mm", 1),
    "joint_error_p95_mm": ("95 %", 1),
    "rotation_jitter_deg": ("jitter °", 2),
    "foot_tilt_deg": ("tilt °", 1),
    "ms_per_frame": ("ms", 2),
}

From = Annotated[
    Literal["rotations", "positions", "h36m17"] | None,
    typer.Option("--from", help="What the pose is found from, instead of the best that the file holds."),
]


@takes(CLIP, READING)
def body(given: Given, from_: From = None, json_file: Json = None) -> None:
    """Fit a body to a clip, or to each clip of a folder or archive: how near, how smooth, how flat its feet stand."""
    from engine.experiment.sources import sources

    experiment = experiment_of(given, need_model=False)
    overrides = experiment.file.overrides
    found = sources(experiment.file.path, experiment.file.select, overrides.detector)
    rows: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    with progress_bar() as say:
        for number, source in enumerate(found):
            say(number / len(found), source.name)
            try:
                rows.append(_row(source.open(**overrides.of_reader()), from_))
            except InputError as error:
                failed[source.name] = str(error)
    report_failed(failed, len(found))
    means = _means(rows)
    _print(rows, means)
    if json_file is not None:
        write_json(json_file, {"clips": rows, "means": means, "failed": failed})


def _row(recording: Any, way: Literal["rotations", "positions", "h36m17"] | None) -> dict[str, Any]:
    """The figures of one clip. Raises InputError for what is none, and for one that lacks what was asked for."""
    from engine.body import library
    from engine.body.retarget.fit import fit
    from engine.motion.rotations import IDENTITY, quat_to_matrix
    from engine.observation.recording import clip_of

    clip = clip_of(recording)
    if clip is None:
        raise InputError(f"{recording.name}: it holds 2D keypoints; a body is fitted to 3D clips.")
    worn = library.body()
    quat_to_matrix(IDENTITY)  # SciPy's import is no part of the fit
    start = time.perf_counter()
    fitted = fit(clip, worn, way=way)
    passed = time.perf_counter() - start
    return {
        "name": clip.name,
        "frames": len(clip),
        "source": fitted.source,
        **fitted.figures.to_json(),
        "ms_per_frame": 1000 * passed / len(clip),
        "trusted": list(fitted.trusted),
    }


def _means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over clips, of those that have the figure."""
    means: dict[str, Any] = {"clips": len(rows), "frames": sum(row["frames"] for row in rows)}
    for key in FIGURES:
        values = [row[key] for row in rows if row[key] is not None]
        means[key] = sum(values) / len(values) if values else None
    return means


def _print(rows: Sequence[Mapping[str, Any]], means: Mapping[str, Any]) -> None:
    whole = (Column(title, no_wrap=True) for title in ("clip", "frames", "from"))
    table = Table(*whole, *(title for title, _ in FIGURES.values()), "trusted", box=None, padding=(0, 1, 0, 0))
    for row in rows:
        trusted = " ".join(row["trusted"]) or "–"
        table.add_row(row["name"], str(row["frames"]), row["source"], *_texts(row), trusted)
    if len(rows) > 1:
        table.add_row(f"mean of {len(rows)}", str(means["frames"]), "", *_texts(means), "")
    out.print("Joint error (mean, 95 %), jitter of the rotations a frame squared, tilt of standing feet, ms a frame.")
    out.print(table)


def _texts(row: Mapping[str, Any]) -> list[str]:
    return ["–" if row[key] is None else f"{row[key]:.{digits}f}" for key, (_, digits) in FIGURES.items()]


COMMANDS: dict[str, Callable[..., None]] = {"body": body}
