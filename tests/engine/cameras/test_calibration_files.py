"""Calibration files: round trips, the real recording's, other programs' layouts, damaged ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rig_fakes import ring

from engine.cameras.files import FORMS, calibration_text, read_calibration
from engine.cameras.picture_size import at_size
from engine.cameras.pinhole import Camera
from engine.cameras.rotation_vectors import angle_between, matrix_of, vector_of
from engine.errors import InputError

REAL = Path(__file__).parents[4] / "shared/data/multiview/pose2sim_single"
real = pytest.mark.skipif(not REAL.exists(), reason="the four-camera recording in ../shared/data is not there")


def same(a: Camera, b: Camera) -> None:
    """One camera as the other: name, size and lens; pixels to 1e-6."""
    points = np.random.default_rng(0).normal([0, 0, 1], 0.5, (50, 3))
    assert (a.name, a.image_size) == (b.name, b.image_size)
    np.testing.assert_allclose(a.project(points)[0], b.project(points)[0], atol=1e-6)


@pytest.mark.parametrize("ending", FORMS)
@pytest.mark.parametrize("lens", [(), (-0.1, 0.02, 0.001, -0.002), (-0.1, 0.02, 0.0, 0.0, 0.003, 0.1, 0.02, 0.01)])
def test_what_is_written_comes_back(tmp_path, ending, lens):
    cameras = ring(3, lens=lens)
    path = tmp_path / f"rig{ending}"
    path.write_text(calibration_text(path, cameras), "utf-8")
    found = read_calibration(path)
    for a, b in zip(found.cameras, cameras, strict=True):
        same(a, b)


def test_projections_equal_opencv_s(tmp_path):
    path = tmp_path / "rig.json"
    path.write_text(calibration_text(path, ring(2)), "utf-8")
    entry = json.loads(path.read_text())["cameras"][1]
    points = np.random.default_rng(0).normal([0, 0, 1], 0.4, (40, 3))
    vector, _ = cv2.Rodrigues(np.array(entry["R"]))
    expected, _ = cv2.projectPoints(points, vector, np.array(entry["t"]), np.array(entry["K"]), np.array(entry["dist"]))
    np.testing.assert_allclose(read_calibration(path).cameras[1].project(points)[0], expected[:, 0], atol=1e-6)


@real
def test_the_real_recording_s():
    found = read_calibration(REAL / "calibration/Calib.qca.txt")
    assert [camera.name for camera in found.cameras] == ["cam01", "cam02", "cam03", "cam04"]
    first = found.cameras[0]
    assert first.image_size == (1088, 1920) and first.focal[0] == pytest.approx(107599.671875 / 64)
    np.testing.assert_allclose(first.centre, [1.46023, -1.90916, 1.89651], atol=1e-4)
    assert first.distortion[:4] == (-0.046183, 0.139983, 0.000608, 0.00069)
    for camera in found.cameras:  # each looks at the beam, which lies in front of it and in the picture
        pixel, depth = camera.project(np.array([-1.0, 0, 0.05]))
        assert 2 < depth < 6 and 0 < pixel[0] < 1088 and 900 < pixel[1] < 1920


def test_millimetres_are_told_from_metres(tmp_path):
    cameras = [replace(camera, centre=camera.centre * 1000) for camera in ring(3)]
    path = tmp_path / "anipose.toml"
    path.write_text(calibration_text(path, cameras).replace('unit = "metres"', ""), "utf-8")
    found = read_calibration(path)
    same(found.cameras[0], ring(3)[0])
    assert "Places were taken for millimetres." in found.notes


def test_easymocap_s_pair_of_files(tmp_path):
    camera = ring(1)[0]
    whole = calibration_text("a.yml", [camera]).splitlines()
    head, names = whole[:2], whole[2:4]
    body = "\n".join(whole[4:])
    inside, outside = body.split("W_cam1")[0], "R_cam1" + body.split("R_cam1", 1)[1]
    (tmp_path / "intri.yml").write_text("\n".join([*head, *names, inside]))
    (tmp_path / "extri.yml").write_text("\n".join([*head, *names, outside]))
    for given in (tmp_path, tmp_path / "extri.yml"):
        found = read_calibration(given)
        assert found.cameras[0].focal == camera.focal
        assert angle_between(found.cameras[0].rotation, camera.rotation) < 1e-6
        assert any("twice the principal point" in note for note in found.notes)
    (tmp_path / "extri.yml").unlink()
    with pytest.raises(InputError, match="R_cam1 is missing; keep intri"):
        read_calibration(tmp_path / "intri.yml")


def test_shelf_and_campus_are_read_as_voxelpose_writes_them(tmp_path):
    """x_cam = R (X - T) in mm; k and p apart."""
    lens = (-0.1, 0.02, 0.001, -0.002, 0.003)
    cameras = ring(3, lens=lens)
    entries = {
        str(number): {
            "R": camera.rotation.tolist(), "T": (1000 * camera.centre)[:, None].tolist(),
            "fx": camera.focal[0], "fy": camera.focal[1], "cx": camera.principal[0], "cy": camera.principal[1],
            "k": [[lens[0]], [lens[1]], [lens[4]]], "p": [[lens[2]], [lens[3]]],
        }
        for number, camera in enumerate(cameras)
    }  # fmt: skip
    path = tmp_path / "calibration_shelf.json"
    path.write_text(json.dumps(entries))
    found = read_calibration(path)
    assert [camera.name for camera in found.cameras] == ["0", "1", "2"] and "millimetres" in found.notes[0]
    for number, (a, b) in enumerate(zip(found.cameras, cameras, strict=True)):
        same(a, replace(b, name=str(number), image_size=a.image_size))
    del entries["1"]["T"]
    path.write_text(json.dumps(entries))
    with pytest.raises(InputError, match="1 T is missing"):
        read_calibration(path)


def test_panoptic_s_cameras_stand_upright(tmp_path):
    """A level camera 3 m away at 1.5 m, in Panoptic's centimetres with Y down."""
    level = {
        "name": "00_00", "type": "hd", "resolution": [1920, 1080], "panel": 0, "node": 0,
        "K": [[1400, 0, 960], [0, 1400, 540], [0, 0, 1]], "distCoef": [-0.2, 0.1, 0, 0, 0.01],
        "R": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "t": [[0], [150], [300]],
    }  # fmt: skip
    path = tmp_path / "calibration_171204_pose1.json"
    path.write_text(json.dumps({"calibDataSource": "x", "cameras": [level]}))
    camera = read_calibration(path).cameras[0]
    np.testing.assert_allclose(camera.centre, [0, -3, 1.5], atol=1e-12)
    assert camera.project(np.array([0, 0, 2.0]))[0][1] < 540  # what is higher is higher in the picture


