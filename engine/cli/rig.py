"""The command `rig`: models of several views on what real cameras saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from engine.cli.console import out, progress_bar, warn, write_json
from engine.cli.export import beside
from engine.cli.options import MOST_THREADS, Json, names
from engine.cli.rig_truth import number, print_truth
from engine.errors import InputError
from engine.models.defaults import OF_VIEWS
from engine.progress import watched

if TYPE_CHECKING:
    from engine.cameras.pinhole import Camera
    from engine.experiment.rig_run import ChosenPerson, RigFigures
    from engine.experiment.rig_truth import TruthFigures
    from engine.experiment.view_files import OpenedViews
    from engine.observation.people_in_view import PeopleInView


def rig(
    calibration: Annotated[
        Path | None,
        typer.Option(help="Calibration file or folder, as `calibrate show` reads it; else that of a live recording."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "--models", help="Models of several views, separated by commas.")
    ] = ",".join(OF_VIEWS),
    detections: Annotated[
        Path | None,
        typer.Option(
            help="Folder with 2D keypoints for each camera: OpenPose, AlphaPose, MMPose, ...; or a live recording of "
            "several cameras."
        ),
    ] = None,
    videos: Annotated[Path | None, typer.Option(help="Folder with a video, or pictures, for each camera.")] = None,
    detector: Annotated[str, typer.Option(help="Of people in videos: full, lite or heavy.")] = "full",
    people: Annotated[int, typer.Option(min=1, max=16, help="At most so many people are found in a picture.")] = 2,
    person: Annotated[
        str, typer.Option(help="Whose figures: moves (most), centre (of the cameras' look), largest, or a number.")
    ] = "moves",
    rate_hz: Annotated[
        float | None, typer.Option(min=0.1, help="Of keypoints, instead of the files'; of pictures, instead of 25 Hz.")
    ] = None,
    sync: Annotated[bool, typer.Option("--sync", help="Find and undo time offsets between the cameras.")] = False,
    refine: Annotated[bool, typer.Option("--refine", help="Refine the cameras' places on the person first.")] = False,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="Measure each camera by what the others say, too.")
    ] = False,
    threads: Annotated[int, typer.Option(min=1, max=MOST_THREADS, help="CPU threads of the detector.")] = 1,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the cameras, refined or not: .toml, .json, .yml.")
    ] = None,
    motion: Annotated[
        Path | None,
        typer.Option(
            help="Write the person's motion, a file a model: .trc, .c3d, .csv, or a body as .glb, .bvh, .npz."
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="Where everybody was: actorsGT.mat of Shelf or Campus, or a folder of CMU Panoptic."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Find a person in several cameras' videos or keypoints, by each model; every frame, exactly.

    Cameras get the file or folder that is named after them. Where nobody knows the truth, what is told is how well the
    joints fit what was seen, how steady bones are, and how smooth the motion is. With --truth it is also told how near
    everybody was found, by the measures of that recording.
    """
    from engine.cli.loading import point_out_untrained
    from engine.data.people_truth import read_people_truth
    from engine.experiment.rig_run import chosen_person, measure_on_rig
    from engine.experiment.rig_truth import frame_numbers, in_common, judge
    from engine.export.motion.formats import format_of
    from engine.export.motion.of_rig import save_motion
    from engine.models.devices import set_inference_threads
    from engine.models.loading import load_model

    form = None if motion is None else format_of(None, motion)
    known = None if truth is None else read_people_truth(truth)
    wanted = names(model)
    for name in wanted:
        point_out_untrained(name)
    set_inference_threads()
    models = [load_model(name) for name in wanted]
    with progress_bar() as say:
        opened = _open(calibration, detections, videos, detector, people, rate_hz, threads, say)
        frames = frame_numbers(opened)
        if known is not None:
            in_common(frames, known)  # or else it is said before the models run
        found = chosen_person(opened.views, by=person, sync=sync, refine=refine, progress=say)
        results, judged = [], []
        for number, loaded in enumerate(models):
            say(number / len(models), loaded.card.name)
            results.append(measure_on_rig(loaded, found.views, held_out=held_out))
            if known is not None:
                judged.append(judge(loaded, opened.views, found, frames, known))
    for note in opened.notes:
        warn("assumed:", note)
    _print(opened, found, results)
    print_truth([result.name for result in results], judged)
    if out_file is not None:
        from engine.cameras.files import calibration_text
        from engine.writing import save_text

        save_text(calibration_text(out_file, tuple(found.views.rig)), out_file)
        out.print(f"wrote {out_file}", soft_wrap=True)
    if motion is not None and form is not None:
        for result in results:
            target = motion if len(results) == 1 else beside(motion, result.name)
            written = save_motion(result, found.views.name, form, target)
            out.print(f"wrote {', '.join(map(str, written.paths[:3]))}", soft_wrap=True)
    if json_file is not None:
        write_json(json_file, rig_json(opened, found, results, judged))


