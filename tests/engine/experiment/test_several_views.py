"""Models of several views in an experiment: a virtual rig around the clip, beside models of one camera."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_lifters import swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.experiment.loaded import load
from engine.experiment.prepared import Prepared, prepare
from engine.experiment.run import run
from engine.experiment.session import load_session, save_session
from engine.experiment.settings import CameraSettings, Experiment, InputSettings, ModelChoice, Viewpoint, VirtualRig
from engine.experiment.streaming_check import check_streaming
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig

BOTH = tuple(ModelChoice(name=name) for name in ("triangulation", "mv_ssm_keypoints_mean"))


def experiment(**viewpoint: object) -> Experiment:
    return Experiment(viewpoint=Viewpoint(**viewpoint), models=BOTH)  # type: ignore[arg-type]


def test_what_rigs_see_is_triangulated_to_the_truth() -> None:
    found = run(experiment(rig=VirtualRig(views=3, seed=2)), recording=swaying(60))
    seen = found.models[0].observed
    assert isinstance(seen, MultiViewKeypoints) and len(seen.rig) == 3 and seen is found.models[1].observed
    assert found.models[0].summary["mpjpe_mm"] < 0.1 > found.models[0].summary["pa_mpjpe_mm"]
    assert found.models[1].summary["mpjpe_mm"] < 30
    assert found.models[0].placed is not None and found.truth is not None
    assert np.abs(found.models[0].placed.positions - found.truth.positions).max() < 1e-3  # in the world, as it stands
    told = found.to_json()
    assert told["rig"]["rig"] == "ring:3:2" and len(told["rig"]["cameras"]) == 3
    assert [m["observes"] for m in told["models"]] == ["views", "views"] and "rig ring:3:2" in found.caption


def test_chosen_frames_stresses_and_times_are_those_of_the_keypoints() -> None:
    def prepared_with(**levels: float) -> Prepared:
        settings = InputSettings(levels={"clock_jitter": 0.3, "drop": 0.2} | levels, subsample=2)
        wanted = experiment().model_copy(update={"input": settings}).with_source(frames=(20, 80))
        return prepare(wanted, swaying(120))

    prepared = prepared_with(view_noise=1.0)
    assert prepared.views().times.tobytes() == prepared.kept.times.tobytes()
    clean = prepared_with().views()
    assert clean.times.tobytes() == prepared.kept.times.tobytes()
    assert (clean.confidence > 0).mean() > (prepared.views().confidence > 0).mean()
    whole = prepare(experiment(), swaying(120)).views()
    assert [a.centre.tolist() for a in clean.rig] == [b.centre.tolist() for b in whole.rig]  # whatever is chosen


def test_a_clip_s_own_cameras_and_given_ones_are_a_rig() -> None:
    clip = swaying(30)
    own = tuple(virtual_rig(clip.positions, 3, seed=5))
    for rig in ("file", tuple(CameraSettings.of(camera) for camera in own)):
        found = run(experiment(rig=rig), recording=replace(clip, cameras=own))
        assert found.models[0].summary["mpjpe_mm"] < 0.1
        assert found.views is not None and [c.name for c in found.views.rig] == [c.name for c in own]
    named = run(experiment(rig="file:camera 3,camera 1"), recording=replace(clip, cameras=own))
    assert named.views is not None and [c.name for c in named.views.rig] == ["camera 3", "camera 1"]
    for rig, said in (("file", "no two cameras of its own"), ("file:camera 9,camera 1", "no camera 'camera 9'")):
        with pytest.raises(InputError, match=said):
            run(experiment(rig=rig), recording=clip)


def test_one_camera_s_keypoints_give_no_other_views() -> None:
    keypoints = prepare(experiment(), swaying(30)).kept
    with pytest.raises(InputError, match="open a 3D clip"):
        run(experiment(), recording=keypoints)


def test_sessions_hold_the_rig_and_old_ones_open(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    save_session(experiment(rig=VirtualRig(arrangement="half ring", views=5)), file)
    assert load_session(file).experiment.viewpoint.rig == VirtualRig(arrangement="half ring", views=5)
    old = json.loads(file.read_text())
    del old["experiment"]["viewpoint"]["rig"]
    file.write_text(json.dumps(old))
    assert load_session(file).experiment.viewpoint.rig == VirtualRig()


def test_streamed_equals_whole_for_both() -> None:
    noisy = InputSettings(levels={"view_noise": 1.0, "swapped_sides": 0.2})
    prepared = prepare(experiment().model_copy(update={"input": noisy}), swaying(40))
    for choice in BOTH:
        assert check_streaming(load(choice.name), prepared).passed


def test_the_command_takes_a_rig(tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    args = ["eval", "--clip", "builtin:walk", "--frames", "0:40", "--model", "triangulation", "--json", str(out)]
    assert CliRunner().invoke(app, [*args, "--rig", "half-ring:3:1", "--turned-camera", "3"]).exit_code == 0
    found = json.loads(out.read_text())
    assert found["rig"]["rig"] == "half ring:3:1" and found["models"][0]["mpjpe_mm"] > 1
    assert found["settings"]["viewpoint"]["rig"] == {"arrangement": "half ring", "views": 3, "seed": 1}
    for wrong in ("ring", "ring:x", "ring:9", "circle:3", "ring:1"):
        done = CliRunner().invoke(app, [*args, "--rig", wrong])
        assert done.exit_code == 2 and "rig" in done.stderr, wrong
