"""Commands for calibrated cameras: `calibrate show`, `convert`, `board`, `refine` and `people`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from engine.cli.console import out, progress_bar, warn, write_json
from engine.cli.options import Json
from engine.progress import watched

if TYPE_CHECKING:
    from engine.cameras.pinhole import Camera

Calibration = Annotated[
    Path, typer.Argument(help="Calibration file, or its folder: Qualisys, TOML, OpenCV, EasyMocap, Panoptic.")
]
Views = Annotated[list[Path], typer.Argument(help="2D keypoints, a file or folder a camera, in their order.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the calibration here: .toml, .json, .yml.")]
Degrees = Annotated[float, typer.Option(min=0, help="Degrees by which poses may be off, one standard deviation.")]
Fov = Annotated[float, typer.Option(min=10, max=120, help="Degrees of the long side, without --lenses.")]
Marker = Annotated[float, typer.Option(min=0.1, max=0.95, help="Of a ChArUco board: marker's share of a square.")]
RateHz = Annotated[float | None, typer.Option(help="Frame rate of the keypoints, instead of what the files say.")]


def show(calibration: Calibration, json_file: Json = None) -> None:
    """What a calibration says: lenses, places, and what was assumed in reading it."""
    from engine.cameras.files import read_calibration

    found = read_calibration(calibration)
    out.print(f"{len(found.cameras)} cameras, {found.format}")
    _print_cameras(found.cameras)
    for note in found.notes:
        warn("assumed:", note)
    if json_file is not None:
        write_json(json_file, {"format": found.format, "notes": found.notes, "cameras": _rows(found.cameras)})


def convert(calibration: Calibration, to: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write a calibration as TOML (Pose2Sim, anipose), JSON or YAML (OpenCV, EasyMocap), by the file's ending."""
    from engine.cameras.files import read_calibration

    found = read_calibration(calibration)
    for note in found.notes:
        warn("assumed:", note)
    _write(found.cameras, to)


def board(
    lenses: Annotated[Path, typer.Argument(help="Folder with a folder of board pictures for each camera.")],
    columns: Annotated[int, typer.Option(help="Inner corners in a row, where four squares meet.")],
    rows: Annotated[int, typer.Option(help="Inner corners in a column.")],
    square: Annotated[float, typer.Option(help="Side of a square, metres.")],
    kind: Annotated[Literal["checkerboard", "charuco"], typer.Option(help="The board.")] = "checkerboard",
    dictionary: Annotated[str, typer.Option(help="Of a ChArUco board: OpenCV's name of its markers.")] = "4X4_100",
    marker: Marker = 0.75,
    together: Annotated[
        Path | None,
        typer.Option(help="The same of pictures that all cameras took at the same moments, in order: places them."),
    ] = None,
    floor: Annotated[bool, typer.Option(help="In the last pictures of those the board lies on the floor.")] = False,
    out_file: Out = None,
    json_file: Json = None,
) -> None:
    """Calibrate cameras from pictures of a board: lenses, and where the cameras are."""
    from engine.cameras.board.board import Board
    from engine.cameras.board.from_pictures import calibrate_from_pictures

    target = Board(columns, rows, square, kind, marker, dictionary)
    with progress_bar() as say, watched(share=lambda share: say(share, "finding the board")):
        found = calibrate_from_pictures(lenses, target, together, floor=floor)
    table = Table("camera", "px", "fx", "fy", "±", "pictures", "covered", box=None)
    for lens in found.lenses:
        (fx, fy), used = lens.camera.focal, f"{lens.used.sum()} of {len(lens.used)}"
        deviation, share = f"{max(lens.deviation[:2]):.1f}", f"{100 * lens.covered:.0f} %"
        table.add_row(lens.camera.name, f"{lens.error_px:.2f}", f"{fx:.1f}", f"{fy:.1f}", deviation, used, share)
    out.print(table)
    for lens in found.lenses:
        out.print(f"\n{lens.camera.name}: corners by their place in the picture")
        out.print("\n".join("  " + " ".join(f"{count:4d}" for count in row) for row in lens.coverage))
    figures: dict[str, Any] = {
        "lenses": [
            {
                "name": lens.camera.name,
                "error_px": lens.error_px,
                "errors_px": [None if e != e else float(e) for e in lens.errors_px],
                "deviation_px": lens.deviation,
                "coverage": lens.coverage.tolist(),
            }
            for lens in found.lenses
        ]
    }
    if (placed := found.placed) is not None:
        off = 100 * (placed.square_m / square - 1)
        measured = f"{1000 * placed.square_m:.2f} mm ({off:+.2f} %)"
        out.print(f"\nplaced to {placed.error_px:.2f} px; squares measure {measured}")
        figures |= {"error_px": placed.error_px, "square_m": placed.square_m}
    figures["cameras"] = _rows(found.cameras)
    _finish(found.cameras, out_file, json_file, figures)


