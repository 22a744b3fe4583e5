"""Hands as predicted or as seen: a choice of the model, by name, on the command line and in a session."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.body import library
from engine.body.skinning import pose_joints
from engine.cli.app import app
from engine.cli.options import experiment_of
from engine.errors import InputError
from engine.experiment.loaded import LoadedModels
from engine.experiment.run import run
from engine.experiment.session import load_session, save_session
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.experiment.sweep import sweep

NAME = "ssd_poser_small"
PREDICTED, SEEN = ModelChoice(name=NAME), ModelChoice(name=NAME, hands="seen")
WALK = FileSource(path="builtin:walk", frames=(0, 40))


def test_a_choice_says_what_is_done_to_the_hands():
    assert (PREDICTED.variant, SEEN.variant) == (NAME, f"{NAME} · seen hands")
    assert SEEN.key == SEEN.label == SEEN.variant
    assert SEEN.model_copy(update={"device": "cuda"}).key == f"{NAME} · seen hands on cuda"


def joints_of(pose):
    return pose_joints(library.body(pose.body), pose)


def test_both_share_their_weights_and_the_hands_are_where_they_were_seen():
    asked, loaded = [], LoadedModels()
    plain_load = loaded._load
    loaded._load = lambda name, device: asked.append(name) or plain_load(name, device)
    results = run(Experiment(source=WALK, models=(SEEN, PREDICTED)), models=loaded, dressed=True)
    seen, predicted = results.models
    assert asked == [NAME] and loaded(SEEN).network is loaded(PREDICTED).network
    assert seen.summary["hand_pe_cm"] < predicted.summary["hand_pe_cm"]
    places, true = joints_of(seen.body), joints_of(results.truth_body)
    for shoulder, elbow, wrist in ((16, 18, 20), (17, 19, 21)):
        reach = sum(np.linalg.norm(np.diff(places[0, pair], axis=0)) for pair in ([shoulder, elbow], [elbow, wrist]))
        beyond = np.linalg.norm(true[:, wrist] - places[:, shoulder], axis=-1) - reach  # the person's arms are longer
        off = np.linalg.norm(places[:, wrist] - true[:, wrist], axis=-1)
        np.testing.assert_allclose(off, np.maximum(beyond, 0), atol=2e-3)
    legs = [1, 2, 4, 5, 7, 8]
    np.testing.assert_array_equal(seen.body.rotations[:, legs], predicted.body.rotations[:, legs])


def test_a_sweep_keeps_both_apart():
    table = sweep(Experiment(source=WALK, models=(PREDICTED, SEEN)), rates=(1,), modes=("auto",))
    assert [row.model for row in table.rows] == [PREDICTED.variant, SEEN.variant]


def test_a_session_keeps_it(tmp_path):
    path = tmp_path / "s.json"
    save_session(Experiment(source=WALK, models=(PREDICTED, SEEN)), path)
    assert load_session(path).experiment.models == (PREDICTED, SEEN)
    assert json.loads(path.read_text())["experiment"]["models"][1]["hands"] == "seen"


def test_the_flag_is_for_models_of_trackers_alone():
    given = {"clip": "builtin:walk", "model": f"hummuss_small,{NAME}", "seen_hands": True}
    assert experiment_of(given).models == (ModelChoice(name="hummuss_small"), SEEN)
    with pytest.raises(InputError, match="observe trackers"):
        experiment_of(given | {"model": "hummuss_small"})
    with pytest.raises(InputError, match="hummuss_small observes keypoints"):
        LoadedModels()(ModelChoice(name="hummuss_small", hands="seen"))


@pytest.mark.parametrize("command", [("eval",), ("sweep",), ("export",), ("check", "streaming")])
def test_every_command_that_runs_models_takes_it(command: tuple[str, ...]) -> None:
    options = ["--clip", "builtin:walk", "--model", "hummuss_small_causal", "--seen-hands"]
    done = CliRunner().invoke(app, [*command, *options, *(["--out", "o.bvh"] if command == ("export",) else [])])
    assert done.exit_code == 2 and "--seen-hands is for models that observe trackers" in done.output


@pytest.mark.slow
def test_an_exported_motion_has_its_hands_where_they_were_seen(tmp_path):
    clips = []
    for flags in ([], ["--seen-hands"]):
        to = tmp_path / f"{len(flags)}.npz"
        options = ["--clip", "builtin:walk", "--frames", "0:30", "--model", NAME, "--out", str(to), "--format", "amass"]
        done = CliRunner().invoke(app, ["export", *options, *flags])
        assert done.exit_code == 0, done.output
        clips.append(np.load(to)["poses"])
    arms, legs = slice(16 * 3, 20 * 3), slice(3, 9)
    assert np.abs(clips[0][:, arms] - clips[1][:, arms]).max() > 0.01
    np.testing.assert_allclose(clips[0][:, legs], clips[1][:, legs], atol=1e-9)


def test_streamed_hands_are_where_they_were_seen_too():
    options = ["--clip", "builtin:walk", "--frames", "0:12", "--model", f"{NAME}_causal", "--seen-hands"]
    done = CliRunner().invoke(app, ["check", "streaming", *options])
    assert done.exit_code == 0, done.output
    assert f"{NAME}_causal · seen hands on" in done.output and "  equal within" in done.output


def test_eval_names_it(tmp_path):
    out = tmp_path / "o.json"
    options = [
        "eval",
        "--clip",
        "builtin:walk",
        "--frames",
        "0:30",
        "--model",
        NAME,
        "--seen-hands",
        "--json",
        str(out),
    ]
    assert CliRunner().invoke(app, options).exit_code == 0
    (model,) = json.loads(out.read_text())["models"]
    assert (model["name"], model["label"], model["observes"]) == (NAME, SEEN.label, "trackers")
