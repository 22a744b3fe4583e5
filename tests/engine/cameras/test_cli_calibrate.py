"""The commands of `kinestate calibrate`, on files as people have them."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from board_fakes import Studio
from rig_fakes import person, ring, seen
from test_boards import CHARUCO, FACING, camera, poses
from typer.testing import CliRunner

from engine.cameras.files import calibration_text, read_calibration
from engine.cameras.rotation_vectors import angle_between, matrix_of
from engine.cli.app import app
from engine.motion.stature import stature

NAMES = [
    *("root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot", "spine", "thorax"),
    *("neck_base", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
]


def run(*words):
    result = CliRunner().invoke(app, ["calibrate", *map(str, words)])
    return result.exit_code, result.output


def written(path, pixels):
    """(T, 17, 2) H36M-17 keypoints as MMPose writes them, which says nothing of the picture's size."""
    frames = [
        {"frame_id": t, "instances": [{"keypoints": xy.tolist(), "keypoint_scores": [0.9] * 17}]}
        for t, xy in enumerate(pixels)
    ]
    info = {"keypoint_id2name": {str(j): name for j, name in enumerate(NAMES)}}
    path.write_text(json.dumps({"meta_info": info, "instance_info": frames}))
    return path


@pytest.fixture
def rig(tmp_path):
    """A calibration, and what its cameras see of somebody who walks."""
    cameras = ring(4)
    file = tmp_path / "rig.toml"
    file.write_text(calibration_text(file, cameras), "utf-8")
    walk = person("walk", 90)
    pixels = seen(cameras, walk) + np.random.default_rng(0).normal(0, 2, (90, 4, 17, 2))
    views = [written(tmp_path / f"{c.name}.json", pixels[:, v]) for v, c in enumerate(cameras)]
    return cameras, file, views, walk


def test_show_and_convert(rig, tmp_path):
    cameras, file, _, _ = rig
    code, said = run("show", file, "--json", tmp_path / "o.json")
    assert code == 0 and "4 cameras, TOML" in said and "1920 x 1080" in said
    assert json.loads((tmp_path / "o.json").read_text())["cameras"][1]["focal_px"] == list(cameras[1].focal)
    code, _ = run("convert", file, tmp_path / "rig.yml")
    found = read_calibration(tmp_path / "rig.yml").cameras
    assert code == 0 and angle_between(found[2].rotation, cameras[2].rotation) < 1e-5
    code, said = run("convert", file, tmp_path / "rig.xyz")
    assert code == 2 and said.strip().endswith("choose one of them.")
    code, said = run("show", tmp_path / "nothing.toml")
    assert code == 2 and "check the path" in said


@pytest.mark.slow
def test_refine(rig, tmp_path):
    cameras, file, views, _ = rig
    moved = replace(cameras[2], rotation=matrix_of(np.array([0.0, 0.02, 0.01])) @ cameras[2].rotation)
    file.write_text(calibration_text(file, [*cameras[:2], moved, cameras[3]]), "utf-8")
    written_to = ("--out", tmp_path / "new.toml", "--json", tmp_path / "o.json")
    code, said = run("refine", file, *views, "--rate-hz", 60, "--offsets", *written_to)
    assert code == 0, said
    figures = json.loads((tmp_path / "o.json").read_text())
    assert max(figures["after_px"]) < 4 < max(figures["before_px"])
    assert np.abs(figures["offsets_s"]).max() < 0.02
    new = read_calibration(tmp_path / "new.toml").cameras
    off = angle_between(moved.rotation, cameras[2].rotation)
    assert angle_between(new[2].rotation, cameras[2].rotation) < 0.7 < off
    code, said = run("refine", file, *views[:3])
    assert code == 2 and "The calibration has 4 cameras; give as many keypoints, not 3." in said


def test_people_with_a_lifting_model(rig, tmp_path):
    cameras, file, views, walk = rig
    words = ("--height", f"{stature(walk):.3f}", "--lenses", file, "--rate-hz", 60, "--out", tmp_path / "new.json")
    code, said = run("people", *views, *words)
    assert code == 0, said
    new = read_calibration(tmp_path / "new.json").cameras
    for k in range(1, 4):
        found, true = new[k].rotation @ new[0].rotation.T, cameras[k].rotation @ cameras[0].rotation.T
        assert angle_between(found, true) < 1
        ratio = np.linalg.norm(new[k].centre - new[0].centre) / np.linalg.norm(cameras[k].centre - cameras[0].centre)
        assert ratio == pytest.approx(1, abs=0.03)


@pytest.mark.slow
def test_board(tmp_path):
    cameras = [camera("left"), camera("right", (0.7, -1.0, 0.8))]
    floor = (FACING, np.array([-0.25, 0.15, 0.0]))
    for view in cameras:
        studio, folder = Studio(view), tmp_path / "shots" / view.name
        folder.mkdir(parents=True)
        for number, pose in enumerate([*poses(6, CHARUCO), floor]):
            cv2.imwrite(str(folder / f"{number}.png"), studio.picture(CHARUCO, *pose))
    board = ("--columns", 6, "--rows", 4, "--square", 0.1, "--kind", "charuco")
    shots = tmp_path / "shots"
    written_to = ("--out", tmp_path / "rig.toml", "--json", tmp_path / "o.json")
    code, said = run("board", shots, *board, "--together", shots, "--floor", *written_to)
    assert code == 0, said
    figures = json.loads((tmp_path / "o.json").read_text())
    assert figures["error_px"] < 0.5 and figures["square_m"] == pytest.approx(0.1, rel=0.01)
    for true, found in zip(cameras, read_calibration(tmp_path / "rig.toml").cameras, strict=True):
        assert found.name == true.name and found.focal[0] == pytest.approx(true.focal[0], rel=0.03)
        assert found.centre[2] == pytest.approx(true.centre[2], abs=0.06)
    code, said = run("board", tmp_path, *board)
    assert code == 2 and "holds no folders of pictures" in said
