"""A joint map by hand on the command line, remembered for the rig; what is assumed stands with the figures."""

import re

import pytest
from odd_rig import MAP, odd_bvh
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.experiment.prepared import recording_of
from engine.experiment.session import load_session, save_session
from engine.experiment.settings import Experiment, FileSource, Overrides
from engine.experiment.sources import open_recording
from engine.motion import joint_maps
from engine.motion.skeleton import H36M_17
from engine.observation.recording import as_h36m17


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A person whose legs are called b1, b2, b3."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    joint_maps._remembered.cache_clear()
    return odd_bvh(tmp_path / "odd.bvh")


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_map_is_remembered(odd):
    said = run("info", odd).output
    assert "No model can be run on it" in said and "--map" in said
    refused = run("eval", "--clip", odd, "--model", "hummuss_small")
    assert refused.exit_code != 0
    first = run("eval", "--clip", odd, "--model", "hummuss_small", "--map", MAP)
    assert first.exit_code == 0, first.output
    joint_maps._remembered.cache_clear()  # another session
    again = run("eval", "--clip", odd, "--model", "hummuss_small")
    figures = [re.search(r"MPJPE, mm +(\S+)", done.output) for done in (first, again)]
    assert figures[0] and figures[1] and figures[0][1] == figures[1][1]
    card = " ".join(run("info", odd).output.split())
    assert "left knee = Leftb2" in card and "By the map that was given by hand" in card


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("knee_l=Leftb9", "joint map names 'Leftb9' for the left knee"),
        ("knee=x", "cannot be read; write knee_l=LeftShin"),
    ],
)
def test_a_map_that_cannot_be_used(odd, text, message):
    done = run("info", odd, "--map", text)
    assert done.exit_code == 2 and message in " ".join(done.output.split())


def test_a_clip_whose_joints_are_known(odd):
    done = run("eval", "--clip", "builtin:walk", "--model", "hummuss_small", "--map", MAP)
    assert done.exit_code == 2 and "its joints are known" in " ".join(done.output.split())


def test_a_session_keeps_its_map(odd, tmp_path):
    """It reopens with its figures where the rig has no map, or another one, and leaves that alone."""
    joints = joint_maps.parse_map(MAP)
    source = FileSource(path=str(odd), overrides=Overrides(joints=joints))
    save_session(Experiment(source=source), tmp_path / "kept.json")
    names = open_recording(str(odd)).recording.skeleton.names
    other = joints | {"left knee": joints["right knee"], "right knee": joints["left knee"]}
    for remembered in ({}, other):
        joint_maps.remember(odd, names, remembered, instead=True)
        knees = []
        for experiment in (load_session(tmp_path / "kept.json").experiment, Experiment(source=source)):
            points = as_h36m17(recording_of(experiment)).positions
            knees.append(points[0, H36M_17.names.index("left knee"), 0])
        assert knees[0] == knees[1] and knees[0] > 0  # left is at +X
        assert open_recording(str(odd)).recording.skeleton.names == names
        assert joint_maps.map_by_hand(names) == remembered
    wrong = Overrides(joints={"left knee": "Shin"})
    with pytest.raises(InputError, match="names 'Shin' for the left knee, which is not in the file"):
        recording_of(Experiment(source=FileSource(path=str(odd), overrides=wrong)))
    with pytest.raises(ValueError, match="there is no joint left tail"):
        Overrides(joints={"left tail": "Hips"})
