"""One walk over every registered model: forward, backward, save, load, stream, rate 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import InputError
from engine.models.lifting.lifter import Lifter, default_camera
from engine.models.registry import ModelEntry, find_model, list_models, load_model
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

ENTRIES = list_models()
SMALL = [entry for entry in ENTRIES if "small" in entry.name or entry.name in ("sasmamba", "linear_toy")]


def keypoints(frames: int = 24) -> Keypoints2D:
    rng = np.random.default_rng(0)
    confidence = (rng.random((frames, 17)) > 0.15).astype(float)
    path = np.cumsum(rng.normal(0, 3, (frames, 17, 2)), 0)
    pose = rng.normal(500, 80, (1, 17, 2))
    return Keypoints2D("random", np.arange(frames) / 60, pose + path, confidence, H36M_17, (1000, 1000))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_forward_backward_save_load(entry: ModelEntry, tmp_path: Path) -> None:
    torch.manual_seed(0)
    frames = 16 if entry in SMALL else 4
    network = entry.build().eval()  # drop-path would leave some blocks without a gradient
    u = torch.randn(1, frames, 17, 3)
    for rate in (1.0, 2.0, torch.linspace(0.5, 2, frames)):
        output = network(u, rate)
        assert output.shape == u.shape and torch.isfinite(output).all()
    output.square().mean().backward()
    dead = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not dead, f"no gradient reaches {dead}"
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    other = entry.build().eval()
    other.load_state_dict(load_file(tmp_path / "w.safetensors"))
    with torch.no_grad():
        assert torch.equal(other(u), network(u))


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.causal], ids=lambda e: e.name)
@pytest.mark.parametrize("irregular", [False, True])
def test_streamed_equals_whole_in_metres(entry: ModelEntry, irregular: bool) -> None:
    model = load_model(entry.name)
    clip = keypoints(60 if entry in SMALL else 8)
    rate = np.random.default_rng(1).uniform(0.5, 3, len(clip)) if irregular else np.full(len(clip), 2.0)
    whole = model.predict(clip, height_m=1.7, rate=rate if irregular else 2.0)
    stream = model.stream(height_m=1.7)
    frames = [
        stream.push(clip.xy[k], clip.confidence[k], clip.times[k], camera=default_camera(), rate=float(rate[k]))
        for k in range(len(clip))
    ]
    assert np.abs(np.stack(frames) - whole).max() <= 1e-5


@pytest.mark.parametrize("entry", SMALL, ids=lambda e: e.name)
def test_prediction_is_root_relative_and_scales_with_height(entry: ModelEntry) -> None:
    model = load_model(entry.name)
    small, tall = (model.predict(keypoints(), height_m=h) for h in (0.08 + 1.0, 0.08 + 2.0))
    assert np.abs(small[:, 0]).max() == 0
    np.testing.assert_allclose(tall, 2 * small, rtol=1e-12)


def test_bidirectional_models_say_why_they_do_not_stream() -> None:
    with pytest.raises(InputError, match="happened yet"):
        load_model("hummuss_small").stream(height_m=1.7)


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="hummuss_small"):
        find_model("humus")


def test_listing_imports_no_torch() -> None:
    code = "import sys; from engine.models.registry import list_models; list_models(); print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_weights_that_do_not_fit_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = find_model("hummuss_small")
    monkeypatch.setattr("engine.models.registry.WEIGHTS", tmp_path)
    state = entry.build().state_dict()
    state["head.bias"] = torch.zeros(4)
    save_file(state, tmp_path / "hummuss_small.safetensors")
    with pytest.raises(InputError, match=r"hummuss_small\.safetensors: tensor head\.bias"):
        Lifter.load(entry)
