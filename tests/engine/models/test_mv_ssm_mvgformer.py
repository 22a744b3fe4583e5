"""MVGFormer's weights in MV-SSM: made-up files of its names at small sizes, what is taken, left out, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from engine.cli.app import app
from engine.errors import InputError
from engine.models.card import ModelCard
from engine.models.families import list_models
from engine.models.import_pictures import picture_network
from engine.models.import_weights import import_weights
from engine.models.mv_ssm.backbone import PoseResNet50
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.mvgformer import load_mvgformer
from engine.models.mv_ssm.network import MVSSM

WIDTH, HEADS, POINTS, INNER, DEPTH, CANDIDATES, JOINTS = 16, 8, 2, 24, 2, 4, 15
CONFIG = MVSSMConfig(
    width=WIDTH, candidates=CANDIDATES, depth=DEPTH, heads=HEADS, points=POINTS, inner=INNER, legacy_layout=True
)
LINEAR = {
    "proj_attn.sampling_offsets": (2 * HEADS * POINTS, WIDTH),
    "proj_attn.attention_weights": (HEADS * POINTS, WIDTH),
    "proj_attn.rayconv": (WIDTH, WIDTH),
    "proj_attn.output_proj": (WIDTH, WIDTH),
    "self_attn.out_proj": (WIDTH, WIDTH),
    "feature_update_mlp": (WIDTH, WIDTH),
    "linear1": (INNER, WIDTH),
    "linear2": (WIDTH, INNER),
    "pose_embed.MLP.layers.0": (WIDTH, WIDTH),
    "pose_embed.MLP.layers.1": (WIDTH, WIDTH),
    "pose_embed.MLP.layers.2": (3, WIDTH),
    "class_embed": (2, WIDTH),
}
"""Of a decoder's layer."""


def decoder(layers: int = DEPTH) -> dict[str, Tensor]:
    """Every tensor beside the front end, random; what nobody initialises is not a number."""
    made = torch.Generator().manual_seed(3)
    shapes: dict[str, tuple[int, ...]] = {
        "joint_embedding.weight": (JOINTS, 2 * WIDTH),
        "instance_embedding.weight": (CANDIDATES, 2 * WIDTH),
        "reference_points.weight": (3, WIDTH),
        "reference_points.bias": (3,),
    }
    for layer in range(layers):
        before = f"decoder.layers.{layer}."
        for name, (out, given) in LINEAR.items():
            shapes |= {f"{before}{name}.weight": (out, given), f"{before}{name}.bias": (out,)}
        shapes |= {f"{before}self_attn.in_proj_weight": (3 * WIDTH, WIDTH), f"{before}self_attn.in_proj_bias": (48,)}
        for norm in ("norm1", "norm2", "norm3"):
            shapes |= {f"{before}{norm}.weight": (WIDTH,), f"{before}{norm}.bias": (WIDTH,)}
        for shared in ("", "decoder."):
            shapes |= {f"{shared}class_embed.{layer}.weight": (2, WIDTH), f"{shared}class_embed.{layer}.bias": (2,)}
            shapes |= {f"{shared}pose_embed.{layer}.layers.2.weight": (2, WIDTH)}
    return {name: torch.randn(shape, generator=made) for name, shape in shapes.items()}


def front_end() -> dict[str, Tensor]:
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in PoseResNet50(JOINTS, WIDTH).state_dict().items()}
    kinds = {True: torch.int64, False: torch.float16}
    return {
        f"backbone.{name}": torch.full(shape, 1 + k / 1024, dtype=kinds[name.endswith("num_batches_tracked")])
        for k, (name, shape) in enumerate(shapes.items())
    }


def written(path: Path, state: dict[str, Tensor]) -> Path:
    torch.save(state, path)
    return path


def fresh(config: MVSSMConfig = CONFIG) -> MVSSM:
    torch.manual_seed(1)
    return MVSSM(config, backbone=False)


def test_what_both_networks_have_is_taken_and_the_rest_is_told(tmp_path: Path) -> None:
    network, state = fresh(), decoder()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    borrowed = load_mvgformer(network, written(tmp_path / "model_best.pth.tar", state))
    assert torch.equal(network.joint_embedding.weight, state["joint_embedding.weight"])
    assert torch.equal(network.instance_embedding.weight, state["instance_embedding.weight"])
    for number, layer in enumerate(network.layers):
        pairs = {
            "proj_attn.sampling_offsets": layer.attention.sampling_offsets,
            "proj_attn.attention_weights": layer.attention.attention_weights,
            "proj_attn.rayconv": layer.attention.value_proj,
            "proj_attn.output_proj": layer.attention.output_proj,
            "linear1": layer.ffn[0],
            "linear2": layer.ffn[3],
            "pose_embed.MLP.layers.0": layer.offset[0],
            "pose_embed.MLP.layers.1": layer.offset[2],
            "pose_embed.MLP.layers.2": layer.offset[4],
            "class_embed": layer.person,
        }
        for name, linear in pairs.items():
            assert torch.equal(linear.weight, state[f"decoder.layers.{number}.{name}.weight"])
            assert torch.equal(linear.bias, state[f"decoder.layers.{number}.{name}.bias"])
    untouched = [name for name in before if any(part in name for part in (".ss2d.", ".norm1.", ".norm2."))]
    assert len(untouched) > 2 * DEPTH
    for name in untouched:
        assert torch.equal(network.state_dict()[name], before[name]), name
    layers = ("attention", "ffn", "offset", "person")
    assert borrowed.fresh == ("layers.norm1", "layers.norm2", "layers.ss2d")
    assert borrowed.taken == ("instance_embedding", "joint_embedding", *(f"layers.{part}" for part in layers))
    idle = ("feature_update_mlp", "norm1", "norm2", "norm3", "self_attn")
    assert borrowed.left_out == (
        *("class_embed", *(f"layers.{part}" for part in idle), "pose_embed", "reference_points"),
    )
    assert f"Left out: {', '.join(borrowed.left_out)}." in borrowed.notes


