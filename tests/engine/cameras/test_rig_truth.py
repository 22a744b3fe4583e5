"""Truth of several people in several cameras: the files that hold it, and everybody's figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rig_fakes import person, ring, seen
from test_rig_files import written
from typer.testing import CliRunner

from engine.cameras.files import calibration_text
from engine.cli.app import app
from engine.data.people_truth import read_people_truth
from engine.errors import InputError
from engine.motion.conversions import RULES
from engine.motion.rules import apply_rule
from engine.motion.skeleton import H36M_17, PANOPTIC_15, SHELF_14, Skeleton
from engine.untrusted.mat_file import read_mat

savemat = pytest.importorskip("scipy.io").savemat

FRAMES = 12
GONE = slice(8, 12)
"""Frames in which the second person is not there."""


def in_layout(points: np.ndarray, layout: Skeleton) -> np.ndarray:
    return apply_rule(RULES[H36M_17.name, layout.name].rule, H36M_17, layout, points)


def two_people() -> tuple[np.ndarray, np.ndarray]:
    walk = person("walk", FRAMES)
    other = person("wave", FRAMES) + [0.3, 1.4, 0]
    other[GONE] = np.nan
    return walk, other


def cells(*entries: object) -> np.ndarray:
    held = np.empty((1, len(entries)), object)
    held[0] = entries
    return held


def actors_file(path: Path, people: tuple[np.ndarray, ...], *, before: int = 0, compressed: bool = True) -> Path:
    """As Shelf has it: {1}{person}{frame} (14, 3), empty where a person is not there; before: empty frames."""
    tracks = []
    for points in people:
        frames = [np.zeros((0, 0))] * before + [np.zeros((0, 0)) if np.isnan(p).any() else p for p in points]
        tracks.append(cells(*frames).T)
    savemat(path, {"actor3D": cells(cells(*tracks))}, do_compression=compressed)
    return path


def panoptic_folder(folder: Path, people: tuple[np.ndarray, ...]) -> Path:
    """As CMU Panoptic has it: centimetres, Y down, a file a frame."""
    folder.mkdir(parents=True)
    for frame in range(len(people[0])):
        bodies = []
        for who, points in enumerate(people):
            if np.isfinite(points[frame]).all():
                x, y, z = 100 * points[frame].T
                rows = np.vstack([np.stack([x, -z, y, 0 * x + 0.8], -1), np.zeros((4, 4)) + [0, 0, 0, -1]])
                bodies.append({"id": who, "joints19": rows.ravel().tolist()})
        name = folder / f"body3DScene_{frame:08d}.json"
        name.write_text(json.dumps({"version": 0.7, "univTime": 1.0, "fpsType": "hd_29_97", "bodies": bodies}))
    return folder


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four cameras' keypoints of two people, off by 2 px."""
    base, cameras = tmp_path_factory.mktemp("studio"), ring(4)
    rng, folder, file = np.random.default_rng(0), base / "poses", base / "rig.toml"
    folder.mkdir()
    pixels = [seen(cameras, who) + rng.normal(0, 2, (FRAMES, 4, 17, 2)) for who in two_people()]
    for view, camera in enumerate(cameras):
        written(folder / f"{camera.name}.json", [each[:, view] for each in pixels[:: 1 if view % 2 else -1]])
    file.write_text(calibration_text(file, cameras))
    return file, folder


def told_by(studio: tuple[Path, Path], truth: Path, out: Path, models: str = "triangulation") -> tuple[dict, str]:
    file, folder = studio
    done = CliRunner().invoke(
        app,
        ["rig", "--calibration", str(file), "--detections", str(folder), "--rate-hz", "30", "--truth", str(truth)]
        + ["--model", models, "--json", str(out)],
    )
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())
    assert len(told["people"]) == 2
    return {model["name"]: model["truth"] for model in told["models"]}, done.output


