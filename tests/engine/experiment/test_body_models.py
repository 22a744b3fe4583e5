"""A model of bodies through the whole experiment: placed, measured, remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from fake_lifters import CARD, Known, served
from fake_metric import added

from engine.body import library
from engine.cli.console import mean_of, print_clips, print_results
from engine.errors import InputError
from engine.experiment.prepared import Memory
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.kinds import as_joints, as_mesh
from engine.metrics.catalogue import METRICS
from engine.metrics.metric import Metric
from engine.metrics.world import both_in_world
from engine.models.card import ModelCard
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import conjugate, matrix_to_quat, multiply
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.observe import observe
from engine.observation.trackers import TrackerSignals

ROOT_ERROR = Metric(
    key="root_mm", label="root error", short="Root", unit="mm", digits=1, better="lower", tip="Distance of the roots",
    needs=(BodyPose, BodyPose), when=both_in_world,
    compute=lambda prediction, truth: 1000 * np.linalg.norm(prediction.root - truth.root, axis=-1)[:, None],
)  # fmt: skip


@pytest.fixture
def clip(monkeypatch) -> MotionClip:
    """A clip that holds a body's pose; its joints are that body's."""
    monkeypatch.setattr(library, "_added", {"tubes": tube_body()})
    pose = random_pose(40, amount=0.3)
    return MotionClip("tubes", pose.times, as_joints(pose, H36M_17).positions, H36M_17, body=pose)


OF_BODIES = CARD.model_copy(update={"predicts": "body"})


@dataclass
class KnownBody:
    """Gives the true body: in the camera's axes without a place, or in the world."""

    clip: MotionClip
    world: bool = False
    card: ModelCard = OF_BODIES

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        pose = self.clip.body.at(observation.times)
        if self.world:
            return pose
        rotations = pose.rotations.copy()
        rotations[:, 0] = multiply(matrix_to_quat(context.camera.rotation), rotations[:, 0])
        return replace(pose, rotations=rotations, root=None, frame="camera")


@pytest.mark.parametrize("world", [False, True])
@pytest.mark.parametrize("subsample", [1, 3])
def test_the_true_body_lies_on_the_truth(clip, world, subsample):
    experiment = Experiment(models=(ModelChoice(name="known"),), input=InputSettings(subsample=subsample))
    with added(ROOT_ERROR):
        results = run(experiment, recording=clip, models=served(known=KnownBody(clip, world)))
    (model,) = results.models
    assert model.summary["mpjpe_mm"] < 1e-6 and model.summary["mpve_mm"] < 1e-6
    assert ("root_mm" in model.series) == world, "where a model was put by its truth, its place is no merit of its own"
    assert model.body.frame == "world" and len(model.body) == len(range(0, 40, subsample))
    np.testing.assert_allclose(model.placed.positions, results.truth.positions, atol=1e-9)
    np.testing.assert_allclose(as_mesh(model.body, 5), as_mesh(clip.body, 5 * subsample), atol=1e-9)


def test_figures_of_bodies_are_written_and_printed_for_models_of_bodies_alone(clip, capsys):
    @dataclass
    class KnownJoints(KnownBody):
        card: ModelCard = CARD

        def forward(self, *given, **options):
            return as_joints(super().forward(*given, **options), H36M_17)

    models = served(body=KnownBody(clip, world=True), joints=KnownJoints(clip))
    both, joints = (
        run(Experiment(models=tuple(ModelChoice(name=name) for name in names)), recording=clip, models=models)
        for names in (("joints", "body"), ("joints",))
    )
    of_bodies = {key for key, metric in METRICS.items() if not metric.common}
    of_joints, of_both = (set(model) for model in both.to_json()["models"])
    assert of_both - of_joints == of_bodies and not of_joints & of_bodies
    summary = both.models[1].summary
    for key in ("mpve_mm", "mpjre_deg", "mpjre_geodesic_deg", "world_mpjpe_cm", "world_mpjve_cm_s"):
        assert summary[key] == pytest.approx(0.0, abs=1e-6), key
    assert summary["world_jitter_100_m_s3"] == pytest.approx(summary["world_jitter_truth_100_m_s3"])
    print_results(both)
    assert "MPVE, mm" in (printed := capsys.readouterr().out) and "foot skate of the truth" in printed
    print_results(joints)
    printed = capsys.readouterr().out
    assert not any(METRICS[key].title in printed for key in of_bodies)


def test_what_models_observe_is_said_where_it_differs(clip, capsys):
    of_trackers = OF_BODIES.model_copy(update={"observes": "trackers"})
    models = served(a=KnownBody(clip), b=KnownBody(clip, world=True, card=of_trackers))
    alike, mixed = (
        run(Experiment(models=tuple(ModelChoice(name=name) for name in names)), recording=clip, models=models)
        for names in ("a", "ab")
    )
    assert [m["observes"] for m in mixed.to_json()["models"]] == ["keypoints", "trackers"]
    a, b = mixed.models
    assert a.observed is mixed.kept and isinstance(b.observed, TrackerSignals)
    np.testing.assert_array_equal(b.observed.times, mixed.times)
    assert mixed.mixed and not alike.mixed
    for results, said in ((mixed, True), (alike, False)):
        print_results(results)
        assert ("observes" in capsys.readouterr().out) == said
        print_clips([results, results], mean_of([results, results]))
        assert ("observes" in capsys.readouterr().out) == said