def test_other_networks_are_refused_by_the_tensor_and_nothing_is_taken(tmp_path: Path) -> None:
    network = fresh()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    path, whole = tmp_path / "a.pth", decoder()

    def refused(state: dict[str, Tensor], said: str) -> None:
        with pytest.raises(InputError, match=said) as error:
            load_mvgformer(network, written(path, state))
        assert str(error.value).startswith("a.pth: ")

    rays = "decoder.layers.1.proj_attn.rayconv.weight"
    lacking = {name: tensor for name, tensor in whole.items() if name != "decoder.layers.1.linear2.bias"}
    refused(lacking, r"layers\.1\.linear2\.bias is not")
    refused(whole | {rays: torch.zeros(WIDTH, WIDTH + 3)}, r"rayconv\.weight is 16x19 instead of 16x16")
    refused(whole | {"joint_embedding.weight": torch.zeros(1, 2 * WIDTH)}, "joint_embedding.weight is 1x32 instead of")
    refused(decoder(3), "has 3 layers instead of 2")
    refused({"conv1.weight": torch.zeros(2)}, "has 0 layers instead of 2")
    refused(whole | {"decoder.layers.0.linear1.weight": torch.full((INNER, WIDTH), torch.nan)}, "finite")
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
    written(path, whole)
    with pytest.raises(ValueError, match="legacy"):
        load_mvgformer(MVSSM(MVSSMConfig(candidates=1, depth=1), backbone=False), path)


def test_the_command_writes_a_network_with_a_card_that_says_what_it_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("KINESTATE_MODELS", str(tmp_path / "models"))
    state = decoder() | front_end() | {"level_embed": torch.full((3, WIDTH), torch.nan)}
    file = written(tmp_path / "mvgformer.pth.tar", {f"module.{name}": tensor for name, tensor in state.items()})
    done = CliRunner().invoke(app, ["import-weights", str(file)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "Left out: class_embed, layers" in done.stdout and "layers.norm2, layers.ss2d. So" in done.stdout
    weights = tmp_path / "models" / "mvgformer.safetensors"
    card = ModelCard.model_validate_json(weights.with_suffix(".json").read_text())
    assert (card.system, card.observes, card.imported_from) == ("MV-SSM", "pictures", file.name)
    assert card.config["legacy_layout"] and card.config["points"] == POINTS and card.config["depth"] == DEPTH
    assert any(note.startswith("As initialised") for note in card.notes)
    network = picture_network(weights)
    assert card.params == sum(p.numel() for p in network.parameters()) == card.params_module_held + bare(network)
    assert network.backbone is not None and network.config == CONFIG
    assert torch.equal(network.backbone.conv1.weight, state["backbone.conv1.weight"].float())
    assert torch.equal(network.layers[1].ffn[3].weight, state["decoder.layers.1.linear2.weight"])
    assert "mvgformer" not in {entry.name for entry in list_models()}, "nothing shows pictures to a model"
    with pytest.raises(InputError, match="model named 'mvgformer' already"):
        import_weights(file)


def bare(network: MVSSM) -> int:
    """Parameters that no linear layer, convolution or norm holds: embeddings, and the scans' own."""
    own = (p.numel() for name, p in network.named_parameters() if "embedding" in name or is_of_scan(name))
    return sum(own)


def is_of_scan(name: str) -> bool:
    return ".ss2d." in name and not any(part in name for part in ("proj.", "conv2d.", "norm."))


def test_sizes_that_are_no_such_network_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("KINESTATE_MODELS", str(tmp_path / "models"))
    whole, path = decoder(), tmp_path / "a.pth"
    for changed, said in (
        ({"joint_embedding.weight": torch.zeros(17, 2 * WIDTH)}, "17 joints and 4 candidates"),
        ({"instance_embedding.weight": torch.zeros(3, 2 * WIDTH)}, "15 joints and 3 candidates"),
        ({"joint_embedding.weight": torch.zeros(2 * WIDTH)}, "joint_embedding.weight is not there"),
        ({"decoder.layers.0.proj_attn.attention_weights.weight": torch.zeros(12, WIDTH)}, "among 8 heads"),
    ):
        with pytest.raises(InputError, match=said):
            import_weights(written(path, whole | changed))
    assert not (tmp_path / "models").exists()


def test_what_was_written_and_damaged_is_refused(tmp_path: Path) -> None:
    made = import_weights(written(tmp_path / "a.pth", decoder()), "mine", tmp_path)
    assert picture_network(made.weights).backbone is None and "backbone" not in made.card.notes[0]
    made.weights.write_bytes(made.weights.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"mine\.safetensors: content is no network of pictures"):
        picture_network(made.weights)