def test_pcp_of_every_actor(studio, tmp_path: Path) -> None:
    walk, other = (in_layout(points, SHELF_14) for points in two_people())
    nobody = np.full_like(walk, np.nan)
    found, printed = told_by(studio, actors_file(tmp_path / "actorsGT.mat", (walk, other, nobody)), tmp_path / "o.json")
    figures = found["triangulation"]
    assert figures["frames"] == FRAMES and figures["pcp_percent"]["actors"] == [100, 100, None]
    assert figures["pcp_percent"]["mean"] == 100 and "actor 2" in printed and "against the truth" in printed
    moved = other + [0, 0, 0.5]  # truth that is 0.5 m elsewhere: all parts but the longest are wrong
    found, _ = told_by(studio, actors_file(tmp_path / "actorsGT.mat", (walk, moved)), tmp_path / "o.json")
    assert found["triangulation"]["pcp_percent"]["actors"] == [100, 0]
    assert found["triangulation"]["pcp_percent"]["mean"] == 50


def test_precision_over_everybody(studio, tmp_path: Path) -> None:
    people = tuple(in_layout(points, PANOPTIC_15) for points in two_people())
    panoptic_folder(tmp_path / "sequence" / "hdPose3d_stage1_coco19", people)
    models = "triangulation,mv_ssm_keypoints_mean"
    found, printed = told_by(studio, tmp_path / "sequence", tmp_path / "o.json", models)
    figures = found["triangulation"]
    assert figures["frames"] == FRAMES and 1 < figures["mpjpe_mm"] < 15 and figures["recall_500mm_percent"] == 100
    assert figures["ap_percent"] == dict.fromkeys(("25", "50", "75", "100", "125", "150"), 100)
    assert figures["map_percent"] == 100 and "AP25" in printed
    assert found["mv_ssm_keypoints_mean"]["mpjpe_mm"] < 60
    third = people[0] + [0, -1.5, 0]  # whom no camera shows
    panoptic_folder(tmp_path / "three", (*people, third))
    found, _ = told_by(studio, tmp_path / "three", tmp_path / "o.json")
    missed = 100 * (2 * FRAMES - 4) / (3 * FRAMES - 4)
    assert found["triangulation"]["recall_500mm_percent"] == pytest.approx(missed)
    assert found["triangulation"]["ap_percent"]["50"] == pytest.approx(missed)


@pytest.mark.parametrize("compressed", [True, False])
def test_actors_are_read_in_frames_in_which_somebody_is(tmp_path: Path, compressed: bool) -> None:
    walk, other = (in_layout(points, SHELF_14) for points in two_people())
    path = actors_file(tmp_path / "a.mat", (walk, other), before=300, compressed=compressed)
    truth = read_people_truth(path)
    assert truth.skeleton is SHELF_14 and truth.numbers.tolist() == list(range(300, 300 + FRAMES))
    np.testing.assert_array_equal(truth.points, np.stack([walk, other], 1))
    one = read_people_truth(actors_file(tmp_path / "one.mat", (walk[:1],)))
    np.testing.assert_array_equal(one.points, walk[:1, None])


