"""Released weights of the front end: made-up files of the published layout, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.errors import InputError
from engine.models.mv_ssm.backbone import PoseResNet50
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.network import MVSSM
from engine.models.mv_ssm.released import load_front_end

TINY = MVSSMConfig(width=8, candidates=1, depth=1, heads=2, points=1, inner=8, d_state=1)


def made_up(width: int = 8, joints: int = 17) -> dict[str, Tensor]:
    """Every tensor of a PoseResNet-50, each of one value of its own; counts of batches are whole numbers."""
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in PoseResNet50(joints, width).state_dict().items()}
    kinds = {True: torch.int64, False: torch.float16}
    return {
        name: torch.full(shape, 1 + k / 1024, dtype=kinds[name.endswith("num_batches_tracked")])
        for k, (name, shape) in enumerate(shapes.items())
    }


def written(path: Path, state: dict[str, Tensor]) -> Path:
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def network() -> MVSSM:
    return MVSSM(TINY)


@pytest.mark.parametrize("prefix", ["", "module.", "module.backbone."])
def test_the_front_end_gets_every_weight_of_the_file(network: MVSSM, tmp_path: Path, prefix: str) -> None:
    state = made_up()
    named = {f"{prefix}{name}": tensor for name, tensor in state.items()}
    if prefix.endswith("backbone."):
        named["module.decoder.layers.0.linear.weight"] = torch.zeros(2, 2)
    final = network.backbone.final_layer.weight.clone()
    assert "tensors" in load_front_end(network, written(tmp_path / "pose.pth.tar", named))
    for name, tensor in network.backbone.state_dict().items():
        if not name.startswith("final_layer") and not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(tensor, state[name].float())
    torch.testing.assert_close(network.backbone.final_layer.weight, final)
    assert not any(parameter.requires_grad for parameter in network.backbone.parameters())


def test_other_networks_are_refused_by_the_tensor(network: MVSSM, tmp_path: Path) -> None:
    before = network.backbone.conv1.weight.clone()
    lacking = {name: tensor for name, tensor in made_up().items() if name != "layer3.2.bn1.running_var"}
    with pytest.raises(InputError, match=r"layer3\.2\.bn1\.running_var"):
        load_front_end(network, written(tmp_path / "a.pth", lacking))
    with pytest.raises(InputError, match=r"deconv_layers\.0\.weight is 2048x16x4x4 instead of 2048x8x4x4"):
        load_front_end(network, written(tmp_path / "b.pth", made_up(width=16)))
    with pytest.raises(InputError, match="does not exist"):
        load_front_end(network, tmp_path / "c.pth")
    torch.testing.assert_close(network.backbone.conv1.weight, before)
    with pytest.raises(ValueError, match="no front end"):
        load_front_end(MVSSM(TINY, backbone=False), tmp_path / "a.pth")
