"""Training on several views: what is shown, the loss, and a tiny run from the command's function to shipped weights."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_lifters import swaying

from engine.models.loading import load_model
from engine.models.mv_ssm.keypoints import rays_of
from engine.models.mv_ssm.rays import start
from engine.observation.detector_noise import PERFECT, Noise
from engine.training.motions import Motions
from engine.training.run import run_training
from engine.training.ship import ship
from engine.training.tasks.multiview import NOISE, Validation, ViewBatches, unsteady, view_loss
from engine.training.view_windows import LARGER, STANDS_M, ViewSettings, view_batch

NAME = "mv_ssm_keypoints"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Three clips, as `engine.data.cmu.cache_split` writes them."""
    clips = [swaying(frames).positions for frames in (60, 90, 40)]
    file = tmp_path / "train.npz"
    starts = np.concatenate([[0], np.cumsum([len(clip) for clip in clips])])
    np.savez(file, positions=np.concatenate(clips).astype(np.float32), starts=starts)
    return file


def off_mm(batch) -> np.ndarray:
    """Of where the rays meet, every joint."""
    rays, middle = rays_of(torch.from_numpy(batch.inputs[:, 0]).double())
    return 1000 * np.linalg.norm((start(rays) + middle[:, None]).numpy() - batch.targets[:, 0], axis=-1)


def test_perfect_detectors_see_the_targets(cache: Path) -> None:
    motions = Motions.load(cache)
    batch = view_batch(motions, ViewSettings(4, 200, noise=PERFECT), np.random.default_rng(0))
    assert batch.inputs.shape == (200, 1, 4, 17, 15) and batch.targets.shape == (200, 1, 17, 3)
    seen = (batch.inputs[:, 0, :, :, 2] > 0).sum(1) >= 3
    assert seen.mean() > 0.8 and np.median(off_mm(batch)[seen]) < 0.5
    assert np.abs(batch.targets[:, :, 0, :2]).max() <= STANDS_M + 1e-3
    axes = batch.inputs[..., 3:12].reshape(-1, 3, 3)
    np.testing.assert_allclose(axes @ axes.swapaxes(1, 2), np.eye(3) + 0 * axes, atol=1e-5)


def test_noise_and_a_turned_camera_are_in_what_is_shown(cache: Path) -> None:
    motions = Motions.load(cache)

    def median(**changes: object) -> float:
        settings = ViewSettings(3, 300, **changes)  # type: ignore[arg-type]
        return float(np.median(off_mm(view_batch(motions, settings, np.random.default_rng(0)))))

    clean, noisy, turned = median(noise=PERFECT), median(noise=Noise()), median(noise=PERFECT, turned=1.0)
    assert clean < 1 and 15 < noisy < 40 and turned > 8


def test_people_are_varied_only_in_training(cache: Path) -> None:
    motions, rng = Motions.load(cache), np.random.default_rng(0)
    thigh = [
        np.linalg.norm(batch.targets[..., 5, :] - batch.targets[..., 4, :], axis=-1)
        for batch in (view_batch(motions, ViewSettings(2, 300, varied=v), rng) for v in (False, True))
    ]
    recorded, varied = (length.std() / length.mean() for length in thigh)
    assert recorded < 0.05 and np.hypot(recorded, 0.06) < varied < 2 * np.log(LARGER)


def test_batches_are_those_of_their_step_and_share_the_frames(cache: Path) -> None:
    motions = Motions.load(cache)
    one, again = (ViewBatches(motions, 20, 3, 0, 1)[5] for _ in range(2))
    half = ViewBatches(motions, 20, 3, 1, 2)[5]
    assert torch.equal(one.inputs, again.inputs) and half.inputs.shape[2] == one.inputs.shape[2]
    assert half.frames == pytest.approx(one.frames / 2, abs=1) and not torch.equal(half.targets[0], one.targets[0])
    assert {ViewBatches(motions, 40, 0, 0, 1)[k].inputs.shape[2] for k in range(40)} == {2, 3, 4, 5, 6, 8}
    exchanged = NOISE.swapping * NOISE.exchanged
    assert exchanged == pytest.approx(0.15)


def test_the_loss_is_the_mean_distance_of_every_layer() -> None:
    target = torch.zeros(2, 1, 17, 3)
    answers = torch.zeros(2, 1, 3, 17, 3)
    answers[:, :, 0, :, 0], answers[:, :, 2, :, 1] = 0.2, 0.1
    assert float(view_loss(answers, target)) == pytest.approx(0.1 + 0.5 * 0.2)
    assert float(view_loss(answers + 100, target)) == pytest.approx(2.0)  # far errors count up to a metre


def test_validation_asks_for_the_last_layer_and_leaves_the_mode(cache: Path) -> None:
    network = load_model(f"{NAME}_mean").network.train()
    errors = Validation(Motions.load(cache), frames=30).errors_mm(network)
    assert set(errors) == {"val_mm_2", "val_mm_3", "val_mm_4", "val_mm_8", "val_mm_4_turned"} and network.training
    assert errors["val_mm_2"] > errors["val_mm_4"] > errors["val_mm_8"] > 3 and errors["val_mm_4_turned"] > 20


def test_over_time_windows_are_of_any_rate(cache: Path) -> None:
    batches = ViewBatches(Motions.load(cache), 60, 0, 0, 1, over_time=True)
    assert torch.equal(batches[4].inputs, batches[4].inputs)
    examples = [batches[k] for k in range(60)]
    rates = [float(e.rate) if isinstance(e.rate, float) else float(e.rate.median()) for e in examples]
    assert min(rates) < 2 < 8 < max(rates) and max(e.inputs.shape[1] for e in examples) > 60
    irregular = [e for e in examples if isinstance(e.rate, torch.Tensor)]
    assert 0.2 < len(irregular) / len(examples) < 0.6
    for e in irregular:
        assert isinstance(e.rate, torch.Tensor) and len(e.rate) == e.inputs.shape[1] == e.targets.shape[1]
    assert all(e.inputs.shape[0] * e.inputs.shape[1] * e.inputs.shape[2] < 2.2 * 2048 for e in examples)


def test_unsteady_errors_count_and_constant_ones_do_not() -> None:
    target = torch.randn(2, 5, 17, 3, generator=torch.Generator().manual_seed(0))
    moved = target + torch.tensor([0.3, 0.0, 0.0])
    assert float(unsteady(moved, target)) == pytest.approx(0, abs=1e-6)
    moved[:, 2, :, 1] += 0.1
    assert float(unsteady(moved, target)) == pytest.approx(0.1 * 2 / 4, rel=1e-4)
    assert float(unsteady(moved[:, :1], target[:, :1])) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [NAME, f"{NAME}_mean", f"{NAME}_time"])
def test_a_tiny_run_trains_goes_on_and_ships(
    name: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.tasks.multiview.SHOWN", 32)
    monkeypatch.setattr("engine.training.tasks.multiview.SHOWN_OVER_TIME", 64)
    monkeypatch.setattr("engine.training.tasks.multiview.Validation", partial(Validation, frames=30))
    folder = tmp_path / "run"
    folder.mkdir()
    for split in ("train", "val"):
        (folder / f"{split}.npz").write_bytes(cache.read_bytes())
    for steps in (2, 4):
        run_training(name, tmp_path / "unread", folder, steps=steps, bfloat16=False)
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert saved["progress"]["step"] == 4 and saved["progress"]["frames"] >= 4 * 4
    card = ship(folder, name, to=tmp_path / "weights")
    assert card.trained and "random virtual rigs" in card.data.description