def test_damaged_files_are_refused_and_nothing_else_happens(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for compressed in (False, True):
        path = actors_file(tmp_path / "a.mat", (rng.uniform(0, 1, (3, 14, 3)),), before=1, compressed=compressed)
        content, read = path.read_bytes(), 0
        for _ in range(150):
            damaged = bytearray(content)
            for place in rng.integers(124, len(content), 3):
                damaged[place] = rng.integers(256)
            path.write_bytes(bytes(damaged[: rng.integers(100, 5 * len(content))]))
            try:
                read += len(read_people_truth(path).points) > 0
            except InputError as error:
                assert str(error).startswith("a.mat: ")
        assert read < 150


def test_matrices_are_what_scipy_wrote(tmp_path: Path) -> None:
    held = {"x": np.arange(6, dtype=np.int16).reshape(2, 3), "y": cells(np.eye(3), np.eye(3)), "z": np.zeros((0, 0))}
    savemat(tmp_path / "a.mat", held | {"text": "run me", "s": {"a": 1}, "c": np.array([1 + 2j])})
    found = read_mat(tmp_path / "a.mat")
    np.testing.assert_array_equal(found["x"], held["x"])
    assert found["y"].shape == (1, 2) and all(np.array_equal(entry, np.eye(3)) for entry in found["y"][0])
    assert found["z"].shape == (0, 0) and found["text"] is found["s"] is found["c"] is None


def test_panoptic_is_read_in_the_cameras_world(tmp_path: Path) -> None:
    people = tuple(in_layout(points, PANOPTIC_15) for points in two_people())
    truth = read_people_truth(panoptic_folder(tmp_path / "poses", people))
    assert truth.skeleton is PANOPTIC_15 and truth.numbers.tolist() == list(range(FRAMES))
    np.testing.assert_allclose(truth.points, np.stack(people, 1), atol=1e-9)
    unseen = tmp_path / "poses" / "body3DScene_00000003.json"
    frame = json.loads(unseen.read_text())
    frame["bodies"][0]["joints19"][2 * 4 + 3] = 0.05  # the pelvis
    frame["bodies"][1]["joints19"][5 * 4 + 3] = 0.05  # a wrist
    unseen.write_text(json.dumps(frame))
    truth = read_people_truth(tmp_path / "poses")
    assert np.isnan(truth.points[3, 0]).all()
    assert np.isnan(truth.points[3, 1]).any(-1).nonzero()[0].tolist() == [5]


def test_wrong_truth_is_refused_in_a_sentence(studio, tmp_path: Path) -> None:
    walk = in_layout(person("walk", FRAMES), SHELF_14)
    good = actors_file(tmp_path / "good.mat", (walk,))
    content = good.read_bytes()
    (tmp_path / "cut.mat").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.mat").write_text("no matrices" * 40)
    (tmp_path / "empty.mat").write_bytes(b"")
    savemat(tmp_path / "old.mat", {"actor3D": walk[0]}, format="4")
    savemat(tmp_path / "other.mat", {"actors": walk})
    savemat(tmp_path / "plain.mat", {"actor3D": walk})
    savemat(tmp_path / "shape.mat", {"actor3D": cells(cells(cells(walk[0][:13])))})
    savemat(tmp_path / "text_in.mat", {"actor3D": cells(cells(cells("run me")))})
    savemat(tmp_path / "struct.mat", {"actor3D": cells({"a": 1})})
    savemat(tmp_path / "none.mat", {"actor3D": cells(cells(np.zeros((0, 0))))})
    savemat(tmp_path / "far.mat", {"actor3D": cells(cells(cells(1e6 * walk[0])))})
    (tmp_path / "folder").mkdir()
    for name, said in {
        "cut.mat": "is damaged", "text.mat": "is no MATLAB file", "empty.mat": "is empty", "old.mat": "is no MATLAB",
        "other.mat": "actor3D is missing", "plain.mat": "is no cell", "shape.mat": "something else",
        "text_in.mat": "is no cell", "struct.mat": "is no cell", "none.mat": "are in no frame",
        "far.mat": "m away", "gone.mat": "does not exist", "folder": "people are missing",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=said):
            read_people_truth(tmp_path / name)
    file, folder = studio
    late = actors_file(tmp_path / "late.mat", (walk,), before=300)
    args = ["rig", "--calibration", str(file), "--detections", str(folder), "--rate-hz", "30", "--truth", str(late)]
    done = CliRunner().invoke(app, [*args, "--model", "triangulation"])
    assert done.exit_code == 2 and "frames are 300 to 311, not 0 to 11" in " ".join(done.stderr.split())


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.mat"
    savemat(bomb, {"actor3D": np.zeros((600, 1000))}, do_compression=True)
    assert bomb.stat().st_size < 100_000
    monkeypatch.setattr("engine.untrusted.mat_file.MOST_BYTES", 1_000_000)
    with pytest.raises(InputError, match="above the limit"):
        read_people_truth(bomb)
