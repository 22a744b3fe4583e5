"""What is exported of an experiment, through the command: truth and predictions, which frames, what is refused."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from fake_lifters import swaying
from motion_fakes import read_trc
from typer.testing import CliRunner

import engine.export.motion.chosen as chosen
from engine.body import library
from engine.cli.app import app
from engine.data.formats import bvh
from engine.data.formats.kinestate_npz import save_clip
from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, InputSettings, ModelChoice
from engine.kinds import as_joints
from engine.motion.skeleton import H36M_17, SMPL_24

MODEL, OTHER = "hummuss_small", "hummuss_small_causal"
FRAMES = 60


def kinestate(*args):
    return CliRunner().invoke(app, [str(a) for a in args], catch_exceptions=False)


def exported(path, *args):
    done = kinestate("export", *args, "-o", path)
    assert done.exit_code == 0, done.stderr
    return done


def refused(*args):
    done = kinestate("export", *args)
    assert done.exit_code == 2
    return done.stderr.strip()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "sway.npz"
    save_clip(path, swaying(FRAMES))
    return path


@pytest.fixture
def fitted(monkeypatch):
    """Lets every clip wear the same made-up motion of tubes; the clips that were asked for."""
    library.add(tube_body())
    asked = []

    def wear(clip, *, progress=None, cancel=None):
        asked.append(clip)
        return SimpleNamespace(pose=random_pose(len(clip)).at(clip.times))

    monkeypatch.setattr(chosen, "worn_body", wear)
    return asked


def test_truth_and_predictions_are_those_of_a_run(clip, tmp_path):
    exported(tmp_path / "a.trc", "--clip", clip, "--model", f"truth,{MODEL}", "--subsample", 2, "--frames", "10:50")
    experiment = Experiment(
        source=FileSource(path=str(clip), frames=(10, 50)),
        input=InputSettings(subsample=2),
        models=(ModelChoice(name=MODEL),),
    )
    results = run(experiment)
    for name, wanted in (("truth", results.truth), (MODEL, results.models[0].placed)):
        rate, labels, times, positions = read_trc(tmp_path / f"a-{name}.trc")
        assert rate == 30 and labels == [joint.replace(" ", "_") for joint in H36M_17.names]
        assert np.abs(positions - wanted.positions).max() < 1e-6
        np.testing.assert_allclose(times, wanted.times, atol=1e-6)


def test_one_person_keeps_the_name_that_was_given(clip, tmp_path):
    exported(tmp_path / "a.csv", "--clip", clip)
    exported(tmp_path / "b.csv", "--clip", clip, "--model", MODEL)
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "b.csv"}
    assert "# what: truth" in (tmp_path / "a.csv").read_text()
    assert f"# what: {MODEL}" in (tmp_path / "b.csv").read_text()
    assert "# source: sway.npz" in (tmp_path / "a.csv").read_text()


def test_the_ending_and_the_name_say_the_format(clip, tmp_path):
    exported(tmp_path / "a.csv", "--clip", clip, "--format", "trc")
    assert (tmp_path / "a.csv").read_text().startswith("PathFileType")
    assert "no format 'fbx'" in refused("--clip", clip, "--format", "fbx", "-o", tmp_path / "b.fbx")
    assert "the ending is none of" in refused("--clip", clip, "-o", tmp_path / "b.fbx")


def test_the_truth_s_body(clip, tmp_path, fitted):
    exported(tmp_path / "a.bvh", "--clip", clip, "--frames", "20:50", "--subsample", 3)
    (asked,) = fitted
    assert len(asked) == FRAMES  # the whole clip, whose frames are then chosen
    found = bvh.read(tmp_path / "a.bvh")
    pose = random_pose(FRAMES).take(slice(20, 50, 3))
    wanted = as_joints(pose, SMPL_24).positions
    order = [found.skeleton.index(name.replace(" ", "_")) for name in SMPL_24.names]
    assert found.rate_hz == 20 and np.abs(found.positions[:, order] - wanted).max() < 1e-3


def test_a_body_on_a_prediction_is_asked_for(clip, tmp_path, fitted):
    said = refused("--clip", clip, "--model", MODEL, "-o", tmp_path / "a.bvh")
    assert said.startswith(f"{MODEL} predicts positions of joints, but bvh holds a body's rotations")
    assert "--body" in said and "trc, c3d or csv" in said and fitted == []
    exported(tmp_path / "a.bvh", "--clip", clip, "--model", MODEL, "--body")
    (asked,) = fitted
    assert asked.skeleton == H36M_17 and len(asked) == FRAMES
    notes = json.loads((tmp_path / "a.bvh.json").read_text())["notes"]
    assert f"{MODEL} predicts 17 joints; a body was fitted to them." in notes


def test_with_a_body_joints_are_the_body_s(clip, tmp_path, fitted):
    exported(tmp_path / "a.trc", "--clip", clip, "--body")
    assert read_trc(tmp_path / "a.trc")[1] == [name.replace(" ", "_") for name in SMPL_24.names]


def test_meshes_of_one_frame_and_of_several(clip, tmp_path, fitted):
    exported(tmp_path / "middle.obj", "--clip", clip)
    exported(tmp_path / "first.obj", "--clip", clip, "--frame", 0)
    exported(tmp_path / "some.obj", "--clip", clip, "--frames", "4:6")
    assert {path.name for path in tmp_path.iterdir()} == {
        "middle.obj", "first.obj", "some.0000.obj", "some.0001.obj",
    }  # fmt: skip
    assert f"first_frame_s: {30 / 60}" in (tmp_path / "middle.obj").read_text()
    assert "first_frame_s: 0.0" in (tmp_path / "first.obj").read_text()
    said = refused("--clip", clip, "--frame", FRAMES, "-o", tmp_path / "no.obj")
    assert f"frame {FRAMES} is not in its {FRAMES} frames" in said


def test_lost_frames_are_resampled_where_a_format_needs_it(clip, tmp_path):
    done = exported(tmp_path / "a.trc", "--clip", clip, "--drop", 0.4)
    assert "not evenly spaced" in done.stderr and "60 Hz" in done.stderr
    done = exported(tmp_path / "a.csv", "--clip", clip, "--drop", 0.4)
    assert "evenly" not in done.stderr


def test_two_dimensional_files_have_no_truth(tmp_path):
    body = [100.0, 50.0, 1.0, 90.0, 60.0, 1.0] * 8 + [0.0] * 3
    people = [{"image_id": f"{k}.jpg", "keypoints": body, "category_id": 1, "score": 1.0}
              for k in range(4)]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(people))
    said = refused("--clip", tmp_path / "a.json", "-o", tmp_path / "a.csv")
    assert "there is no truth to export; name a model instead" in said
