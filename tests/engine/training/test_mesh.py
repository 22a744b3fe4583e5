"""Training of mesh recovery: windows are seen as in evaluation, losses and figures of the truth, loss goes down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from body_fakes import random_pose
from torch import Tensor, nn

from engine.body import library
from engine.body.proportions import offsets_of
from engine.cameras.pinhole import look_at
from engine.errors import InputError
from engine.kinds import as_joints
from engine.models.families import find_model
from engine.models.hummuss.posed_body import PosedBody
from engine.models.lifting.follow import FollowCamera
from engine.motion.clip import MotionClip
from engine.motion.kinematics import forward_kinematics
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, quat_to_matrix
from engine.motion.skeleton import H36M_17, SMPL_24
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.training import body_motions
from engine.training.body_motions import BodyMotions, cache_bodies, counted
from engine.training.body_windows import UNTRUSTED, BodyWindows
from engine.training.checkpoints import _started_from
from engine.training.loop import TrainConfig, train
from engine.training.mesh_windows import MeshBatch, mesh_batch
from engine.training.motions import WindowSettings
from engine.training.run import run_training
from engine.training.ship import ship
from engine.training.task import Example, Validate
from engine.training.tasks.lifting import Stage
from engine.training.tasks.mesh import MeshTask, Validation, compared, mesh_loss, mesh_task, packed, points_on

POINTS = points_on(torch.device("cpu"))
ASKED = np.random.default_rng(5).normal(0, 0.08, 10)
CLEAN = WindowSettings(20, 30.0, causal=False, batch=6, clean=1.0, exchange=0.0)


@dataclass
class Fitted:
    pose: BodyPose
    trusted: tuple[str, ...] = ("head", "hands")

    @property
    def errors_m(self) -> np.ndarray:
        return np.full((len(self.pose), 5), 0.01)


def person(frames: int, seed: int = 0) -> BodyPose:
    """Somebody who swings every joint but the hands', of proportions of their own."""
    pose = random_pose(frames, "kinestate", seed=seed, amount=0.4)
    rotations = pose.rotations.copy()
    rotations[:, 22:] = IDENTITY
    offsets = offsets_of(library.body(), ASKED * (1 + seed % 2), 1.6 + 0.05 * seed)
    return replace(pose, rotations=rotations, shape=np.zeros(0), offsets=offsets)


def fitted(*found: Fitted) -> Iterator[tuple[MotionClip, Fitted]]:
    for number, one in enumerate(found):
        times = one.pose.times
        yield MotionClip(f"clip {number}", times, np.zeros((len(times), 24, 3)), SMPL_24, subject="s"), one


def windows_of(tmp_path: Path, *found: Fitted) -> BodyWindows:
    cache_bodies(fitted(*found), tmp_path / "train.npz")
    return BodyWindows(BodyMotions.load(tmp_path / "train.npz"))


def task(tmp_path: Path, *, steps: int = 12, causal: bool = False) -> MeshTask:
    windows_of(tmp_path, Fitted(person(260, 1)), Fitted(person(250, 2)))
    file = tmp_path / "train.npz"
    return MeshTask(file, file, (Stage(steps, 20.0, 60, (0.5, 1.0)),), causal)


def answers(batch: MeshBatch) -> Tensor:
    """What a network would have to answer."""
    six_d = np.concatenate([batch.rotations[..., 0], batch.rotations[..., 1]], -1)
    shape = POINTS.proportions_of(torch.from_numpy(batch.offsets)).numpy()
    count, frames = batch.inputs.shape[:2]
    spread = np.broadcast_to(shape[:, None], (count, frames, 10))
    return torch.from_numpy(np.concatenate([six_d.reshape(count, frames, -1), spread], -1).astype(np.float32))


# -- windows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False])
def test_the_body_projects_onto_the_inputs(tmp_path: Path, causal: bool) -> None:
    """Put at the right place, H36M-17 in the mesh of the target lands on the inputs: same axes, same person."""
    settings = replace(CLEAN, causal=causal)
    batch = mesh_batch(windows_of(tmp_path, Fitted(person(90))), settings, POINTS, np.random.default_rng(0))
    for b in range(6):
        points = POINTS(torch.from_numpy(batch.rotations[b]), torch.from_numpy(batch.offsets[[b] * 20]))
        for seen, at in zip(batch.inputs[b, :, :, :2].astype(float), points.joints.double().numpy(), strict=True):
            # X + X0 = x (s Z + s Z0), linear in X0, Y0, s and s Z0
            rows, right = np.zeros((17, 2, 4)), at[:, :2]
            rows[:, 0, 0] = rows[:, 1, 1] = 1
            rows[:, :, 2], rows[:, :, 3] = -seen * at[:, 2:], -seen
            found, *_ = np.linalg.lstsq(rows.reshape(34, 4), -right.ravel(), rcond=None)
            assert found[2] > 0 and np.abs(rows.reshape(34, 4) @ found + right.ravel()).max() < 2e-3