def _open(
    calibration: Path | None,
    detections: Path | None,
    videos: Path | None,
    detector: str,
    people: int,
    rate_hz: float | None,
    threads: int,
    say: Callable[[float, str], None],
) -> OpenedViews:
    from engine.detector.filmed import people_in_video
    from engine.experiment.view_files import open_detections, open_videos

    if (detections is None) == (videos is None):
        raise InputError("Give either --detections, a folder of keypoints, or --videos, a folder of videos.")
    if detections is not None:
        return open_detections(calibration, detections, rate_hz=rate_hz)
    assert videos is not None
    if calibration is None:
        raise InputError("--videos needs --calibration, the file that says where the cameras stand.")

    def read(path: Path, _: Camera) -> PeopleInView:
        with watched(share=lambda share: say(share, path.name)):
            return people_in_video(path, detector, people, threads, rate_hz)

    return open_videos(calibration, videos, read)


def _print(opened: OpenedViews, found: ChosenPerson, results: list[RigFigures]) -> None:
    views = found.views
    out.print(
        f"{views.name}: {len(views)} frames at {opened.rates_hz[0]:.4g} Hz, {len(views.rig)} cameras, "
        f"{len(found.people)} people; figures of person {found.person.id}",
        soft_wrap=True,
    )
    table = Table("person", "frames", "moved", "cameras", box=None)
    for each in found.people:
        seen = (each.detections >= 0).sum(1)
        mean = f"{seen[seen > 0].mean():.1f}"
        table.add_row(f"{each.id}", f"{each.frames}", f"{each.moved_m:.2f} m", mean)
    out.print(table)
    rows = _views(opened, found)
    asked = {"offset_ms": "late ms", "before_px": "px before", "after_px": "px after", "turned_deg": "turned °",
             "moved_cm": "moved cm"}  # fmt: skip
    shown = [key for key in asked if key in rows[0]]
    table = Table("camera", "file", "seen", *(asked[key] for key in shown), box=None)
    for row in rows:
        said = (f"{row[key]:.0f}" if key == "offset_ms" else f"{row[key]:.2f}" for key in shown)
        table.add_row(row["name"], row["file"], f"{100 * row['seen_share']:.0f} %", *said)
    out.print(table)
    table = Table("model", "found", "bones sd mm", "jitter m/s³", "ms per frame", box=None)
    for result in results:
        figures = f"{result.bone_length_sd_mm:.1f}", number(result.jitter_m_s3), f"{result.ms_per_frame:.2f}"
        table.add_row(result.name, f"{100 * result.found_share:.1f} %", *figures)
    out.print(table)
    table = Table("px from what was seen", *(camera.name for camera in views.rig), box=None)
    for result in results:
        table.add_row(result.name, *map(number, result.reprojection_px.values()))
        if result.held_out_px:
            table.add_row(f"{result.name}, without the camera", *map(number, result.held_out_px.values()))
    out.print(table)


def rig_json(
    opened: OpenedViews, found: ChosenPerson, results: list[RigFigures], judged: Sequence[TruthFigures] = ()
) -> dict[str, Any]:
    """What `--json` writes; judged: of each result, where the truth is known."""
    truths = [{"truth": each.to_json()} for each in judged] or [{}] * len(results)
    return {
        "frames": len(found.views),
        "views": _views(opened, found),
        "people": [
            {
                "id": person.id,
                "frames": person.frames,
                "moved_m": person.moved_m,
                "chosen": person is found.person,
            }
            for person in found.people
        ],
        "models": [result.to_json() | truth for result, truth in zip(results, truths, strict=True)],
        "notes": list(opened.notes),
    }


def _views(opened: OpenedViews, found: ChosenPerson) -> list[dict[str, Any]]:
    """A row for each camera."""
    rows: list[dict[str, Any]] = []
    refined = found.refined
    before = after = None
    if refined is not None:
        before, after = refined.before.view_errors(), refined.after.view_errors()
    for view, camera in enumerate(found.views.rig):
        row: dict[str, Any] = {
            "name": camera.name,
            "file": opened.files[view].name,
            "rate_hz": opened.rates_hz[view],
            "dropped": opened.dropped[view],
            "image_size": list(camera.image_size),
            "seen_share": float((found.views.confidence[view] > 0).mean()),
        }
        if found.offsets_s is not None:
            row["offset_ms"] = 1000 * float(found.offsets_s[view])
        if refined is not None and before is not None and after is not None:
            degrees, metres = refined.moved[view]
            row |= {"before_px": float(before[view]), "after_px": float(after[view])}
            row |= {"turned_deg": float(degrees), "moved_cm": 100 * float(metres)}
        rows.append(row)
    return rows


COMMANDS: dict[str, Callable[..., None]] = {"rig": rig}
