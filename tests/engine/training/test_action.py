"""Training of action recognition: labelled clips, features, people who are held apart, and what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_lifters import swaying

from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.kinds import as_labels
from engine.models.card import HELD_APART, ActionFigures
from engine.models.families import find_model
from engine.models.labels import MOTIONS
from engine.models.loading import load_model
from engine.motion.skeleton import H36M_17
from engine.training.action_clips import GENERATED, action_clips, joined
from engine.training.action_features import AT, EVERY_S, Features, plain_features, random_features
from engine.training.checkpoints import FILE
from engine.training.held_apart import held_apart
from engine.training.run import run_training
from engine.training.ship import ship
from engine.training.tasks.action import BATCH, HeadBatches, action_task, with_trunk

NAME, TRUNK = "hummuss_action_small", "hummuss_small"
ROWS = {
    "train": (("a_1", "a", "walking"), ("a_2", "a", "dance"), ("b_1", "b", "dance"), ("c", "c", "other")),
    "val": (("d/d_1.amc", "d", "walking"), ("d/d_1.bvh", "d", "walking"), ("d_2", "d", "martial arts / combat")),
}


def cache(folder: Path, split: str) -> Path:
    """A split as `engine.data.cmu.cache_split` writes it: dancers jump up and down twice a second."""
    clips, frames = [], 130
    for _, person, category in ROWS[split]:
        positions = swaying(frames).positions.copy()
        if category == "dance":
            positions[..., 2] += 0.3 * np.abs(np.sin(2 * np.pi * np.arange(frames) / 60))[:, None]
            positions[:, [13, 16]] += [0.0, -0.3, 0.9]
        clips.append(positions * (1.05 if person == "a" else 1.0))
    names, subjects, categories = zip(*ROWS[split], strict=True)
    starts = np.arange(len(clips) + 1) * frames
    file = folder / f"{split}.npz"
    np.savez(
        file, positions=np.concatenate(clips).astype(np.float32), starts=starts, names=np.array(names),
        subjects=np.array(subjects), categories=np.array(categories), rate_hz=np.array(60.0),
    )  # fmt: skip
    return file


@pytest.fixture(autouse=True)
def few_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.tasks.action.WINDOWS", 2)


# -- clips ----------------------------------------------------------------------------------------------------


def test_clips_without_a_label_are_left_out_and_a_take_counts_once(tmp_path: Path) -> None:
    train, val = action_clips(cache(tmp_path, "train")), action_clips(cache(tmp_path, "val"))
    assert [MOTIONS[k] for k in train.labels] == ["walking", "dance", "dance"] and len(val) == 1
    assert train.clip(1).shape == (130, 17, 3) and train.captured == ["a", "b"]
    both = joined(train, val)
    assert both.names.tolist() == ["a_1", "a_2", "b_1", "d_1"] and np.array_equal(both.clip(3), val.clip(0))


def test_generated_clips_are_one_person_s_and_have_labels(tmp_path: Path) -> None:
    clips = action_clips(cache(tmp_path, "train"), generated=True)
    made = clips.people == GENERATED
    labels = {str(n): MOTIONS[k] for n, k in zip(clips.names[made], clips.labels[made], strict=True)}
    assert labels == {"walk": "walking", "run": "running", "squat": "exercise", "wave": "gestures", "jump": "jumping"}
    assert GENERATED not in clips.captured


# -- features -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [False, True])
def test_plain_features_are_what_the_experiment_gives(tmp_path: Path, causal: bool) -> None:
    """The head on the stored means has the probabilities that `run` finds at those moments."""
    end = "_causal" * causal
    network = with_trunk(find_model(NAME + end), TRUNK + end)
    found = plain_features(network, action_clips(cache(tmp_path, "train")))
    first = found.means[found.clips == 0]
    with torch.inference_mode():
        wanted = torch.softmax(network(torch.from_numpy(first.astype(np.float32))[:, None])[:, 0], -1).numpy()
    model = load_model(NAME + end)
    model.network = network
    clip = swaying(130)
    clip = type(clip)("a_1", clip.times, clip.positions * 1.05, H36M_17)
    experiment = Experiment(models=(ModelChoice(name=NAME + end),), input=InputSettings(subsample=3))
    scores = as_labels(run(experiment, recording=clip, models=lambda choice: model).models[0].prediction)
    assert np.abs(scores.probabilities[:: round(20 * EVERY_S)] - wanted).max() < 5e-3  # half precision


def test_random_features_are_the_seed_s_and_of_every_label(tmp_path: Path) -> None:
    clips = action_clips(cache(tmp_path, "train"))
    network = with_trunk(find_model(NAME), TRUNK)
    one, again, other = (random_features(network, clips, 4, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.means, again.means) and not np.array_equal(one.means, other.means)
    assert one.means.shape == (4 * AT, 17, 128) and np.bincount(clips.labels[one.clips])[[0, 3]].tolist() == [8, 8]
    one.save(tmp_path / "f.npz", TRUNK)
    kept = Features.load(tmp_path / "f.npz", TRUNK)
    assert kept is not None and np.array_equal(kept.means, one.means)
    assert Features.load(tmp_path / "f.npz", "another") is None


def test_batches_are_even_over_labels_and_leave_a_person_out(tmp_path: Path) -> None:
    clips = action_clips(cache(tmp_path, "train"))
    features = Features(np.arange(30, dtype=np.float16).reshape(30, 1, 1), np.repeat([0, 1, 2], [20, 5, 5]))
    batch = HeadBatches(clips, features, 3, (0,))[1]
    assert np.bincount(batch.targets.ravel().numpy())[[0, 3]].tolist() == [BATCH // 2, BATCH // 2]
    shown = set(HeadBatches(clips, features, 3, (0,), without="a")[0].inputs.ravel().int().tolist())
    assert shown == set(range(25, 30))


# -- training -------------------------------------------------------------------------------------------------


def test_a_trunk_must_be_named_and_fit(tmp_path: Path) -> None:
    train, val = cache(tmp_path, "train"), cache(tmp_path, "val")
    with pytest.raises(InputError, match="--start-from hummuss_small"):
        action_task(find_model(NAME), train, val, 10, None)
    with pytest.raises(InputError, match="another one"):
        action_task(find_model(NAME), train, val, 10, "hummuss_small_causal")
    with pytest.raises(InputError, match="no shipped weights"):
        action_task(find_model("hummuss_action_16m"), train, val, 10, "hummuss_16m")


@pytest.mark.slow
def test_trained_held_apart_and_shipped(tmp_path: Path) -> None:
    """The head learns, the trunk stays as it was, and the card says how people fared whom no head had seen."""
    folder = tmp_path / "run"
    folder.mkdir()
    for split in ("train", "val"):
        cache(folder, split)
    run_training(NAME, tmp_path / "cmu", folder, steps=40, start_from=TRUNK, bfloat16=False)
    saved = torch.load(folder / FILE, weights_only=True)["averaged"]
    shipped = load_model(TRUNK).network.state_dict()
    assert all(torch.equal(saved[key], value) for key, value in shipped.items() if not key.startswith("head."))
    assert saved["head.norm.running_mean"].abs().max() > 0
    figures = held_apart(folder)
    assert figures is not None and (figures.clips, figures.people) == (4, 3)
    assert {p.name for p in (folder / "people").iterdir()} == {"a", "b", "d"}
    card = ship(folder, NAME, to=tmp_path / "weights")
    assert card.figures.actions == {HELD_APART: figures} and card.labels == MOTIONS
    assert card.data.clips == 9 and "generator" in card.data.description
    assert json.loads((tmp_path / "weights" / f"{NAME}.json").read_text())["predicts"] == "scores"


def test_figures_of_recognition() -> None:
    found = ActionFigures(labels=("a", "b", "c"), confusion=((3, 1, 0), (0, 6, 0), (0, 0, 0)), people=4)
    assert (found.clips, found.right) == (10, 9) and found.mean_recall == pytest.approx((0.75 + 1) / 2)
    assert found.interval == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert str(found) == "9 of 10 clips of 4 people, 90 % (60 to 98 %)"