def test_chosen_frames_are_compared_with_their_own_truth(clip):
    experiment = Experiment(models=(ModelChoice(name="known"),))
    experiment = experiment.model_copy(update={"source": experiment.source.model_copy(update={"frames": (10, 30)})})
    part = replace(clip, body=clip.body.take(slice(10, 30)))
    part = replace(part, body=replace(part.body, times=part.body.times - part.body.times[0]))
    with added(ROOT_ERROR):
        results = run(experiment, recording=clip, models=served(known=KnownBody(part, world=True)), memory=Memory())
    assert results.models[0].summary["root_mm"] < 1e-6


def test_a_model_of_joints_is_not_measured_by_what_needs_a_body(clip):
    @dataclass
    class KnownJoints(KnownBody):
        card: ModelCard = CARD

        def forward(self, *given, **options):
            return as_joints(super().forward(*given, **options), H36M_17)

    with added(ROOT_ERROR):
        results = run(
            Experiment(models=(ModelChoice(name="known"),)), recording=clip, models=served(known=KnownJoints(clip))
        )
    assert "root_mm" not in results.models[0].series and results.models[0].body is None
    assert results.models[0].summary["mpjpe_mm"] < 1e-6


def test_a_turn_and_back(clip):
    turn, shift = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]), np.tile([1.0, 2, 3], (40, 1))
    there = clip.body.in_world(turn, shift)
    np.testing.assert_allclose(as_joints(there, H36M_17).positions, clip.positions @ turn.T + [1.0, 2, 3], atol=1e-12)
    back = there.in_world(turn.T, -shift @ turn)
    np.testing.assert_allclose(back.root, clip.body.root, atol=1e-12)
    same = multiply(back.rotations, conjugate(clip.body.rotations))
    np.testing.assert_allclose(np.abs(same[..., 0]), 1.0, atol=1e-12)


OF_TRACKERS = OF_BODIES.model_copy(update={"observes": "trackers"})


@dataclass
class Headset(KnownBody):
    """Remembers what it was given, and answers with the true body in the world."""

    world: bool = True
    card: ModelCard = OF_TRACKERS

    def forward(self, observation, rate, context, **options):
        self.given = observation
        return super().forward(observation, rate, context, **options)


def test_one_motion_is_seen_by_a_camera_and_by_a_headset(clip):
    """Both get the same frames; pixel noise is the camera's alone."""
    headset, camera = Headset(clip), Known(clip)
    experiment = Experiment(models=(ModelChoice(name="camera"), ModelChoice(name="headset")))
    experiment = experiment.with_input(subsample=2, levels={"noise_px": 5.0, "drop": 0.3})
    results = run(experiment, recording=clip, models=served(camera=camera, headset=headset))
    np.testing.assert_array_equal(headset.given.times, camera.given.times)
    head = SMPL_24.index("head")
    there = as_joints(clip.body.at(headset.given.times), SMPL_24).positions[:, head]
    np.testing.assert_allclose(headset.given.positions[:, 0], there, atol=1e-9)
    assert len(headset.given) < 20 and results.models[1].summary["mpjpe_mm"] < 1e-6


def test_2d_keypoints_have_no_trackers(clip):
    keypoints = observe(clip, "front").observation
    with pytest.raises(InputError, match="known observes trackers, which tubes does not give; open a 3D clip"):
        run(Experiment(models=(ModelChoice(name="known"),)), recording=keypoints, models=served(known=Headset(clip)))


@pytest.mark.parametrize("name", ["ssd_poser_small", "ssd_poser_small_causal"])
@pytest.mark.parametrize("subsample", [1, 2])
def test_a_model_of_trackers_runs_beside_one_of_keypoints(clip, name, subsample):
    """Fresh weights: the head is where it was seen, whatever the network answers."""
    experiment = Experiment(models=(ModelChoice(name="linear_toy"), ModelChoice(name=name)))
    results = run(experiment.with_input(subsample=subsample), recording=clip)
    lifted, worn = results.models
    assert lifted.body is None and worn.body.body == library.MANNEQUIN and len(worn.body) == len(lifted.placed)
    head = SMPL_24.index("head")
    found, there = (as_joints(pose, SMPL_24).positions[:, head] for pose in (worn.body, clip.body.at(worn.body.times)))
    np.testing.assert_allclose(found, there, atol=1e-9)
    assert worn.rate == subsample and np.isfinite(worn.summary["world_mpjpe_cm"])