def refine(
    calibration: Calibration,
    keypoints: Views,
    rate_hz: RateHz = None,
    offsets: Annotated[bool, typer.Option(help="Find time offsets between the cameras first.")] = False,
    rotation: Degrees = 1.0,
    distance: Annotated[float, typer.Option(min=0, help="Centimetres, likewise.")] = 5.0,
    out_file: Out = None,
    json_file: Json = None,
) -> None:
    """Refine the places of cameras on a person whom they see, near to those that are given."""
    import numpy as np

    from engine.cameras.bundle import Prior
    from engine.cameras.clocks import calibrated_offsets
    from engine.cameras.files import read_calibration
    from engine.cameras.picture_size import at_size
    from engine.cameras.refine import refine_cameras
    from engine.cameras.synchrony import shifted
    from engine.cli.calibrate_input import stacked, views_of
    from engine.motion.limb_pairs import limb_pairs
    from engine.motion.skeleton import H36M_17

    file = read_calibration(calibration)
    given = file.cameras
    views = views_of(keypoints, rate_hz, given)
    cameras = []
    for camera, view in zip(given, views, strict=True):
        sized, said = at_size(camera, view.image_size, sized=file.sized)
        cameras.append(sized)
        if said:
            warn("size:", said)
    xy, confidence = stacked(views)
    figures: dict[str, Any] = {}
    prior, pairs = Prior(float(np.radians(rotation)), distance / 100), limb_pairs(H36M_17)
    if offsets:
        rate = 1 / float(np.median(np.diff(views[0].times)))
        wrists = [H36M_17.index("left wrist"), H36M_17.index("right wrist")]
        seconds = calibrated_offsets(cameras, xy, confidence, rate, wrists, pairs, prior=prior)
        named = ", ".join(f"{camera.name} {1000 * s:+.0f} ms" for camera, s in zip(cameras, seconds, strict=True))
        out.print(f"frames are late by {named}")
        xy, confidence = shifted(xy, confidence, seconds, rate)
        figures["offsets_s"] = seconds.tolist()
    result = refine_cameras(cameras, xy, confidence, pairs, prior=prior)
    before, after = result.before.view_errors(), result.after.view_errors()
    table = Table("camera", "px before", "px after", "turned", "moved", "swapped", box=None)
    for v, camera in enumerate(result.cameras):
        degrees, metres = result.moved[v]
        swapped = f"{100 * result.after.swapped[:, v].any(-1).mean():.0f} %"
        table.add_row(
            camera.name, f"{before[v]:.1f}", f"{after[v]:.1f}", f"{degrees:.2f}°", f"{100 * metres:.1f} cm", swapped
        )
    out.print("Median reprojection error of the person's joints; frames in which limbs were exchanged.")
    out.print(table)
    figures |= {"before_px": before.tolist(), "after_px": after.tolist(), "moved": result.moved.tolist()}
    figures["cameras"] = _rows(result.cameras)
    _finish(result.cameras, out_file, json_file, figures)