@pytest.mark.parametrize("causal", [True, False])
def test_plain_windows_are_what_a_model_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, causal: bool) -> None:
    """Seen by a known camera: the inputs are its encoder's, and its decoder makes the body of the targets."""
    camera = look_at(
        "known", np.array([1.5, -4.0, 1.2]), np.array([0.2, 0.1, 0.9]), fov_deg=45, image_size=(1000, 1000)
    )
    known = camera.rotation[None].astype(np.float32), camera.centre[None].astype(np.float32)
    monkeypatch.setattr("engine.training.mesh_windows.random_cameras", lambda world, rng: known)
    pose = person(60)
    settings = replace(CLEAN, causal=causal, frames=40, hz=60.0)
    windows = windows_of(tmp_path, Fitted(pose))
    batch = mesh_batch(windows, settings, POINTS, np.random.default_rng(3), first=np.array([5]))
    pose = pose.take(slice(5, 45))
    xy, _ = camera.project(as_joints(pose, H36M_17).positions)
    keypoints = Keypoints2D("seen", pose.times, xy, np.ones((40, 17)), H36M_17, (1000, 1000), camera)
    encoded = FollowCamera(causal=causal).whole(keypoints, Context(1.7))
    assert batch.inputs[0] == pytest.approx(encoded.inputs, abs=1e-4)
    body = PosedBody().whole(answers(batch)[0].double().numpy(), encoded, Context(1.6))
    placed = body.in_world(camera.rotation.T, np.zeros((40, 3)))
    assert quat_to_matrix(placed.rotations) == pytest.approx(quat_to_matrix(pose.rotations), abs=1e-4)
    assert placed.offsets[1:] == pytest.approx(pose.offsets[1:], abs=1e-4)


def test_what_cannot_be_trusted_is_not_learnt(tmp_path: Path) -> None:
    windows = windows_of(tmp_path, Fitted(person(60), ("head",)))
    batch = mesh_batch(windows, replace(CLEAN, batch=2), POINTS, np.random.default_rng(0))
    assert np.flatnonzero(~batch.known[0]).tolist() == sorted(UNTRUSTED[1])
    given, changed = answers(batch), answers(batch)
    elbow = slice(6 * UNTRUSTED[1][0], 6 * UNTRUSTED[1][0] + 6)
    example = Example(torch.from_numpy(batch.inputs), packed(batch), 2.0)
    both = compared(POINTS, given, example.targets)
    assert not both.known[..., UNTRUSTED[1]].any() and both.known[..., 0].all()
    changed[..., elbow] = torch.tensor([1.0, 0, 0, 0, 0.6, 0.8])
    # places still say where the forearm is
    assert mesh_loss(POINTS, changed, example) > mesh_loss(POINTS, given, example) + 0.001
    assert (
        counted(tmp_path / "train.npz", "").clips == 0 and counted(tmp_path / "train.npz", "", trusted=False).clips == 1
    )


def test_too_short_clips_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="good frames in a row"):
        mesh_batch(windows_of(tmp_path, Fitted(person(30))), CLEAN, POINTS, np.random.default_rng(0))


# -- losses and figures ---------------------------------------------------------------------------------------


def test_the_truth_has_no_loss_and_each_part_of_it_counts(tmp_path: Path) -> None:
    batch = mesh_batch(windows_of(tmp_path, Fitted(person(90))), CLEAN, POINTS, np.random.default_rng(0))
    # people of another size of each bone have bones of other proportions within a group: take the nearest of ours
    shape = POINTS.proportions_of(torch.from_numpy(batch.offsets))
    offsets = POINTS.offsets_of(shape, POINTS.stature(torch.from_numpy(batch.offsets)))
    batch = replace(batch, offsets=offsets.numpy())
    example = Example(torch.from_numpy(batch.inputs), packed(batch), 2.0)
    truth = answers(batch)
    assert mesh_loss(POINTS, truth, example) < 2e-4
    longer, turned = truth.clone(), truth.clone()
    longer[..., 144 + 1] += 0.1
    turned[..., 6 * 22 : 6 * 23] = turned[..., 6 * 22 + 1 : 6 * 23 + 1]
    for wrong in (longer, turned):
        assert mesh_loss(POINTS, wrong, example) > 0.005


class Answers(nn.Module):
    """A network that knows the answers."""

    def __init__(self, found: Tensor) -> None:
        super().__init__()
        self.weight, self.found, self.done = nn.Parameter(torch.zeros(1)), found, 0

    def forward(self, u: Tensor, rate: float) -> Tensor:
        assert rate == 1.0 and not self.training
        self.done += len(u)
        return self.found[self.done - len(u) : self.done]


