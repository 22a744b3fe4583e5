"""Pictures in files as cameras: Shelf's, Campus's and CMU Panoptic's folders, from painted people to their joints."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rig_fakes import person, ring, seen
from typer.testing import CliRunner

from engine.cameras.files import calibration_text
from engine.cameras.picture_files import PictureFiles, numbers_of, picture_files, series_in
from engine.cameras.picture_size import at_size
from engine.cameras.pictures_at import PicturesAt
from engine.cameras.pinhole import Camera
from engine.cli.app import app
from engine.detector import filmed_kept
from engine.detector.detection import Detection
from engine.detector.filmed import people_in_video
from engine.errors import InputError
from engine.experiment.view_files import by_name, films_in
from engine.motion.skeleton import H36M_17

cv2 = pytest.importorskip("cv2")

FIRST, FRAMES = 300, 8
SIZE = (192, 108)


def small(views: int) -> tuple[Camera, ...]:
    """A ring whose pictures are a tenth of the usual size."""
    return tuple(
        replace(c, focal=(c.focal[0] / 10, c.focal[1] / 10), principal=(96.0, 54.0), image_size=SIZE)
        for c in ring(views)
    )


LAYOUTS = {
    "Shelf": lambda view, number: f"Camera{view}/img_{number:06d}.png",
    "Campus": lambda view, number: f"campus4-c{view}-{number:05d}.png",
    "Panoptic": lambda view, number: f"hdImgs/00_{view:02d}/00_{view:02d}_{number:08d}.png",
}
NAMES = {"Panoptic": "00_{:02d}"}


class Reads:
    """A detector that finds the joints of every frame where a picture's first pixels say which frame it is."""

    name, skeleton = "reads", H36M_17

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.calls = pixels, 0

    def detect(self, picture: np.ndarray, people: int = 1) -> list[Detection]:
        self.calls += 1
        view, frame = picture[0, 0, :2]
        return [Detection(self.pixels[frame, view], np.ones(17), 1.0, (0, 0, 1, 1))]

    def reset(self) -> None: ...


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Reads:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    filmed_kept._LATEST.clear()
    reads = Reads(seen(small(3), person("walk", FRAMES)))
    monkeypatch.setattr("engine.detector.library.open_detector", lambda name, threads=1: reads)
    return reads


def painted(folder: Path, layout: str, *, missing: tuple[tuple[int, int], ...] = ()) -> Path:
    """Pictures of three cameras, whose first pixel holds camera and frame."""
    for view in range(3):
        for frame in range(FRAMES):
            file = folder / LAYOUTS[layout](view, FIRST + frame)
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = np.zeros((*SIZE[::-1], 3), np.uint8)
            picture[0, 0, :2] = view, frame
            if (view, frame) not in missing:
                cv2.imwrite(str(file), picture)
    return folder


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_of_pictures_is_a_rig_s_film(layout: str, tmp_path: Path, detector: Reads) -> None:
    name = NAMES.get(layout, "{}")
    cameras = tuple(replace(camera, name=name.format(view)) for view, camera in enumerate(small(3)))
    file, out = tmp_path / "rig.toml", tmp_path / "o.json"
    file.write_text(calibration_text(file, cameras))
    folder = painted(tmp_path / layout, layout, missing=((0, 0), (1, 4)))
    args = ["rig", "--calibration", str(file), "--videos", str(folder), "--model", "triangulation", "--json", str(out)]
    done = CliRunner().invoke(app, [*args, "--motion", str(tmp_path / "walk.csv")])
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())
    assert told["frames"] == FRAMES - 1  # the first picture that all cameras have is the second one
    assert [view["name"] for view in told["views"]] == [camera.name for camera in cameras]
    assert [view["dropped"] for view in told["views"]] == [0, 1, 0]
    assert all(view["rate_hz"] == pytest.approx(25, rel=0.2) for view in told["views"]) and "25 Hz" in told["notes"]
    px = told["models"][0]["reprojection_px"]
    assert max(px.values()) < 0.2  # pictures of one moment: a frame's step of the walk is about a pixel
    calls = detector.calls
    done = CliRunner().invoke(app, [*args, "--rate-hz", "50"])
    told = json.loads(out.read_text())
    assert done.exit_code == 0 and detector.calls == calls  # kept, at whatever rate they are
    assert told["views"][2]["rate_hz"] == pytest.approx(50) and "25 Hz" not in told["notes"]