def people(
    keypoints: Annotated[list[Path], typer.Argument(help="2D keypoints of one person, a file or folder a camera.")],
    height: Annotated[float, typer.Option(min=0.5, max=2.5, help="Standing height of the person, metres: the scale.")],
    lenses: Annotated[
        Path | None, typer.Option(help="Calibration of which the lenses are taken, in the same order; else assumed.")
    ] = None,
    fov: Annotated[
        float, typer.Option(min=10, max=120, help="Without --lenses: field of view of the long side.")
    ] = 60.0,
    model: Annotated[str, typer.Option(help="Lifting model that guesses depth.")] = "hummuss_small",
    rate_hz: RateHz = None,
    out_file: Out = None,
    json_file: Json = None,
) -> None:
    """Calibrate cameras without a target, on a person whom all of them see."""
    import numpy as np

    from engine.cameras.files import read_calibration
    from engine.cameras.picture_size import at_size
    from engine.cli.calibrate_input import lifted, stacked, views_of
    from engine.observation.rig_from_people import rig_from_people

    known = None if lenses is None else read_calibration(lenses).cameras
    views = views_of(keypoints, rate_hz, known)
    if known is not None:
        cameras = [at_size(camera, view.image_size)[0] for camera, view in zip(known, views, strict=True)]
    else:
        cameras = [_assumed(f"cam{k + 1}", view.image_size, fov) for k, view in enumerate(views)]
        warn("assumed:", f"a field of view of {fov:g}° along the long side, refined with the rest")
    guesses = np.stack([lifted(model, view, camera, height) for view, camera in zip(views, cameras, strict=True)])
    xy, confidence = stacked(views)
    focal_sd = 0.0 if lenses is not None else 0.1
    found = rig_from_people(
        cameras, xy, confidence, guesses[:, : len(xy)], views[0].times[: len(xy)], height_m=height, focal_sd=focal_sd
    )
    _print_cameras(found.cameras)
    errors = ", ".join(f"{camera.name} {e:.1f}" for camera, e in zip(found.cameras, found.error_px, strict=True))
    out.print(f"median error, px: {errors}")
    out.print(f"the floor from {100 * found.stance:.0f} % of the ankles; the person leans by {found.lean_deg:.1f}°")
    figures = {"errors_px": found.error_px.tolist(), "lean_deg": found.lean_deg, "stance": found.stance}
    _finish(found.cameras, out_file, json_file, figures | {"cameras": _rows(found.cameras)})


def _assumed(name: str, size: tuple[int, int], fov_deg: float) -> Camera:
    import numpy as np

    from engine.cameras.pinhole import Camera

    focal = max(size) / 2 / float(np.tan(np.radians(fov_deg) / 2))
    centre = (size[0] / 2 - 0.5, size[1] / 2 - 0.5)
    return Camera(name, np.eye(3), np.zeros(3), (focal, focal), centre, size)


def _rows(cameras: Sequence[Camera]) -> list[dict[str, Any]]:
    return [
        {
            "name": camera.name,
            "image_size": camera.image_size,
            "focal_px": camera.focal,
            "principal_px": camera.principal,
            "distortion": camera.distortion,
            "centre_m": camera.centre.tolist(),
            "rotation": camera.rotation.tolist(),
        }
        for camera in cameras
    ]


def _print_cameras(cameras: Sequence[Camera]) -> None:
    table = Table("camera", "size", "focal px", "x m", "y m", "z m", "looks to", box=None)
    for camera in cameras:
        ahead = " ".join(f"{x:+.2f}" for x in camera.rotation[2])
        size, place = f"{camera.image_size[0]} x {camera.image_size[1]}", (f"{x:.2f}" for x in camera.centre)
        table.add_row(camera.name, size, f"{camera.focal[0]:.0f}", *place, ahead)
    out.print(table)


def _write(cameras: Sequence[Camera], path: Path) -> None:
    from engine.cameras.files import calibration_text
    from engine.writing import save_text

    save_text(calibration_text(path, cameras), path)
    out.print(f"wrote {path}")


def _finish(cameras: Sequence[Camera], file: Path | None, json_file: Path | None, figures: dict[str, Any]) -> None:
    if file is not None:
        _write(cameras, file)
    if json_file is not None:
        write_json(json_file, figures)


COMMANDS: dict[str, Callable[..., None]] = {
    "show": show,
    "convert": convert,
    "board": board,
    "refine": refine,
    "people": people,
}
