"""Training: batches are what they claim, runs resume after being killed, loss goes down."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InputError
from engine.models.families import build, find_model, list_models
from engine.models.network import Network
from engine.motion.skeleton import H36M_17
from engine.paths import WEIGHTS
from engine.training.checkpoints import keep, resume_from
from engine.training.data_record import counted, trained_on, write_record
from engine.training.loop import TrainConfig, train
from engine.training.motions import Motions, WindowSettings, irregular_gaps, make_batch
from engine.training.ship import ship
from engine.training.task import Validate
from engine.training.tasks.lifting import LiftingTask, Stage, Validation, curriculum, lifting_loss


def walking_points(seconds: float = 6.0, seed: int = 0) -> np.ndarray:
    """A stand-in for motion capture: an H36M-17 figure whose joints swing, 60 Hz, (T, 17, 3) metres."""
    rng = np.random.default_rng(seed)
    rest = np.zeros((17, 3))
    rest[:, 2] = [1, 1, 0.55, 0.1, 1, 0.55, 0.1, 1.2, 1.45, 1.55, 1.7, 1.4, 1.1, 0.9, 1.4, 1.1, 0.9]
    rest[H36M_17.right, 0] = -0.15
    rest[H36M_17.left, 0] = 0.15
    t = np.arange(round(seconds * 60))[:, None, None] / 60
    return (rest + 0.1 * np.sin(2 * np.pi * t + rng.uniform(0, 6, (17, 3)))).astype(np.float32)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    clips = [walking_points(seed=s) for s in range(3)]
    starts = np.cumsum([0, *map(len, clips)])
    np.savez(tmp_path / "motions.npz", positions=np.concatenate(clips), starts=starts)
    return tmp_path / "motions.npz"


@pytest.mark.slow
def test_a_run_across_rates_starts_from_shipped_weights(cache: Path, tmp_path: Path) -> None:
    name = "hummuss_small_anyrate_causal"
    stages = (Stage(4, (5.0, 20.0), 60, (1.0,), irregular=0.5),)
    first = replace(
        config(cache, tmp_path / "run"), preset=name, task=task(cache, stages), start_from="hummuss_small_causal"
    )
    shipped = find_model("hummuss_small_causal").card.trained_frames
    assert train(first).frames > shipped
    card = ship(first.folder, name, to=tmp_path / "weights")
    assert card.trained_frames > shipped
    assert card.notes[0] == f"Learning rate {first.learning_rate:g}."
    assert "hummuss_small_causal" in card.notes[1] and f"{shipped / 1e6:.1f} M" in card.notes[1]
    for start, problem in (("hummuss_16m", "no shipped weights"), ("hummuss_small", "another network")):
        with pytest.raises(InputError, match=problem):
            train(replace(first, folder=tmp_path / start, start_from=start))


def config(cache: Path, folder: Path, steps: int = 12) -> TrainConfig:
    stages = (Stage(steps // 2, 15.0, 60, (1.0, 2.0)), Stage(steps, 60.0, 120, (1.0,)))
    return TrainConfig(
        "hummuss_small_causal", task(cache, stages), folder, warmup=2, validate_every=6, checkpoint_every=4
    )


@dataclass(frozen=True)
class SoonValidated(LiftingTask):
    """On six windows of a second, not on 24 of four."""

    def validation(self) -> Validate:
        return Validation(Motions.load(self.val_data), causal=self.causal, windows=6, seconds=1.0).errors_mm


def task(cache: Path, stages: tuple[Stage, ...], *, causal: bool = True) -> LiftingTask:
    return SoonValidated(cache, cache, stages, causal=causal)


@pytest.mark.parametrize("causal", [True, False])
def test_targets_project_onto_the_inputs(cache: Path, causal: bool) -> None:
    """A clean window: the target skeleton, put at the right depth, lands on the 2D input (same axes, same body)."""
    settings = WindowSettings(30, 30.0, causal, batch=6, clean=1.0)
    batch = make_batch(Motions.load(cache), settings, np.random.default_rng(0))
    inputs, targets = batch.inputs.astype(float), batch.targets.astype(float)
    for i in range(6):
        for k in (0, 17, 29):
            root_ray, joints = inputs[i, k, 0, :2], targets[i, k]
            # x = s (X + X0) / (Z + Z0) with X0 = root ray * Z0 / s: linear in (s, Z0) up to the product; solve for both
            best = min(
                float(
                    np.abs(
                        scale * (joints[:, :2] + root_ray / scale * depth) / (joints[:, 2:] + depth)
                        - inputs[i, k, :, :2]
                    ).max()
                )
                for depth in np.geomspace(0.5, 12, 1500)
                for scale in [_scale(joints, root_ray, depth, inputs[i, k, :, :2])]
            )
            assert best < 0.01, best


def test_irregular_windows_show_the_motion_at_their_own_times() -> None:
    """Forearms that grow steadily (in no person, but measurable in any axes): their length tells the time."""
    points = walking_points(600.0)
    for elbow, wrist in ((12, 13), (15, 16)):  # both: windows are mirrored
        points[:, wrist] = points[:, elbow] + np.linspace(0.2, 20, len(points))[:, None] * [0, 0, 1]
    motions = Motions(points, np.array([0, len(points)]))
    gaps = irregular_gaps(30, drop=0.4, jitter=0.3, rng=np.random.default_rng(1))
    settings = WindowSettings(30, 20.0, True, batch=8, clean=1.0, exchange=0.0, gaps=gaps)
    targets = make_batch(motions, settings, np.random.default_rng(2)).targets
    length = np.linalg.norm(targets[:, :, 13] - targets[:, :, 12], axis=-1)
    grown = (length - length[:, :1]) / (length[:, -1:] - length[:, :1])
    np.testing.assert_allclose(grown, np.broadcast_to(settings.times / settings.times[-1], grown.shape), atol=1e-3)


def test_irregular_gaps_drop_the_right_share_and_keep_the_order() -> None:
    gaps = irregular_gaps(20_000, drop=0.5, jitter=0.3, rng=np.random.default_rng(0))
    assert gaps[0] == 1 and gaps.min() >= 0.4
    assert gaps.mean() == pytest.approx(2, rel=0.02)
    assert np.array_equal(irregular_gaps(9, drop=0, jitter=0, rng=np.random.default_rng(0)), np.ones(9))


@pytest.mark.parametrize("places", [30, 243])
def test_a_training_by_places_fills_the_table_and_never_exceeds_it(places: int) -> None:
    (stage,) = curriculum(100, places)
    lengths = [round(s * stage.hz) for s in stage.seconds]
    assert max(lengths) == places and stage.irregular == 0


def test_training_across_rates_draws_rates_and_gaps() -> None:
    (stage,) = curriculum(100, across_rates=True)
    steps = [stage.windows(np.random.default_rng(s), causal=True) for s in range(400)]
    hz = np.array([s.hz for s in steps])
    assert hz.min() < 4 and hz.max() > 50 and 0.4 < (hz < np.sqrt(3 * 60)).mean() < 0.6
    assert 0.33 < np.mean([s.gaps is not None for s in steps]) < 0.47
    frames = [s.frames * s.batch for s in steps]
    assert 600 < np.mean(frames) < 700
    assert all(s.frames == len(s.times) for s in steps)


def _scale(joints: np.ndarray, root_ray: np.ndarray, depth: float, seen: np.ndarray) -> float:
    rest = seen - root_ray * depth / (joints[:, 2:] + depth)
    flat = joints[:, :2] / (joints[:, 2:] + depth)
    return float((rest * flat).sum() / (flat * flat).sum())


def test_batches_repeat_with_their_seed_and_hide_the_right_share(cache: Path) -> None:
    settings = WindowSettings(40, 10.0, True, batch=64, clean=0.0, mask=0.15)
    first, again = (make_batch(Motions.load(cache), settings, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.inputs, again.inputs) and np.array_equal(first.targets, again.targets)
    assert 0.12 < (first.inputs[..., 2] == 0).mean() < 0.18
    assert np.all(first.inputs[first.inputs[..., 2] == 0] == 0)


def test_devices_get_windows_of_one_size_and_other_people(cache: Path, tmp_path: Path) -> None:
    lifting = config(cache, tmp_path).task
    for step in range(4):
        (alone, *_), *shared = (lifting.batches(0, rank, world)[step] for rank, world in ((0, 1), (0, 2), (1, 2)))
        (first, _, rate), (second, _, same_rate) = shared
        assert first.shape == second.shape and rate == same_rate
        assert alone.shape[1:] == first.shape[1:] and len(first) == max(1, len(alone) // 2)
        assert not torch.equal(first, second)


def test_loss_known_answers() -> None:
    target = torch.randn(2, 5, 17, 3)
    assert lifting_loss(target, target, 60.0) == pytest.approx(0, abs=1e-6)
    shifted = target + torch.tensor([0.3, 0, 0.4])
    assert float(lifting_loss(shifted, target, 60.0)) > 0.5  # position 0.5 m, no velocity error
    drifting = target + torch.arange(5).view(1, 5, 1, 1) * torch.tensor([0.01, 0, 0])
    slow, fast = (float(lifting_loss(drifting, target, 1 / hz)) for hz in (10.0, 60.0))
    assert fast - slow == pytest.approx(0.1 * 0.01 * 50, rel=1e-3)


def test_velocity_loss_is_a_mean_over_time() -> None:
    """An error that grows at 0.2 m/s costs the same at any sampling, regular or not."""
    target = torch.randn(1, 6, 17, 3)
    gaps = torch.tensor([9.0, 0.1, 0.3, 0.02, 0.5, 0.1])
    times = torch.cumsum(gaps, 0) - gaps[0]
    drifting = target + 0.2 * times.view(1, 6, 1, 1) * torch.tensor([1.0, 0, 0])
    still = lifting_loss(drifting, target, 1e12)
    assert float(lifting_loss(drifting, target, gaps) - still) == pytest.approx(0.1 * 0.2, rel=1e-3)


@pytest.mark.slow
def test_a_killed_run_ends_where_an_unbroken_one_ends(cache: Path, tmp_path: Path) -> None:
    whole = train(config(cache, tmp_path / "whole"))
    broken = config(cache, tmp_path / "broken")
    code = (
        "import os, sys, engine.training.loop as loop; from pathlib import Path; sys.path.insert(0, sys.argv[3]);"
        "from test_loop import config; original = loop._average; calls = [];\n"
        "def die(*a):\n calls.append(1); original(*a)\n if len(calls) == 7: os._exit(9)\n"
        "loop._average = die; loop.train(config(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    arguments = [sys.executable, "-W", "ignore", "-c", code, str(cache), str(broken.folder), str(Path(__file__).parent)]
    assert subprocess.run(arguments, check=False).returncode == 9
    assert torch.load(broken.folder / "checkpoint.pt", weights_only=True)["progress"]["step"] == 4
    assert train(broken).frames == whole.frames
    states = [torch.load(c / "checkpoint.pt", weights_only=True) for c in (tmp_path / "whole", broken.folder)]
    for name, value in states[0]["averaged"].items():
        torch.testing.assert_close(value, states[1]["averaged"][name], rtol=1e-4, atol=1e-6)
    assert (broken.folder / "curve.png").stat().st_size > 1000


def test_what_is_validated_is_what_is_saved(cache: Path, tmp_path: Path) -> None:
    """Layers that are asked remember what their parameters give: never what those of an earlier validation gave."""
    state = train(config(cache, tmp_path))
    fresh = build("hummuss_small_causal")
    fresh.load_state_dict(torch.load(tmp_path / "checkpoint.pt", weights_only=True)["averaged"])
    first, last = state.curve
    errors = config(cache, tmp_path).task.validation()(fresh)
    assert {name: last[name] for name in errors} == pytest.approx(errors, rel=1e-6)
    assert all(abs(first[name] - error) > 0.01 for name, error in errors.items())


@pytest.mark.slow
def test_shipping_and_going_on(cache: Path, tmp_path: Path) -> None:
    first = config(cache, tmp_path / "run")
    train(first)
    write_record(first.folder, {"train": counted(cache, "three people who swing")})
    card = ship(first.folder, first.preset, to=tmp_path / "weights")
    assert str(card.data) == "three people who swing, 3 clips, 0 minutes" and card.data.minutes == 0.3
    assert card.trained and card.params == 416_265 and card.trained_frames > 0
    checkpoint = tmp_path / "weights" / "hummuss_small_causal.checkpoint.pt"
    resume_from(checkpoint, tmp_path / "next")
    stages = (*first.task.stages, Stage(14, 60.0, 120, (1.0,)))
    longer = replace(first, folder=tmp_path / "next", task=task(cache, stages))
    assert train(longer).step == 14


def test_a_run_that_recorded_nothing_is_counted_from_its_cache(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert trained_on(tmp_path / "run").clips == 0
    (tmp_path / "run" / "train.npz").write_bytes(cache.read_bytes())
    found = trained_on(tmp_path / "run")
    assert (found.description, found.clips, found.minutes) == ("", 3, 0.3)


@pytest.mark.slow
def test_what_is_kept_of_a_run_goes_on_from_its_average(cache: Path, tmp_path: Path) -> None:
    first = config(cache, tmp_path / "run")
    train(first)
    keep(first.folder, tmp_path / "kept.pt")
    size = sum(parameter.numel() for parameter in build(first.preset).parameters())
    assert (tmp_path / "kept.pt").stat().st_size < 2.3 * size
    resume_from(tmp_path / "kept.pt", tmp_path / "next")
    longer = task(cache, (*first.task.stages, Stage(14, 60.0, 120, (1.0,))))
    state = train(replace(first, folder=tmp_path / "next", task=longer, learning_rate=1e-9))
    assert state.step == 14
    before, after = (torch.load(tmp_path / run / "checkpoint.pt", weights_only=True) for run in ("run", "next"))
    for name, value in before["averaged"].items():
        torch.testing.assert_close(after["averaged"][name], value, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_checkpoint_that_was_shipped_before_goes_on(cache: Path, tmp_path: Path) -> None:
    """That of motionbert_small, whose names of tensors and order of parameters are those of its day."""
    resume_from(WEIGHTS / "motionbert_small.checkpoint.pt", tmp_path / "run")
    before = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    step = before["progress"]["step"]
    going_on = task(cache, (Stage(step + 2, 10.0, 60, (1.0,)),), causal=False)
    state = train(TrainConfig("motionbert_small", going_on, tmp_path / "run", learning_rate=1e-6, bfloat16=False))
    assert state.step == step + 2 and state.frames > before["progress"]["frames"]
    assert state.curve[: len(before["progress"]["curve"])] == before["progress"]["curve"]
    after = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    for name, value in before["network"].items():
        torch.testing.assert_close(after["network"][name], value, rtol=0, atol=1e-5)
    card = ship(tmp_path / "run", "motionbert_small", to=tmp_path / "weights")
    assert card.trained_frames == state.frames and card.window == 243


@pytest.mark.parametrize("name", [e.name for e in list_models() if e.weights.with_suffix(".checkpoint.pt").exists()])
def test_the_optimiser_of_a_shipped_checkpoint_fits_parameter_by_parameter(name: str) -> None:
    saved = torch.load(WEIGHTS / f"{name}.checkpoint.pt", weights_only=True)
    network: Network = build(name)
    network.load_state_dict(saved["network"])
    own = [p for group in network.parameter_groups().values() for p in group]
    indices = [index for group in saved["optimiser"]["param_groups"] for index in group["params"]]
    assert [len(g["params"]) for g in saved["optimiser"]["param_groups"]] == [
        len(group) for group in network.parameter_groups().values()
    ]
    state = saved["optimiser"]["state"]
    trained = [(p, index) for p, index in zip(own, indices, strict=True) if p.requires_grad]
    assert trained and set(state) == {index for _, index in trained}  # what is kept as it was has no state
    for parameter, index in trained:
        assert state[index]["exp_avg"].shape == parameter.shape


@pytest.mark.slow
def test_two_processes_train_as_one_group(cache: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent("""
            import os, shutil, sys, time
            from pathlib import Path
            cache, folder, tests = map(Path, sys.argv[1:])
            sys.path.insert(0, str(tests))
            from engine.training import run
            from test_loop import config
            def prepare(data, split, file):
                assert os.environ["RANK"] == "0"  # processes that wrote one file at a time would ruin it
                time.sleep(0.5)
                shutil.copy(cache, file)
            run.cache_split = prepare
            run.curriculum = lambda *_, **__: config(cache, folder, 4).task.stages
            run.run_training("hummuss_small_causal", Path("unread"), folder)
        """)
    )
    arguments = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=29533", str(script)]
    subprocess.run(
        [sys.executable, *arguments, str(cache), str(tmp_path / "two"), str(Path(__file__).parent)], check=True
    )
    assert trained_on(tmp_path / "two").clips == 3
    saved = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=True)
    assert saved["progress"]["step"] == 4 and saved["progress"]["frames"] == 2 * 60 + 2 * 120  # shared, not doubled