def test_the_figures_of_the_truth_and_of_a_known_error(tmp_path: Path) -> None:
    windows = BodyWindows(BodyMotions.load(task(tmp_path).val_data))
    validation = Validation(windows, causal=False, count=6, seconds=0.5)
    true = validation.targets
    six_d = torch.cat(
        [true[..., :216].unflatten(-1, (24, 3, 3))[..., 0], true[..., :216].unflatten(-1, (24, 3, 3))[..., 1]], -1
    )
    shape = POINTS.proportions_of(true[:, 0, 216:288].unflatten(-1, (24, 3)))[:, None].expand(-1, true.shape[1], -1)
    found = validation.errors(Answers(torch.cat([six_d.flatten(-2), shape], -1)).train())
    assert max(found["val_mpve_mm"], found["val_mpjpe_mm"], found["val_pa_mpjpe_mm"]) < 0.1
    assert found["val_jitter"] == pytest.approx(found["val_jitter_true"], rel=1e-3) and found["val_jitter"] > 0.1
    around = torch.diag(torch.tensor([-1.0, 1.0, -1.0]))  # half a turn about the camera's vertical
    six_d[:, :, 0] = torch.cat([six_d[:, :, 0, :3] @ around, six_d[:, :, 0, 3:] @ around], -1)
    found = validation.errors(Answers(torch.cat([six_d.flatten(-2), shape], -1)))
    points = POINTS(true[..., :216].unflatten(-1, (24, 3, 3)).flatten(0, 1), _bones(true))
    expected = 1000 * (points.joints @ around - points.joints).norm(dim=-1).mean()
    assert found["val_mpjpe_mm"] == pytest.approx(float(expected), rel=1e-4) and found["val_pa_mpjpe_mm"] < 0.1
    expected = 1000 * (points.vertices @ around - points.vertices).norm(dim=-1).mean()
    assert found["val_mpve_mm"] == pytest.approx(float(expected), rel=1e-4)


def _bones(targets: Tensor) -> Tensor:
    return targets[:, 0, 216:288].unflatten(-1, (24, 3)).repeat_interleave(targets.shape[1], 0)


# -- runs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are validated on two windows of a second."""

    def validation(given: MeshTask) -> Validate:
        windows = BodyWindows(BodyMotions.load(given.val_data))
        return Validation(windows, causal=given.causal, count=2, seconds=1.0).errors

    monkeypatch.setattr(MeshTask, "validation", validation)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.slow
def test_the_loss_falls_from_the_shipped_trunk(tmp_path: Path, causal: bool) -> None:
    name = "hummuss_mesh_small" + "_causal" * causal
    trunk = name.replace("_mesh", "")
    given = task(tmp_path, steps=12, causal=causal)
    config = TrainConfig(
        name, given, tmp_path / "run", warmup=2, learning_rate=1e-3, validate_every=12, start_from=trunk
    )
    state = train(config)
    inherited = find_model(trunk).card.trained_frames
    assert state.inherited == inherited and state.frames == inherited + 12 * 60
    assert {"val_mpve_mm", "val_mpjpe_mm", "val_pa_mpjpe_mm", "val_jitter"} <= state.curve[-1].keys()
    first, last = find_model(name).build(), find_model(name).build()
    _started_from(trunk, first, first)
    last.load_state_dict(torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)["network"])
    with torch.no_grad():
        losses = [
            np.mean(
                [
                    float(given.loss(net.eval()(e.inputs, e.rate), e))
                    for e in map(given.batches(9, 0, 1).__getitem__, range(3))
                ]
            )
            for net in (first, last)
        ]
    assert losses[1] < 0.8 * losses[0]
    card = ship(tmp_path / "run", name, to=tmp_path / "weights")
    assert card.predicts == "body" and trunk in card.notes[1]


def test_another_trunk_is_refused() -> None:
    network = find_model("hummuss_mesh_small").build()
    with pytest.raises(InputError, match="another network"):
        _started_from("hummuss_small_causal", network, network)


@pytest.mark.usefixtures("quickly")
@pytest.mark.slow
def test_the_same_command_trains_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_motions, "body_motions", lambda folder, split: fitted(Fitted(person(100), ())))
    monkeypatch.setattr("engine.training.tasks.mesh.COARSE_S", (1.0,))
    monkeypatch.setattr("engine.training.tasks.mesh.FINE_S", (0.3,))
    run_training("hummuss_mesh_small", tmp_path / "cmu", tmp_path / "run", steps=2, start_from="hummuss_small")
    record = json.loads((tmp_path / "run/data.json").read_text())
    assert record["train"]["clips"] == 1 and record["train"]["description"].startswith("train split of cmu, as bodies")
    config = json.loads(torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)["config"])
    assert config["learning_rate"] == 1e-3 and config["start_from"] == "hummuss_small"


def test_it_begins_coarse_and_ends_at_60_hz() -> None:
    found = mesh_task(find_model("hummuss_mesh_small_causal"), Path("a"), Path("b"), 900)
    assert [(s.until, s.hz) for s in found.stages] == [(800, 10.0), (900, 60.0)] and found.causal


def test_joints_are_where_the_kinematics_put_them() -> None:
    """The pelvis that points stand around is seen from joint 0, whose place the cached root is."""
    pose = person(4)
    rotations = torch.from_numpy(quat_to_matrix(pose.rotations)).float()
    found = POINTS(rotations, torch.from_numpy(pose.offsets).float().expand(4, -1, -1))
    places, _ = forward_kinematics(SMPL_24, pose.rotations, np.repeat(pose.offsets[None], 4, 0), pose.root)
    h36m = as_joints(pose, H36M_17).positions
    assert (h36m[:, 0] - places[:, 0]) == pytest.approx(found.pelvis.numpy(), abs=1e-5)
