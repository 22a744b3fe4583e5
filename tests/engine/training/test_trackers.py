"""Training on bodies: windows are what they claim, losses and figures are the formulas', loss goes down."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from body_fakes import random_pose
from scipy.spatial.transform import Rotation
from torch import Tensor, nn
from torch.utils.data import Dataset

from engine.body import library
from engine.errors import InputError
from engine.models.families import find_model
from engine.models.smpl_form import to_smpl_form
from engine.models.ssd_poser.headset import Headset, heading_of
from engine.motion.clip import MotionClip
from engine.motion.kinematics import forward_kinematics
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, conjugate, multiply, quat_to_matrix, six_d_to_matrix
from engine.motion.skeleton import SMPL_24
from engine.observation.headset_features import features_of
from engine.observation.trial import Context
from engine.observation.virtual_trackers import virtual_trackers
from engine.training import body_motions
from engine.training.body_motions import BodyMotions, cache_bodies, counted
from engine.training.body_windows import BodyWindows, BodyWindowSettings, stature_of
from engine.training.loop import TrainConfig, train
from engine.training.rotations_torch import angular_velocity
from engine.training.run import run_training
from engine.training.task import Example
from engine.training.tasks.trackers import (
    ANY_HZ,
    TrackerTask,
    Validation,
    around_head,
    local_rotations,
    tracker_loss,
    tracker_task,
)

WORN = [15, 20, 21]
CMU = Path(__file__).parents[4] / "shared" / "data" / "cmu"


@dataclass
class Fitted:
    pose: BodyPose
    trusted: tuple[str, ...] = ("head", "hands")
    errors_m: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.errors_m is None:
            self.errors_m = np.full((len(self.pose), 5), 0.01)


def person(frames: int, seed: int = 0, *, hz: float = 60.0) -> BodyPose:
    """Somebody whose joints swing, on bones of their own."""
    pose = random_pose(frames, "kinestate", seed=seed, amount=0.4)
    rotations = pose.rotations.copy()
    rotations[:, 22:] = IDENTITY
    stretch = np.exp(np.random.default_rng(seed).normal(0, 0.05, (24, 1)))
    offsets = stretch * library.body().offsets(np.zeros(10))
    return replace(pose, rotations=rotations, shape=np.zeros(10), offsets=offsets, times=np.arange(frames) / hz)


def fitted(*found: Fitted) -> Iterator[tuple[MotionClip, Fitted]]:
    for number, one in enumerate(found):
        pose = one.pose
        yield MotionClip(f"clip {number}", pose.times, np.zeros((len(pose), 24, 3)), SMPL_24, subject="s"), one


def windows_of(tmp_path: Path, *found: Fitted) -> BodyWindows:
    cache_bodies(fitted(*found), tmp_path / "train.npz")
    return BodyWindows(BodyMotions.load(tmp_path / "train.npz"))


PLAIN = BodyWindowSettings(12, 1, own=False, plain=True, beginning=0.0)


# -- the cache ------------------------------------------------------------------------------------------------


def test_clips_are_kept_at_60_hz_with_who_can_be_trusted(tmp_path: Path) -> None:
    fast, slow = person(121, 1, hz=120), person(31, 2)
    motions = windows_of(tmp_path, Fitted(fast), Fitted(slow, ("head",))).motions
    assert motions.starts.tolist() == [0, 61, 92]
    assert motions.rotations[:61] == pytest.approx(fast.rotations[::2], abs=1e-6)
    assert motions.root[61:] == pytest.approx(slow.root, abs=1e-6)
    assert motions.offsets == pytest.approx(np.stack([fast.offsets, slow.offsets]), abs=1e-6)
    assert motions.trusted.tolist() == [[True, True], [True, False]]
    data = counted(tmp_path / "train.npz", "swings")
    assert (data.clips, data.minutes, data.description) == (1, round(61 / 3600, 2), "swings")


def test_bad_fits_and_jumps_are_left_out(tmp_path: Path) -> None:
    pose, turning = person(40), person(40, 1)
    errors = np.full((40, 5), 0.01)
    errors[10] = 0.05
    pose.root[20:] += 0.3  # 18 m/s
    turning.rotations[30:, 15] = [0.9, 0.436, 0, 0]
    motions = windows_of(tmp_path, Fitted(pose, errors_m=errors), Fitted(turning)).motions
    assert np.flatnonzero(~motions.good).tolist() == [10, 20, 70]
    runs = motions.runs()
    expected = [0 if not motions.good[k] else good_frames_from(motions, k) for k in range(80)]
    assert runs.tolist() == expected and runs[0] == 10 and runs[39] == 1


def good_frames_from(motions: BodyMotions, frame: int) -> int:
    end = motions.starts[motions.clips(np.array([frame]))[0] + 1]
    count = 0
    while frame + count < end and motions.good[frame + count]:
        count += 1
    return count


def test_a_split_without_clips_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no clip was there"):
        cache_bodies(iter(()), tmp_path / "train.npz")


# -- windows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("own", [False, True])
def test_a_plain_window_is_what_the_encoder_makes_of_the_clip(tmp_path: Path, own: bool, every: int) -> None:
    pose = person(60)
    settings = replace(PLAIN, own=own, periods=np.full(12, float(every)))
    batch = windows_of(tmp_path, Fitted(pose)).seen(settings, np.array([5]), np.ones(1), np.random.default_rng(0))
    frames = 5 + every * np.arange(13)
    seen = virtual_trackers(pose.take(frames))
    expected, rotations = features_of(seen)[1:], pose.rotations[frames[1:], :22].copy()
    if own:
        expected = Headset(own=True).whole(seen, Context(float(stature_of(pose.offsets)))).inputs[1:]
        heading = heading_of(seen.rotations[1:, 0])
        rotations[:, 0] = multiply(conjugate(heading), rotations[:, 0])
    assert batch.inputs[0] == pytest.approx(expected, abs=2e-5)
    assert batch.targets[0] == pytest.approx(to_smpl_form(rotations).reshape(12, 132), abs=1e-5)
    whole = local_rotations(batch.targets, batch.heading)[0, :, :22]
    assert np.abs(np.sum(whole * pose.rotations[frames[1:], :22], -1)).min() > 1 - 1e-9
    assert batch.root[0] == pytest.approx(pose.root[frames[1:]], abs=1e-6)


def test_what_is_seen_is_worn_by_the_body_that_is_asked_for(tmp_path: Path) -> None:
    """Mirrored, turned, resized, faster or slower: the targets, on the bones, carry the trackers that are seen."""
    windows = windows_of(tmp_path, Fitted(person(80)), Fitted(person(70, 3)))
    batch = windows.draw(BodyWindowSettings(20, 24, own=False), np.random.default_rng(0))
    for inputs, targets, offsets, root in zip(batch.inputs, batch.targets, batch.offsets, batch.root, strict=True):
        ahead = np.tile(IDENTITY, (1, 20, 1))
        places, turned = forward_kinematics(SMPL_24, local_rotations(targets[None], ahead)[0], offsets, root)
        assert inputs[:, 36:45] == pytest.approx(places[:, WORN].reshape(20, 9), abs=1e-5)
        assert inputs[1:, 45:] == pytest.approx(np.diff(places[:, WORN], axis=0).reshape(19, 9), abs=1e-5)
        columns = quat_to_matrix(turned[:, WORN])
        smpl = np.stack([columns[..., 0], columns[..., 2]], -2)  # SMPL's x and y are ours x and z
        assert inputs[:, :18] == pytest.approx(smpl.reshape(20, 18), abs=1e-5)


def test_windows_are_of_people_of_every_heading_and_size_on_their_feet(tmp_path: Path) -> None:
    pose = person(80)
    windows = windows_of(tmp_path, Fitted(pose))
    settings = BodyWindowSettings(20, 300, own=False, warp=1.0)
    batch = windows.draw(settings, np.random.default_rng(0))
    sizes = stature_of(batch.offsets) / stature_of(pose.offsets)
    assert 0.8 < sizes.min() < 0.9 and 1.1 < sizes.max() < 1.25
    left, right = batch.offsets[:, list(SMPL_24.left)], batch.offsets[:, list(SMPL_24.right)]
    ratio = np.linalg.norm(left, axis=-1) / np.linalg.norm(right, axis=-1)
    own = np.linalg.norm(pose.offsets[list(SMPL_24.left)], axis=-1) / np.linalg.norm(
        pose.offsets[list(SMPL_24.right)], axis=-1
    )
    mirrored = np.abs(ratio - own).max(1) > 1e-3
    assert np.allclose(ratio[mirrored], 1 / own, atol=1e-3) and 0.4 < mirrored.mean() < 0.6
    assert np.allclose(batch.root[:, :, 2].min() > 0.7, True)
    facing = six_d_to_matrix(batch.targets[:, 0, :6].astype(float))[:, :2, 2]
    angles = np.degrees(np.arctan2(facing[:, 1], facing[:, 0]))
    assert np.histogram(angles, 6, (-180, 180))[0].min() > 25


def test_some_people_get_another_window_s_arms(tmp_path: Path) -> None:
    windows = windows_of(tmp_path, Fitted(person(80)), Fitted(person(70, 3)))
    settings = BodyWindowSettings(6, 40, own=False, warp=1.0)
    same, other = (
        windows.draw(replace(settings, exchange=share), np.random.default_rng(0)).targets.reshape(40, 6, 22, 6)
        for share in (0.0, 1.0)
    )
    arms = [13, 14, 16, 17, 18, 19, 20, 21]
    rest = np.setdiff1d(np.arange(1, 22), arms)
    assert np.array_equal(same[:, :, rest], other[:, :, rest])
    mirrored = [14, 13, 17, 16, 19, 18, 21, 20]  # by the window that they are given to
    for k in range(40):
        theirs, own = same[k - 1][:, arms], other[k][:, arms]
        flipped = same[k - 1][:, mirrored] * [1, -1, -1, -1, 1, 1]
        assert min(np.abs(own - theirs).max(), np.abs(own - flipped).max()) < 1e-5


def test_some_windows_begin_as_a_stream_does(tmp_path: Path) -> None:
    windows = windows_of(tmp_path, Fitted(person(80)))
    batch = windows.draw(BodyWindowSettings(20, 200, own=True, beginning=0.3), np.random.default_rng(0))
    still = np.abs(batch.inputs[:, 0, 45:]).max(1) == 0
    assert 0.2 < still.mean() < 0.4
    assert batch.inputs[still, 0, 18:36] == pytest.approx(np.tile([1, 0, 0, 0, 1, 0], (still.sum(), 3)), abs=1e-6)


def test_windows_come_from_trusted_clips_and_others_only_where_asked_for(tmp_path: Path) -> None:
    clips = Fitted(person(60)), Fitted(person(60, 1), ("head",)), Fitted(person(60, 2), ())
    windows, settings = windows_of(tmp_path, *clips), BodyWindowSettings(10, 64, own=False)
    assert not np.isnan(windows.draw(settings, np.random.default_rng(0)).targets).any()
    batch = windows.draw(replace(settings, untrusted=0.5), np.random.default_rng(0))
    unknown = np.isnan(batch.targets).reshape(64, 10, 22, 6).all((1, 3))
    kinds = {tuple(np.flatnonzero(row)) for row in unknown}
    assert kinds == {(), (18, 19, 20, 21), (12, 15, 18, 19, 20, 21)}
    assert not np.isnan(batch.inputs).any() and 0.3 < unknown.any(1).mean() < 0.7
    with pytest.raises(ValueError, match="no clip holds"):
        windows.draw(BodyWindowSettings(100, 1, own=False), np.random.default_rng(0))


def test_batches_repeat_with_their_seed(tmp_path: Path) -> None:
    windows = windows_of(tmp_path, Fitted(person(60)))
    first, again = (windows.draw(BodyWindowSettings(10, 8, own=True), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.inputs, again.inputs) and np.array_equal(first.targets, again.targets)


# -- the task -------------------------------------------------------------------------------------------------


def task(tmp_path: Path, **settings: object) -> TrackerTask:
    cache = tmp_path / "train.npz"
    cache_bodies(fitted(*(Fitted(person(80, seed)) for seed in range(3))), cache)
    given = {"steps": 10, "frames": 20, "own": True, "windows": 6} | settings
    return TrackerTask(cache, cache, **given)  # type: ignore[arg-type]


def test_the_task_follows_the_card(tmp_path: Path) -> None:
    cache = tmp_path / "c.npz"
    made = {name: tracker_task(find_model(name), cache, cache, 5) for name in
            ("ssd_poser", "ssd_poser_small", "ssd_poser_small_causal")}  # fmt: skip
    assert [(t.frames, t.windows, t.own) for t in made.values()] == [(96, 256, False), (96, 32, True), (192, 32, True)]


def test_batches_are_shared_by_devices_and_tell_their_rate(tmp_path: Path) -> None:
    example = task(tmp_path).batches(0, 1, 2)[3]
    assert example.inputs.shape == (3, 20, 54) and example.targets.shape == (3, 20, 132) and example.rate == 1.0
    across = task(tmp_path, across_rates=True, frames=6).batches(0, 0, 1)
    rates = [across[step].rate for step in range(10)]
    assert all(isinstance(r, Tensor) and r.shape == (6,) for r in rates)
    assert max(float(r.mean()) for r in rates) > 1.5 and 60 / ANY_HZ[0] > min(float(r.min()) for r in rates) > 0
    assert any(r.std() > 0 for r in rates) and any(r.std() == 0 for r in rates)


def test_the_loss_is_the_published_one() -> None:
    random = np.random.default_rng(0)
    prediction, target = random.normal(size=(2, 2, 5, 132))
    lengths = [
        [np.linalg.norm(prediction[b, t, 6 * j : 6 * j + 6] - target[b, t, 6 * j : 6 * j + 6]) for j in range(22)]
        for b in range(2) for t in range(5)
    ]  # fmt: skip
    expected = np.mean(lengths) + 0.02 * np.mean([row[0] for row in lengths])
    found = tracker_loss(torch.from_numpy(prediction), torch.from_numpy(target))
    assert float(found) == pytest.approx(expected)


def test_nothing_is_learnt_where_the_truth_is_unknown() -> None:
    torch.manual_seed(0)
    prediction, target = torch.randn(2, 2, 5, 132)
    prediction.requires_grad_()
    target[1, :, 90:96] = torch.nan
    for smooth, places in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        (gradient,) = torch.autograd.grad(tracker_loss(prediction, target, smooth, places), prediction)
        assert gradient.isfinite().all()
        assert torch.all(gradient[1, :, 90:96] == 0) and gradient[0, :, 90:96].abs().min() > 0


def test_angular_velocities_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    turned = Rotation.from_rotvec(random.normal(0, 0.8, (4, 3)))
    six_d = torch.from_numpy(np.concatenate(np.moveaxis(turned.as_matrix()[:, :, :2], -1, 0), -1))
    expected = [(turned[t + 1].inv() * turned[t]).as_rotvec() for t in range(3)]
    found = angular_velocity(1.7 * six_d[None, :, None])[0, :, 0]
    assert found.numpy() == pytest.approx(np.array(expected), abs=1e-6)
    smooth = tracker_loss(six_d.repeat(1, 22)[None], six_d[:1].repeat(4, 22)[None], 1.0) - tracker_loss(
        six_d.repeat(1, 22)[None], six_d[:1].repeat(4, 22)[None]
    )
    assert float(smooth) == pytest.approx(np.abs(expected).mean(), abs=1e-6)


def test_places_around_the_head_are_those_of_forward_kinematics() -> None:
    pose = person(6)
    at_rest = np.tile(library.body().offsets(np.zeros(0)), (6, 1, 1))
    places, _ = forward_kinematics(SMPL_24, pose.rotations, at_rest, np.zeros((6, 3)))
    six_d = to_smpl_form(pose.rotations[:, :22])
    found = around_head(torch.from_numpy(2.0 * six_d)[None])[0].numpy()
    assert found == pytest.approx((places - places[:, 15:16])[:, :22], abs=1e-9)


def test_the_loss_of_places_is_in_metres() -> None:
    pose = person(5)
    six_d = to_smpl_form(pose.rotations[:, :22])
    first = np.tile(six_d[:1], (5, 1, 1))
    both = [torch.from_numpy(each.reshape(1, 5, 132)) for each in (six_d, first)]
    off = (around_head(torch.from_numpy(six_d)[None]) - around_head(torch.from_numpy(first)[None]))[0].numpy()
    speed = np.diff(off, axis=0) * 60
    expected = np.linalg.norm(off, axis=-1).mean() + 0.1 * np.linalg.norm(speed, axis=-1).mean()
    assert float(tracker_loss(*both, places=3.0) - tracker_loss(*both)) == pytest.approx(3 * expected)


class Answers(nn.Module):
    """A network that knows the answers."""

    def __init__(self, answers: np.ndarray) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.answers = torch.from_numpy(answers.astype(np.float32))
        self.done = 0

    def forward(self, u: Tensor, rate: float) -> Tensor:
        assert not self.training
        self.done += len(u)
        return self.answers[self.done - len(u) : self.done]


def test_the_figures_of_the_truth_and_of_a_rest_pose(tmp_path: Path) -> None:
    windows = BodyWindows(BodyMotions.load(task(tmp_path).val_data))
    validation = Validation(windows, frames=20, own=True, count=10)
    found = validation.errors(Answers(validation.batch.targets).train())
    assert found["val_mpjre_deg"] < 1e-4 and found["val_mpjpe_cm"] < 1e-3
    assert found["val_jitter"] == pytest.approx(found["val_jitter_true"], rel=1e-2) and found["val_jitter"] > 0
    still = np.tile(IDENTITY, (10, 20, 22, 1))
    still[:, :, 0] = conjugate(validation.batch.heading)
    rest = to_smpl_form(still).reshape(10, 20, 132)
    found = validation.errors(Answers(rest))
    vectors = Rotation.from_quat(validation.truth[:, :, 1:22][..., [1, 2, 3, 0]].reshape(-1, 4)).as_rotvec()
    assert found["val_mpjre_deg"] == pytest.approx(np.degrees(np.abs(vectors).mean()), rel=1e-4)
    errors = []
    for b in range(10):
        stance = np.zeros((24, 3))
        for j in range(1, 24):
            stance[j] = stance[SMPL_24.parents[j]] + validation.batch.offsets[b, j]
        for t in range(20):
            moved = stance + validation.places[b, t, 15] - stance[15]
            errors.append(np.linalg.norm((moved - validation.places[b, t])[:22], axis=-1))
    assert found["val_mpjpe_cm"] == pytest.approx(100 * np.mean(errors), rel=1e-5)


@pytest.mark.parametrize(("smooth", "places"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5)])
@pytest.mark.slow
def test_the_loss_falls(tmp_path: Path, smooth: float, places: float) -> None:
    given = task(tmp_path, steps=14, frames=24, smooth=smooth, places=places)
    config = TrainConfig("ssd_poser_small", given, tmp_path / "run", warmup=2, learning_rate=1e-3, validate_every=14)
    state = train(config)
    row = state.curve[-1]
    assert state.frames == 14 * 6 * 24 and {"val_mpjre_deg", "val_mpjpe_cm", "val_jitter"} <= row.keys()
    saved = torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)["network"]
    first, last = find_model("ssd_poser_small").build(), find_model("ssd_poser_small").build()
    last.load_state_dict(saved)
    with torch.no_grad():
        losses = [
            np.mean(
                [float(given.loss(n.eval()(e.inputs), e)) for e in map(given.batches(9, 0, 1).__getitem__, range(4))]
            )
            for n in (first, last)
        ]
    assert losses[1] < 0.8 * losses[0]
    assert (tmp_path / "run/curve.png").exists()


@dataclass(frozen=True)
class Stopped(TrackerTask):
    """A run that is killed at step 3."""

    def batches(self, seed: int, rank: int, world: int) -> Dataset[Example]:
        whole = super().batches(seed, rank, world)
        return [whole[step] for step in range(3)]  # type: ignore[return-value]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    given = task(tmp_path, steps=5, frames=10, windows=2)
    stopped = Stopped(given.train_data, given.val_data, 5, 10, own=True, windows=2)
    config = TrainConfig("ssd_poser_small", given, tmp_path / "whole", validate_every=5, checkpoint_every=1)
    train(config)
    with pytest.raises(IndexError):
        train(replace(config, task=stopped, folder=tmp_path / "killed"))
    train(replace(config, folder=tmp_path / "killed"))
    one, other = (torch.load(tmp_path / f / "checkpoint.pt", weights_only=True)["network"] for f in ("whole", "killed"))
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.slow
def test_the_same_command_trains_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def bodies(folder: Path, split: str) -> Iterator[tuple[MotionClip, Fitted]]:
        asked.append((folder.name, split))
        return fitted(Fitted(person(220, len(asked))))

    monkeypatch.setattr(body_motions, "body_motions", bodies)
    monkeypatch.setattr(TrackerTask, "windows", 2)
    for _ in range(2):  # the second time, the run is there
        run_training("ssd_poser_small_causal", tmp_path / "cmu", tmp_path / "run", steps=2)
    assert asked == [("cmu", "train"), ("cmu", "val")]
    record = json.loads((tmp_path / "run/data.json").read_text())
    assert record["train"]["clips"] == 1 and "train split of cmu, as bodies" in record["train"]["description"]
    config = json.loads(torch.load(tmp_path / "run/checkpoint.pt", weights_only=True)["config"])
    assert config["learning_rate"] == 3e-4 and config["task"]["frames"] == 192


@pytest.mark.slow
@pytest.mark.skipif(not CMU.exists(), reason="the motion capture in ../shared/data is not there")
def test_real_motion_capture_is_fitted_cut_and_trusted(tmp_path: Path) -> None:
    found = itertools.islice(body_motions.body_motions(CMU, "val"), 2)
    cache_bodies(found, tmp_path / "val.npz")
    motions = BodyMotions.load(tmp_path / "val.npz")
    windows = BodyWindows(motions)
    assert motions.trusted.all() and motions.good.mean() > 0.9
    batch = windows.draw(BodyWindowSettings(96, 8, own=False, beginning=0.0), np.random.default_rng(0))
    head, hands = batch.inputs[..., 38], batch.inputs[..., [41, 44]]
    assert 1.2 < np.median(head) < 2.0 and np.median(hands) < np.median(head)
    rest = np.diff(batch.inputs[..., 36:45], axis=1)
    assert batch.inputs[:, 1:, 45:] == pytest.approx(rest, abs=1e-5)
