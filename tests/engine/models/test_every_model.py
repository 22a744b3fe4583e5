"""One walk over every model: forward, backward, save, load, stream, rate 2, inspect, count, import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from observed import keypoints, observation, positions
from safetensors.torch import load_file, save_file

from engine.errors import InputError
from engine.models.blank import blank_observation
from engine.models.card import ModelCard
from engine.models.counting import count
from engine.models.families import FAMILIES, build, find_model, list_models
from engine.models.import_weights import import_weights
from engine.models.inside import memory, over_clip
from engine.models.lifting.encodings import encoding_of
from engine.models.lifting.layout import COUNTED_HZ
from engine.models.loading import load_entry, load_model
from engine.models.model import Model
from engine.models.registry import ModelEntry, add
from engine.motion.pose import BodyPose, ClassScores, Joints
from engine.observation.trial import Context

ENTRIES = list_models()
LEARNED = [entry for entry in ENTRIES if entry.name != "triangulation"]
SMALL = [entry for entry in ENTRIES if "small" in entry.name or entry.name in ("sasmamba", "linear_toy")]
LARGE = [entry for entry in ENTRIES if entry not in SMALL and entry.bare_card.observes != "views"]
RELEASED = [entry for family in FAMILIES if family.layout for entry in family.entries if not entry.bare_card.causal]
ADULT = Context(1.7)


def each(entries: list[ModelEntry]) -> pytest.MarkDecorator:
    """A test of every model, slow of large ones."""
    params = [pytest.param(e, id=e.name, marks=[pytest.mark.slow] if e in LARGE else []) for e in entries]
    return pytest.mark.parametrize("entry", params)


@each(LEARNED)
def test_forward_backward_save_load(entry: ModelEntry, tmp_path: Path) -> None:
    torch.manual_seed(0)
    frames = 16 if entry in SMALL else 4
    network = entry.build().eval()  # drop-path would leave some blocks without a gradient
    u = torch.randn(1, frames, *network.reads)
    for rate in (1.0, 2.0, torch.linspace(0.5, 2, frames)):
        output = network(u, rate)
        assert output.shape == (1, frames, *network.answers) and torch.isfinite(output).all()
    output.square().mean().backward()
    trained = {n: p for n, p in network.named_parameters() if p.requires_grad}
    dead = [n for n, p in trained.items() if p.grad is None or not p.grad.abs().sum() > 0]
    assert trained and not dead, f"no gradient reaches {dead}"
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    other = entry.build().eval()
    other.load_state_dict(load_file(tmp_path / "w.safetensors"))
    with torch.no_grad():
        assert torch.equal(other(u), network(u))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_the_card_says_what_the_network_is(entry: ModelEntry) -> None:
    network, card = entry.build(), entry.card
    assert (card.causal, card.window) == (network.causal, network.max_frames)
    assert card.streams == network.streams and (card.streams == "step") is network.causal
    assert (card.look_ahead_frames == 0) is network.causal
    along_time = any(layer.axis == "time" for layer in network.ssm_layers())
    counts = network.max_frames is not None and card.observes == "keypoints"
    assert (entry.bare_card.rate_hz, entry.bare_card.resample_hz) == (60, COUNTED_HZ if counts else 60)
    assert blank_observation(card, 3).take(slice(1, 3)).times == pytest.approx([1 / 60, 2 / 60])
    assert card.has_delta is along_time is entry.bare_card.has_delta
    assert entry.bare_card.window == card.window and entry.bare_card.encoding == card.encoding


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_parameters_are_each_in_one_group_and_ssms_train_slowly(entry: ModelEntry) -> None:
    network = entry.build()
    groups = network.parameter_groups()
    assert list(groups) == ["ssm", "plain", "decayed"]
    found = [id(p) for group in groups.values() for p in group]
    assert sorted(found) == sorted(id(p) for p in network.parameters())
    assert all(p.ndim >= 2 for p in groups["decayed"])
    assert bool(groups["ssm"]) is bool(network.ssm_layers())


@pytest.mark.parametrize("entry", LEARNED, ids=lambda e: e.name)
def test_counted(entry: ModelEntry) -> None:
    counts = count(entry.build())
    assert counts.params >= counts.params_module_held and counts.params > 0
    assert counts.macs_per_frame > 0
    if entry.trained:
        assert asdict(counts) == {field: getattr(entry.card, field) for field in asdict(counts)}


@pytest.mark.parametrize("entry", SMALL, ids=lambda e: e.name)
def test_every_ssm_can_be_looked_into(entry: ModelEntry) -> None:
    model = load_entry(entry)
    clip = observation(model.card, 12)
    for layer in model.network.ssm_layers():
        if layer.remembers:
            assert np.isfinite(memory(model.network, layer, 2.0).kernels).all()
        if layer.axis != "joints":
            seen = over_clip(model, layer, clip, ADULT, 2.0)
            values = seen.steps if layer.selective else seen.state_norms
            assert values is not None and values.shape == (12, 4 if layer.selective else 17)
            assert np.isfinite(values).all() and values.max() > 0


@each([e for e in ENTRIES if e.bare_card.causal])
@pytest.mark.parametrize("irregular", [False, True])
def test_streamed_equals_whole_in_metres(entry: ModelEntry, irregular: bool) -> None:
    model = load_model(entry.name)
    clip = observation(model.card, 60 if entry in SMALL else 8)
    rate = np.random.default_rng(1).uniform(0.5, 3, len(clip)) if irregular else np.full(len(clip), 2.0)
    whole = model.forward(clip, rate if irregular else 2.0, ADULT)
    stream = model.stream(ADULT)
    frames = [positions(stream.step(clip.take(slice(k, k + 1)), float(rate[k])))[0] for k in range(len(clip))]
    assert np.abs(np.stack(frames) - positions(whole)).max() <= 1e-5


@pytest.mark.parametrize("entry", SMALL, ids=lambda e: e.name)
def test_a_model_predicts_what_its_card_says(entry: ModelEntry) -> None:
    model = load_model(entry.name)
    clip = observation(model.card)
    pose = model.forward(clip, 2.0, ADULT)
    assert isinstance(pose, {"joints": Joints, "body": BodyPose, "scores": ClassScores}[model.card.predicts])
    assert np.array_equal(pose.times, clip.times) and np.isfinite(positions(pose)).all()


@pytest.mark.parametrize("entry", [e for e in SMALL if e.bare_card.predicts == "joints"], ids=lambda e: e.name)
def test_prediction_is_root_relative_and_scales_with_height(entry: ModelEntry) -> None:
    model = load_model(entry.name)
    clip = keypoints()
    small, tall = (model.forward(clip, 1.0, Context(h)) for h in (0.08 + 1.0, 0.08 + 2.0))
    assert (small.frame, small.rooted, len(small.skeleton)) == ("camera", False, 17)
    assert np.array_equal(small.times, clip.times) and np.abs(small.positions[:, 0]).max() == 0
    np.testing.assert_allclose(tall.positions, 2 * small.positions, rtol=1e-12)


@pytest.mark.parametrize("entry", [e for e in RELEASED if e in SMALL], ids=lambda e: e.name)
def test_a_released_checkpoint_of_its_layout_is_imported_as_it(
    entry: ModelEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINESTATE_MODELS", str(tmp_path / "models"))
    state = entry.build().state_dict()
    torch.save({"model_pos": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "best_epoch.bin")
    done = import_weights(tmp_path / "best_epoch.bin", "theirs")
    assert (done.preset, done.card.system, done.card.encoding) == (entry.name, entry.bare_card.system, "image")
    assert (done.card.window, done.card.rate_hz, done.card.resample_hz) == (entry.bare_card.window, 50, 50)
    loaded = load_model("theirs")
    assert all(torch.equal(value, state[key]) for key, value in loaded.network.state_dict().items())
    assert loaded.forward(keypoints(), 1.0, ADULT).positions.shape == (24, 17, 3)


# -- by name --------------------------------------------------------------------------------------------------


def test_a_model_from_outside_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.registry._added", {})
    card = ModelCard(name="theirs", system="Theirs", summary="", causal=True, follows_rate="Δ follows.", analytic=True)
    add(ModelEntry(card, lambda: build("linear_toy"), given=tmp_path / "none.safetensors"))
    model = load_model("theirs")
    assert list_models()[-1].name == "theirs" and model.card.params > 0 and find_model("theirs").usable
    np.testing.assert_array_equal(model.forward(keypoints(), 1.0, ADULT).positions, toy_poses())


def toy_poses() -> np.ndarray:
    return load_model("linear_toy").forward(keypoints(), 1.0, ADULT).positions


def test_bidirectional_models_say_why_they_do_not_stream() -> None:
    with pytest.raises(InputError, match="happened yet"):
        load_model("hummuss_small").stream(ADULT)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="hummuss_small"):
        find_model("humus")


def test_listing_imports_no_torch() -> None:
    code = "import sys; from engine.models.families import list_models; list_models(); print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = find_model("hummuss_small")
    monkeypatch.setattr("engine.models.registry.WEIGHTS", tmp_path)
    state = entry.build().state_dict()
    state["head.bias"] = torch.zeros(4)
    save_file(state, tmp_path / "hummuss_small.safetensors")
    with pytest.raises(InputError, match=r"hummuss_small\.safetensors: tensor head\.bias"):
        load_entry(entry)


@pytest.mark.parametrize("name", ["hummuss_small", "hummuss_16m"])
def test_loading_leaves_threads_and_random_numbers_as_they_are(name: str) -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.randn(3)
    torch.manual_seed(7)
    first, again = load_model(name), load_model(name)
    assert torch.equal(torch.randn(3), expected) and torch.get_num_threads() == threads
    assert all(torch.equal(a, b) for a, b in zip(first.network.parameters(), again.network.parameters(), strict=True))


def test_a_network_of_another_encoding_gets_its_own_encoder() -> None:
    card = find_model("motionbert_small").card.model_copy(update={"encoding": "image"})
    model = Model(build("motionbert_small"), *encoding_of(card), card)
    assert model.forward(keypoints(), 1.0, ADULT).positions.shape == (24, 17, 3)
