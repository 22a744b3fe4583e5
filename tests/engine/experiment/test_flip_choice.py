"""Flip averaging as a choice of the model: by name, on the command line, in a session and in a live recording."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from engine.cli.app import app
from engine.cli.options import experiment_of
from engine.errors import InputError
from engine.experiment.loaded import LoadedModels
from engine.experiment.run import run
from engine.experiment.session import load_session, save_session
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.experiment.sweep import sweep
from engine.live.recording import Recorder, read_recording

NAME = "hummuss_small_causal"
PLAIN, FLIPPED = ModelChoice(name=NAME), ModelChoice(name=NAME, flip=True)
WALK = FileSource(path="builtin:walk", frames=(0, 40))


def test_a_choice_says_so():
    assert FLIPPED.key == FLIPPED.label == FLIPPED.variant == f"{NAME} · flip averaged"
    assert FLIPPED.bare == PLAIN and PLAIN.bare == PLAIN
    both = ModelChoice(name=NAME, hands="seen", flip=True)
    assert both.variant == f"{NAME} · seen hands · flip averaged" and both.bare == PLAIN


def test_both_share_their_weights_and_answer_differently():
    asked, loaded = [], LoadedModels()
    plain_load = loaded._load
    loaded._load = lambda name, device: asked.append(name) or plain_load(name, device)
    flipped, plain = run(Experiment(source=WALK, models=(FLIPPED, PLAIN)), models=loaded).models
    assert asked == [NAME] and loaded(FLIPPED).network.network is loaded(PLAIN).network
    assert np.abs(flipped.placed.positions - plain.placed.positions).max() > 1e-3
    assert flipped.card.macs_per_frame == 2 * plain.card.macs_per_frame


def test_a_sweep_keeps_both_apart():
    table = sweep(Experiment(source=WALK, models=(PLAIN, FLIPPED)), rates=(1,), modes=("auto",))
    assert [row.model for row in table.rows] == [PLAIN.variant, FLIPPED.variant]


def test_a_session_keeps_it_and_reads_older_ones(tmp_path):
    path = tmp_path / "s.json"
    save_session(Experiment(source=WALK, models=(PLAIN, FLIPPED)), path)
    assert load_session(path).experiment.models == (PLAIN, FLIPPED)
    written = json.loads(path.read_text())
    assert written["experiment"]["models"][1].pop("flip") is True
    path.write_text(json.dumps(written))
    assert load_session(path).experiment.models == (PLAIN, PLAIN)


def test_the_flag_is_for_lifting_models_alone():
    given = {"clip": "builtin:walk", "model": f"ssd_poser_small,{NAME}", "flip": True}
    assert experiment_of(given).models == (ModelChoice(name="ssd_poser_small"), FLIPPED)
    with pytest.raises(InputError, match="--flip is for models that lift keypoints to joints"):
        experiment_of(given | {"model": "ssd_poser_small"})
    with pytest.raises(InputError, match="ssd_poser_small does not lift"):
        LoadedModels()(ModelChoice(name="ssd_poser_small", flip=True))
    with pytest.raises(InputError, match=f"{NAME} observes keypoints"):
        LoadedModels()(ModelChoice(name=NAME, hands="seen", flip=True))


def test_eval_and_the_streaming_check_take_it(tmp_path):
    out = tmp_path / "o.json"
    options = ["--clip", "builtin:walk", "--frames", "0:30", "--model", NAME, "--flip"]
    assert CliRunner().invoke(app, ["eval", *options, "--json", str(out)]).exit_code == 0
    assert json.loads(out.read_text())["models"][0]["label"] == FLIPPED.label
    done = CliRunner().invoke(app, ["check", "streaming", *options])
    assert done.exit_code == 0 and f"{FLIPPED.label} on" in done.output and "  equal within" in done.output, done.output


def test_a_recording_says_so(tmp_path):
    for flip in (False, True):
        path = tmp_path / f"{flip}.jsonl"
        Recorder(path, NAME, observes="keypoints", flip=flip)
        assert json.loads(path.read_text()).get("flip", False) is flip and read_recording(path).flip is flip
