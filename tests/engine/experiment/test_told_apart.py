"""Several people in the views of an experiment: seen together, told apart, and one of them measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_lifters import swaying
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.experiment.prepared import Prepared, prepare
from engine.experiment.run import run
from engine.experiment.session import load_session, save_session
from engine.experiment.settings import Experiment, InputSettings, ModelChoice, Viewpoint, VirtualRig
from engine.experiment.told_apart import told_apart
from engine.motion.clip import MotionClip
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.detector_noise import Noise, detector_errors
from engine.observation.several_people import APART_M, with_others
from engine.observation.views import MultiViewKeypoints
from engine.observation.virtual_rig import virtual_rig
from engine.observation.virtual_views import seen_by_rig, with_errors

MODELS = tuple(ModelChoice(name=name) for name in ("triangulation", "mv_ssm_keypoints_mean"))
FRAMES = 40


def experiment(people: int, **levels: float) -> Experiment:
    viewpoint = Viewpoint(rig=VirtualRig(views=4), people=people)
    return Experiment(viewpoint=viewpoint, models=MODELS, input=InputSettings(levels=levels, seed=3))


def prepared(people: int, **levels: float) -> Prepared:
    return prepare(experiment(people, **levels), swaying(FRAMES))


def alone(clip: MotionClip, rig_seed: int = 0) -> tuple[MultiViewKeypoints, Joints]:
    rig = virtual_rig(swaying(FRAMES).positions, 4, seed=rig_seed)
    return seen_by_rig(clip, rig, height_m=1.7), Joints(clip.times, clip.positions, H36M_17)


def test_others_stand_beside_and_keep_clear() -> None:
    clip = swaying(200)
    everybody = with_others(clip, 4)
    assert everybody[0] is clip.positions and with_others(clip, 1) == [clip.positions]
    middles = np.array([(one[:, 0].min(0) + one[:, 0].max(0)) / 2 for one in everybody])
    beside = (middles - middles[0])[:, :2]  # turned boxes: nearly in the middle
    np.testing.assert_allclose(np.linalg.norm(beside, axis=-1), APART_M * np.array([0, 1, 1, 2]), atol=0.05)
    assert (np.sign(beside[1:, 0]) == [1, -1, 1]).all() and (abs(beside[:, 1]) < 0.4).all()  # left is about +X
    for k, one in enumerate(everybody):
        assert one.shape == clip.positions.shape
        steps = np.linalg.norm(np.diff(one, axis=0), axis=-1)
        assert steps.max() < 1.5 * np.linalg.norm(np.diff(clip.positions, axis=0), axis=-1).max()  # nobody leaps
        for other in everybody[:k]:
            assert np.linalg.norm(one[:, 0, :2] - other[:, 0, :2], axis=-1).min() > 0.8 * APART_M
            assert np.abs(one - other).max() > 0.5
    for fewer, more in zip(with_others(clip, 2), everybody, strict=False):
        assert fewer.tobytes() == more.tobytes()


def test_one_person_is_seen_as_ever() -> None:
    clip, seen = swaying(FRAMES), prepared(1, view_noise=1.0)
    rig = virtual_rig(clip.positions, 4)
    views = seen_by_rig(clip, rig, height_m=seen.trial.height.metres)
    noise = Noise(shifted=0.0, swapping=0.0)
    views = with_errors(views, detector_errors(noise, 1, 4, clip.times, np.random.default_rng([3, 10])))
    found = seen.views()
    assert found.xy.tobytes() == views.xy.tobytes() and found.confidence.tobytes() == views.confidence.tobytes()
    assert seen.people() == ()
    results = run(experiment(1), recording=clip)
    assert results.people == () and "people" not in results.to_json()["rig"] and "people" not in results.caption


def test_three_people_without_noise_are_as_exact_as_one() -> None:
    clip = swaying(FRAMES)
    one, three = (run(experiment(people), recording=clip) for people in (1, 3))
    for a, b in zip(one.models, three.models, strict=True):
        assert a.placed is not None and b.placed is not None
        np.testing.assert_allclose(b.placed.positions, a.placed.positions, rtol=0, atol=1e-9)
        assert abs(a.summary["mpjpe_mm"] - b.summary["mpjpe_mm"]) < 1e-6
    ids = [person.id for person in three.people]
    assert len(set(ids)) == 3 and all(ids) and all(person.present.all() for person in three.people)
    assert f"3 people, person {ids[0]} followed in 100 %" in three.caption
    assert [each["id"] for each in three.to_json()["rig"]["people"]] == ids
    assert three.truth is not None
    pose = three.people[0].pose
    assert isinstance(pose, Joints) and pose.positions.tobytes() == three.truth.positions.tobytes()


def test_through_the_measured_noise_ids_last_and_each_errs_by_themselves() -> None:
    single, seen = prepared(1, view_noise=1.0), prepared(3, view_noise=1.0)
    mine, own = seen.views(), single.views()
    taken = mine.confidence[:, :, 0].any(-1) & own.confidence[:, :, 0].any(-1)
    same = (mine.xy[:, :, 0] == own.xy[:, :, 0]).all((-1, -2))
    assert taken.mean() > 0.9 and same[taken].mean() > 0.98  # their own detections, wherever any is taken
    assert all(person.id and person.present.mean() > 0.95 for person in seen.people())
    again = prepared(3, view_noise=1.0)
    assert again.views().xy.tobytes() == mine.xy.tobytes()
    rates = prepared(3, view_noise=1.0, clock_jitter=0.3, drop=0.2)
    assert rates.views().times.tobytes() == rates.kept.times.tobytes()
    assert [len(person.pose) for person in rates.people()] == [len(rates.kept)] * 3


def test_an_id_that_goes_over_to_another_person_is_an_error() -> None:
    here, there = with_others(swaying(FRAMES), 2)
    half = np.arange(FRAMES)[:, None, None] < FRAMES // 2
    pairs = [(here, there), (there, here)]
    clips = [MotionClip("leaps", np.arange(FRAMES) / 60, np.where(half, *pair), H36M_17) for pair in pairs]
    seen, truth = zip(*map(alone, clips), strict=True)
    found = told_apart(seen, truth, seed=0)
    assert found.people[0].present.tolist() == [True] * (FRAMES // 2) + [False] * (FRAMES // 2)
    for frames, person in ((slice(None, FRAMES // 2), 0), (slice(FRAMES // 2, None), 1)):
        np.testing.assert_array_equal(found.views.xy[:, frames], seen[person].xy[:, frames])
    assert found.people[0].id != found.people[1].id


def test_nobody_who_is_found_is_said() -> None:
    views, truth = alone(swaying(FRAMES))
    views.confidence[:] = 0
    with pytest.raises(InputError, match=r"no two cameras ever agree .* take more cameras or less noise"):
        told_apart([views, views], [truth, truth], seed=0)


def test_the_command_and_sessions_take_people(tmp_path: Path) -> None:
    out, file = tmp_path / "o.json", tmp_path / "s.json"
    args = ["eval", "--clip", "builtin:walk", "--frames", "0:20", "--rig", "ring:3", "--json", str(out)]
    done = CliRunner().invoke(app, [*args, "--model", "triangulation", "--people", "2", "--detector-noise", "1"])
    assert done.exit_code == 0 and "2 people, person" in done.stdout, done.output
    found = json.loads(out.read_text())
    assert len(found["rig"]["people"]) == 2 and found["settings"]["viewpoint"]["people"] == 2
    for wrong in ("0", "5"):
        done = CliRunner().invoke(app, [*args, "--model", "triangulation", "--people", wrong])
        assert done.exit_code == 2 and "people" in done.stderr
    done = CliRunner().invoke(app, [*args, "--model", "hummuss_small", "--people", "2"])
    assert done.exit_code == 2 and "--people is for models of several views" in done.stderr
    save_session(experiment(3), file)
    assert load_session(file).experiment.viewpoint.people == 3
    session = json.loads(file.read_text())
    session["experiment"]["viewpoint"]["people"] = 9
    file.write_text(json.dumps(session))
    with pytest.raises(InputError, match="people") as said:
        load_session(file)
    assert "\n" not in str(said.value)
    del session["experiment"]["viewpoint"]["people"]
    file.write_text(json.dumps(session))
    assert load_session(file).experiment.viewpoint.people == 1
