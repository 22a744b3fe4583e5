"""An exported glTF in three.js, in a headless browser: every joint where the program has it, and the skin around it."""

from __future__ import annotations

import base64
import os

import cv2
import numpy as np
import pytest
from headless import missing, open_in_browser, validate
from motion_fakes import person

from engine.body.library import body
from engine.body.model import FROM_SMPL
from engine.body.skinning import Bones, bones_of, skinned
from engine.export.motion.formats import FORMATS
from engine.motion.skeleton import SMPL_24

if reason := missing():
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)

MM = 1e-3
FRAMES = [0, 1, 17, 39]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """(the motion, some vertices, what the browser found, the file)"""
    motion = person(40)
    path = tmp_path_factory.mktemp("glb") / "walk.glb"
    FORMATS["glb"].write(motion, path)
    vertices = np.random.default_rng(0).choice(len(body("tubes")), 300, replace=False)
    times = motion.joints.times[FRAMES]
    return motion, vertices, open_in_browser(path, times.tolist(), vertices.tolist()), path


def in_program_axes(points):
    return np.array(points) @ FROM_SMPL.T


def test_the_validator_finds_nothing(opened):
    found = validate(opened[3])
    assert found["messages"] == [] and found["numErrors"] == found["numWarnings"] == 0


def test_it_opens(opened):
    motion, _, found, _ = opened
    assert found["error"] is None
    assert found["bones"] == list(SMPL_24.names)
    assert found["duration"] == pytest.approx(motion.joints.times[-1], abs=1e-6)


def test_joints_agree(opened):
    motion, _, found, _ = opened
    for frame, seen in zip(FRAMES, found["frames"], strict=True):
        assert np.abs(in_program_axes(seen["joints"]) - motion.joints.positions[frame]).max() < MM


def test_between_two_frames_it_moves_evenly(opened, tmp_path):
    motion, vertices, _, path = opened
    middle = float(motion.joints.times[5] + motion.joints.times[6]) / 2
    found = open_in_browser(path, [middle], [int(vertices[0])])
    from engine.kinds import as_joints

    expected = as_joints(motion.body.at(np.array([middle])), SMPL_24).positions[0]
    assert np.abs(in_program_axes(found["frames"][0]["joints"]) - expected).max() < MM


def test_the_skin_agrees_but_for_the_pose_directions(opened):
    motion, vertices, found, _ = opened
    model, pose = body("tubes"), motion.body
    bones = bones_of(model, pose.take(np.array(FRAMES)))
    plain = Bones(bones.joints, bones.turned, bones.shifts, np.zeros_like(bones.features))
    expected = skinned(model, plain, model.shaped(pose.shape)[vertices], vertices)
    for seen, wanted in zip(found["frames"], expected, strict=True):
        assert np.abs(in_program_axes(seen["vertices"]) - wanted).max() < MM


def test_it_says_what_it_is(opened):
    said = opened[2]["extras"]
    assert (said["unit"], said["rate_hz"], said["clip"], said["body"]) == ("metres", 60.0, "walk", "tubes")
    assert "Y up" in said["axes"] and any("pose directions" in note for note in said["notes"])


def test_it_is_drawn(opened, tmp_path):
    picture = opened[2]["picture"]
    if picture is None:
        pytest.skip("this browser has no WebGL to draw with")
    data = np.frombuffer(base64.b64decode(picture.split(",")[1]), np.uint8)
    if folder := os.environ.get("KINESTATE_PICTURES"):
        (opened[3].parent / "browser.png").write_bytes(data.tobytes())
        os.replace(opened[3].parent / "browser.png", os.path.join(folder, "browser.png"))
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    body_share = (grey < 240).mean()
    assert 0.03 < body_share < 0.6 and np.ptp(grey[grey < 240]) > 60  # somebody stands there, lit from one side