def test_names_of_layouts_find_their_cameras(tmp_path: Path) -> None:
    def matched(names: tuple[str, ...], *files: str) -> list[str]:
        cameras = [replace(camera, name=name) for name, camera in zip(names, ring(len(names)), strict=True)]
        return [path.name for _, path in by_name(cameras, [tmp_path / file for file in files], tmp_path)[0]]

    shelf = [f"Camera{k}" for k in range(11)]
    assert matched(("0", "1", "10"), *shelf) == ["Camera0", "Camera1", "Camera10"]
    campus = [f"campus4-c{k}-*.png" for k in range(5)]
    assert matched(("0", "4"), *campus) == ["campus4-c0-*.png", "campus4-c4-*.png"]
    assert matched(("00_03", "00_13"), "hd_00_03.mp4", "hd_00_13.mp4", "vga_01_03.mp4") == [
        *("hd_00_03.mp4", "hd_00_13.mp4")
    ]
    many = [replace(ring(1)[0], name=f"{k:02d}_{j:02d}") for k in range(5) for j in range(4)]
    pairs, said = by_name(many, [tmp_path / "00_00", tmp_path / "00_03"], tmp_path)
    assert len(pairs) == 2 and said == ["No file for 18 of the 20 cameras: left out."]


def test_files_fall_apart_into_cameras_and_count_by_their_numbers(tmp_path: Path) -> None:
    for name in ("a-1-9.png", "a-1-10.png", "a-2-9.png", "plan.txt"):
        (tmp_path / name).write_bytes(b"")
    one, two = series_in(tmp_path)
    assert (one.name, two.name) == ("a-1-*.png", "a-2-*.png") and films_in(tmp_path) == [one, two]
    files = picture_files(one)
    assert [file.name for file in files] == ["a-1-9.png", "a-1-10.png"] and numbers_of(files) == [9, 10]
    assert numbers_of(picture_files(tmp_path)) == [0, 1, 2]  # two series: no number says anything
    assert numbers_of([tmp_path / "left.png"]) == [0]
    with pytest.raises(InputError, match="holds no pictures"):
        picture_files(tmp_path / "b-*.png")
    (tmp_path / "empty").mkdir()
    assert films_in(tmp_path / "empty") == []


def test_pictures_are_found_by_their_moment(tmp_path: Path, detector: Reads) -> None:
    folder = painted(tmp_path / "Campus", "Campus", missing=((1, 4),))
    path = folder / "campus4-c1-*.png"
    assert [at for at, _ in PictureFiles(path, 2.0)] == [k / 2 for k in range(FRAMES - 1)]
    found = people_in_video(path, "reads", 2, pictures_hz=10)
    np.testing.assert_allclose(found.times, np.delete(FIRST + np.arange(FRAMES), 4) / 10)
    film, footage = PicturesAt(path), found.provenance.footage
    assert footage is not None
    for time, frame in zip(found.times, np.delete(np.arange(FRAMES), 4), strict=True):
        assert film.picture(footage.at(time))[0, 0, 1] == frame
    assert film.picture(FIRST + 4)[0, 0, 1] == 3 and film.picture(0)[0, 0, 1] == 0
    assert film.picture(FIRST, (96, 1080)).shape == (54, 96, 3)
    (folder / f"campus4-c1-{FIRST:05d}.png").write_bytes(b"none")
    with pytest.raises(InputError, match="cannot be read"):
        film.picture(FIRST)


def test_a_picture_s_size_that_was_guessed_gives_way() -> None:
    camera = ring(1)[0]
    kept, said = at_size(camera, (1900, 1060), sized=False)
    assert kept.focal == camera.focal and kept.principal == camera.principal and not said
    assert kept.image_size == (1900, 1060)
    assert at_size(camera, (1900, 1060))[1] and at_size(camera, (960, 540), sized=False)[0].focal[0] < camera.focal[0]