DAMAGED = {
    "a.toml": "[cam]\nname='a'\nmatrix=[[1,2],[3]]\nrotation=[0,0,0]\ntranslation=[0,0,0]\n",
    "b.json": '{"cameras": [{"K": [1, 2, "x"]}]}',
    "c.json": "{" * 5000,
    "d.yml": "%YAML:1.0\n---\nnames: [ a\n",
    "e.qca.txt": "<calibration><cameras focalLengthU='1'>",
    "f.qca.txt": "<!DOCTYPE x [<!ENTITY a 'b'>]><calibration focalLengthU=''/>",
    "g.txt": "",
    "h.toml": "[cam]\nmatrix=[[9e99,0,1],[0,1,1],[0,0,1]]\nrotation=[0,0,0]\ntranslation=[0,0,0]\n",
    "i.json": '[{"K":[[900,0,1],[0,900,1],[0,0,1]],"R":[[1,0,0],[0,1,0],[0,0,9]],"t":[0,0,0]}]',
    "j.json": "[1, 2]",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_one_sentence(tmp_path, name):
    path = tmp_path / name
    path.write_text(DAMAGED[name])
    with pytest.raises(InputError, match=f"^{name}: "):
        read_calibration(path)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_calibration(tmp_path / "a.toml")
    with pytest.raises(InputError, match="holds no calibration"):
        read_calibration(tmp_path)
    with pytest.raises(InputError, match="are written as"):
        calibration_text("a.txt", ring(2))


def test_a_picture_with_bands_is_the_recording_s_trap():
    """The recording's README measured u_calibrated = 1.0075 u and v_calibrated = 1.0075 v - 7.3 for cam01."""
    camera = replace(ring(1, lens=())[0], image_size=(1088, 1920), principal=(533.0, 948.0), focal=(1681.0, 1681.0))
    changed, said = at_size(camera, (1080, 1920))
    points = np.random.default_rng(0).normal([0, 0, 1], 0.4, (30, 3))
    u, v = changed.project(points)[0].T
    np.testing.assert_allclose(1.0075 * u, camera.project(points)[0][:, 0], atol=0.6)
    np.testing.assert_allclose(1.0075 * v - 7.3, camera.project(points)[0][:, 1], atol=0.6)
    assert "with bands of 7 px" in said
    half, said = at_size(camera, (544, 960))
    np.testing.assert_allclose(half.project(points)[0] + 0.5, (camera.project(points)[0] + 0.5) / 2, atol=1e-9)
    assert "without bands" in said and at_size(camera, (1088, 1920)) == (camera, "")


def test_rotation_vectors_come_back():
    for vector in np.random.default_rng(0).normal(0, 1, (20, 3)):
        np.testing.assert_allclose(vector_of(matrix_of(vector)), vector, atol=1e-9)
        np.testing.assert_allclose(matrix_of(vector), cv2.Rodrigues(vector)[0], atol=1e-12)
    np.testing.assert_array_equal(matrix_of(np.zeros(3)), np.eye(3))
