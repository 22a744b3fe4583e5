"""Importing checkpoints of the released layouts, written here: read exactly, refused in one sentence, never run."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn
from typer.testing import CliRunner

from engine.body.model import FROM_SMPL
from engine.cli.app import app
from engine.errors import InputError
from engine.kinds import as_body, as_joints, as_labels
from engine.models import checkpoint
from engine.models.checkpoint import SUFFIXES, read_checkpoint
from engine.models.families import build, find_model, list_models
from engine.models.import_weights import import_weights
from engine.models.lifting.image_plane import image_inputs, image_metres
from engine.models.loading import load_model
from engine.models.motionbert.config import ActionConfig, MeshConfig, MotionBERTConfig
from engine.models.motionbert.cropped import cropped_inputs
from engine.models.motionbert.heads import MotionBERTAction, MotionBERTMesh
from engine.models.motionbert.network import MotionBERT
from engine.models.sasmamba.config import NEIGHBOURS, SasMambaConfig
from engine.models.sasmamba.network import SasMamba
from engine.models.stampose.config import STAMPoseConfig
from engine.models.stampose.network import STAMPose
from engine.motion.rotations import quat_to_matrix
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.untrusted.limits import LIMITS

BERT = MotionBERTConfig(width=16, depth=2, mlp_ratio=3, representation=12, max_frames=20)
SAS = SasMambaConfig(width=16, depth=2, channels=3, max_frames=20, states=4)
POSE = replace(SAS, channels=2, deformable=False, gathers=NEIGHBOURS)
STAM = STAMPoseConfig(width=16, depth=2, channels=3, max_frames=20, states=4, legacy_scan=True)
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "MotionBERT": lambda: MotionBERT(BERT),
    "SasMamba": lambda: SasMamba(SAS),
    "PoseMamba": lambda: SasMamba(POSE),
    "STAMPose": lambda: STAMPose(STAM),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's folder of models."""
    monkeypatch.setenv("KINESTATE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def fresh(system: str) -> nn.Module:
    torch.manual_seed(0)
    return NETWORKS[system]().eval()


def released(network: nn.Module, key: str = "model_pos") -> dict[str, Any]:
    """A training checkpoint as the released code saves it from a network wrapped in DataParallel."""
    optimiser = {"state": {0: {"step": torch.tensor(5.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 2e-4}]}
    wrapped = {f"module.{k}": v for k, v in network.state_dict().items()}
    return {"epoch": 59, "lr": 2e-4, "optimizer": optimiser, key: wrapped, "min_loss": np.float64(37.2)}


def saved(tmp_path: Path, content: Any, name: str = "best_epoch.bin", **how: Any) -> Path:
    torch.save(content, tmp_path / name, **how)
    return tmp_path / name


def keypoints(frames: int = 30, seed: int = 0) -> Keypoints2D:
    rng = np.random.default_rng(seed)
    xy = rng.normal(500, 80, (1, 17, 2)) + np.cumsum(rng.normal(0, 3, (frames, 17, 2)), 0)
    seen = (rng.random((frames, 17)) > 0.1).astype(float)
    return Keypoints2D("random", np.arange(frames) / 50, xy, seen, H36M_17, (1000, 1002))


@torch.no_grad()
@pytest.mark.parametrize("system", NETWORKS)
@pytest.mark.parametrize("zipped", [True, False])
def test_a_released_checkpoint_becomes_the_same_network(system: str, zipped: bool, tmp_path: Path) -> None:
    network = fresh(system)
    done = import_weights(saved(tmp_path, released(network), _use_new_zipfile_serialization=zipped), "mine")
    lifter, u = load_model("mine"), torch.randn(1, 9, 17, 3)
    assert (done.card.system, done.preset, lifter.network.config) == (system, None, network.config)
    assert torch.equal(lifter.network(u), network(u))
    assert done.card.params == sum(p.numel() for p in network.parameters())
    assert 0 < done.card.params_module_held < done.card.params


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float8_e5m2])
def test_every_floating_type_becomes_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    state = {key: value.to(dtype) for key, value in fresh("PoseMamba").state_dict().items()}
    import_weights(saved(tmp_path, state), "mine")
    loaded = load_model("mine").network.state_dict()
    assert all(torch.equal(loaded[key], value.float()) for key, value in state.items())


@pytest.mark.parametrize("ending", SUFFIXES)
def test_every_ending(ending: str, tmp_path: Path) -> None:
    file, state = tmp_path / f"weights{ending}", fresh("PoseMamba").state_dict()
    if ending == ".safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    assert import_weights(file).card.name == "weights"


@pytest.mark.parametrize("key", ["model_pos", "model", "state_dict", "model_state_dict", "net"])
def test_every_place_of_the_state_dict(key: str, tmp_path: Path) -> None:
    done = import_weights(saved(tmp_path, released(fresh("SasMamba"), key)))
    assert key in done.found[0]


def test_the_backbone_of_an_action_network(tmp_path: Path) -> None:
    network = fresh("MotionBERT")
    state = {f"module.backbone.{k}": v for k, v in network.state_dict().items()}
    state |= {"module.head.fc1.weight": torch.randn(8, 12), "module.head.bn.running_mean": torch.randn(8)}
    done = import_weights(saved(tmp_path, {"model": state, "best_acc": 93.0}), "action")
    assert any("head" in text for text in done.found)
    loaded = load_model("action").network.state_dict()
    assert all(torch.equal(loaded[k], v) for k, v in network.state_dict().items())


HEADS = {
    "actions": MotionBERTAction(ActionConfig(5, BERT, hidden=8)),
    "bodies": MotionBERTMesh(MeshConfig(BERT, hidden=8)),
}


def with_head(task: str) -> tuple[nn.Module, dict[str, Any]]:
    """A network of actions or bodies with random statistics, and its checkpoint as the released code saves it."""
    torch.manual_seed(0)
    network = HEADS[task].eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    network.requires_grad_(False)
    if isinstance(network, MotionBERTMesh):
        network.head.init_pose.normal_()
    state = {f"module.{'' if k.startswith('head.') else 'backbone.'}{k}": v for k, v in network.state_dict().items()}
    state |= {"module.backbone.head.weight": torch.ones(3, 12), "module.backbone.head.bias": torch.ones(3)}
    state |= {f"module.head.{name}.num_batches_tracked": torch.tensor(7) for name in ("bn", "bn1", "bn2")}
    state["module.head.smpl.faces_tensor"] = torch.ones(4, 3, dtype=torch.int64)
    return network, {"epoch": 3, "model": state, "best_acc": 93.0}


@torch.no_grad()
@pytest.mark.parametrize(("task", "predicts"), [("actions", "scores"), ("bodies", "body")])
def test_a_trunk_with_its_head_becomes_the_same_network(task: str, predicts: str, tmp_path: Path) -> None:
    network, content = with_head(task)
    done = import_weights(saved(tmp_path, content), "mine")
    loaded, u = load_model("mine"), torch.randn(2, 9, 17, 3)
    assert (done.card.predicts, loaded.card.predicts) == (predicts, predicts)
    assert torch.equal(loaded.network(u), network(u))
    assert not any("backbone" in text for text in done.found)


@torch.no_grad()
def test_an_imported_network_of_actions_scores_a_clip(tmp_path: Path) -> None:
    network, content = with_head("actions")
    import_weights(saved(tmp_path, content), "mine")
    clip = keypoints(20)
    found = as_labels(load_model("mine").forward(clip, 1.0, Context(1.7)))
    u = torch.from_numpy(cropped_inputs(clip)).float()[None]
    # as the released code: two persons, the second one empty; the mean over frames, then over persons
    both = torch.cat([u, torch.zeros_like(u)])
    seen = MotionBERT.forward(network, both, return_representation=True)  # type: ignore[arg-type]
    expected = network.head(seen.mean(1).flatten(1).mean(0)[None]).softmax(-1)  # type: ignore[operator]
    np.testing.assert_allclose(found.probabilities, expected.double().numpy().repeat(20, 0), atol=1e-6)
    assert found.labels == tuple(f"class {k}" for k in range(1, 6))


@torch.no_grad()
def test_an_imported_network_of_bodies_poses_the_mannequin(tmp_path: Path) -> None:
    network, content = with_head("bodies")
    import_weights(saved(tmp_path, content), "mine")
    clip = keypoints(20)
    pose = as_body(load_model("mine").forward(clip, 1.0, Context(1.8)))
    assert pose is not None and pose.frame == "camera"
    u = torch.from_numpy(cropped_inputs(clip)).float()[None]
    a, b = network(u)[0, :, :144].double().numpy().reshape(20, 24, 3, 2).transpose(3, 0, 1, 2)
    first = a / np.linalg.norm(a, axis=-1, keepdims=True)
    second = b - np.sum(first * b, -1, keepdims=True) * first
    second /= np.linalg.norm(second, axis=-1, keepdims=True)
    turned = np.stack([first, second, np.cross(first, second)], -1)  # SMPL's own, Y up, facing +Z
    own = quat_to_matrix(pose.rotations)
    np.testing.assert_allclose(own[:, 1:], FROM_SMPL @ turned[:, 1:] @ FROM_SMPL.T, atol=1e-6)
    np.testing.assert_allclose(own[:, 0], turned[:, 0] @ FROM_SMPL.T, atol=1e-6)
    assert stature(as_joints(pose, H36M_17).positions[:1]) > 1


def test_the_square_around_a_person() -> None:
    xy = np.zeros((2, 17, 2))
    xy[0, 1], xy[1, 2], xy[1, 3] = (100, 300), (300, 400), (9000, 0)
    seen = np.zeros((2, 17))
    seen[0, 1] = seen[1, 2] = 0.5
    given = cropped_inputs(Keypoints2D("", np.arange(2.0), xy, seen, H36M_17, (1000, 1002)))
    np.testing.assert_allclose(given[0, 1], [-0.5, -0.25, 0.5])
    np.testing.assert_allclose(given[1, 2], [0.5, 0.25, 0.5])
    np.testing.assert_array_equal(given[1, 3], [0, 0, 0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "parameters"),
    [
        ("motionbert_lite", 16_001_549),
        ("sasmamba", 951_351),
        ("posemamba_s", 1_470_211),
        ("stampose_s", 1_009_411),
    ],
)
def test_published_sizes_are_known_by_their_preset(preset: str, parameters: int, tmp_path: Path) -> None:
    done = import_weights(saved(tmp_path, released(build(preset))), "mine")
    assert (done.preset, done.card.params) == (preset, parameters)


def test_a_preset_knows_what_the_file_does_not_say(tmp_path: Path) -> None:
    done = import_weights(saved(tmp_path, released(build("motionbert_small"))), "mine")
    assert done.preset == "motionbert_small" and done.card.config["heads"] == 2
    other = import_weights(saved(tmp_path, released(fresh("MotionBERT"))), "other")
    assert other.card.config["heads"] == 8 and any("heads" in note for note in other.card.notes)


def test_an_imported_stampose_scans_as_the_code_that_trained_it(tmp_path: Path) -> None:
    """Also where a listed network, whose joints start anew, has its sizes."""
    done = import_weights(saved(tmp_path, released(build("stampose_small"))), "mine")
    assert done.preset == "stampose_small" and not build("stampose_small").config.legacy_scan
    assert done.card.config["legacy_scan"] is True and load_model("mine").network.config.legacy_scan


# -- beside the other models ----------------------------------------------------------------------------------


def test_it_is_listed_says_where_it_is_from_and_is_not_taken_for_ours(tmp_path: Path) -> None:
    import_weights(saved(tmp_path, released(fresh("MotionBERT"))), "mine")
    card = find_model("mine").card
    assert [entry.name for entry in list_models()][-1] == "mine"
    assert card.trained and card.training == "trained elsewhere" and card.rate_hz == 50
    assert "best_epoch.bin" in card.summary and any("image coordinates" in note for note in card.notes)
    from engine.report.results_page import trained_cards

    assert "mine" not in [c.name for c in trained_cards()]


def test_files_that_are_no_card_are_passed_over(folder: Path, tmp_path: Path) -> None:
    done = import_weights(saved(tmp_path, released(fresh("PoseMamba"))), "mine")
    (folder / "notes.json").write_text("{")
    (folder / "hummuss_small.json").write_text(done.card.model_copy(update={"name": "hummuss_small"}).model_dump_json())
    (folder / "hummuss_small.safetensors").write_bytes(done.weights.read_bytes())
    (folder / "gone.json").write_text(done.card.model_copy(update={"name": "gone"}).model_dump_json())
    names = [entry.name for entry in list_models()]
    assert names.count("hummuss_small") == 1 and names[-1] == "mine" and "gone" not in names
    assert find_model("hummuss_small").given is None


def test_a_card_whose_network_cannot_be_built_says_so(folder: Path, tmp_path: Path) -> None:
    card = import_weights(saved(tmp_path, released(fresh("PoseMamba"))), "mine").card
    (folder / "mine.json").write_text(card.model_copy(update={"config": {"breadth": 3}}).model_dump_json())
    with pytest.raises(InputError, match=r"mine\.json: config describes no network"):
        load_model("mine")


@pytest.mark.parametrize("name", ["hummuss_small", "../up", "", "a b", ".hidden"])
def test_names_that_cannot_be_given(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--as"):
        import_weights(saved(tmp_path, released(fresh("PoseMamba"))), name or "-")


def test_a_name_is_not_taken_twice(tmp_path: Path) -> None:
    file = saved(tmp_path, released(fresh("PoseMamba")))
    import_weights(file, "mine")
    with pytest.raises(InputError, match="already"):
        import_weights(file, "mine")


# -- image coordinates ----------------------------------------------------------------------------------------


def test_inputs_are_the_picture_s() -> None:
    xy = np.zeros((1, 17, 2))
    xy[0, 1], xy[0, 2], xy[0, 3] = (1000, 1002), (500, 501), (900, 100)
    seen = np.ones((1, 17))
    seen[0, 3] = 0
    given = image_inputs(Keypoints2D("", np.zeros(1), xy, seen, H36M_17, (1000, 1002)))
    np.testing.assert_allclose(given[0, 0], [-1, -1.002, 1])
    np.testing.assert_allclose(given[0, 1], [1, 1.002, 1])
    np.testing.assert_allclose(given[0, 2], [0, 0, 1], atol=1e-15)
    np.testing.assert_array_equal(given[0, 3], [0, 0, 0])


def test_the_answer_has_the_person_s_height_whatever_its_scale() -> None:
    pose = np.random.default_rng(0).normal(size=(4, 17, 3))
    found = image_metres(pose, 1.8)
    assert stature(found) == pytest.approx(1.8)
    np.testing.assert_allclose(image_metres(pose * np.array([1, 2, 3, 4])[:, None, None] + 7, 1.8), found)


def test_an_imported_model_is_given_the_picture(tmp_path: Path) -> None:
    import_weights(saved(tmp_path, released(fresh("MotionBERT"))), "mine")
    lifter, clip = load_model("mine"), keypoints(20)
    with torch.no_grad():
        output = lifter.network(torch.from_numpy(image_inputs(clip)).float()[None])[0].double().numpy()
    found = lifter.forward(clip, 3.0, Context(1.7)).positions
    np.testing.assert_allclose(found, image_metres(output, 1.7), atol=1e-6)
    assert lifter.forward(keypoints(50), 1.0, Context(1.7)).positions.shape == (50, 17, 3)
    with pytest.raises(InputError, match="bidirectional"):
        lifter.stream(Context(1.7))


# -- what is refused ------------------------------------------------------------------------------------------


class Evil:
    """A pickle that creates a file where it is loaded."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle"])
def test_code_is_refused_and_never_run(how: str, tmp_path: Path) -> None:
    place = tmp_path / "ran"
    content = {**released(fresh("PoseMamba")), "extra": Evil(place)}
    file = tmp_path / "evil.pth"
    if how == "pickle":
        file.write_bytes(pickle.dumps({"extra": Evil(place)}, protocol=2))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=how == "zip")
    with pytest.raises(InputError, match=r"evil\.pth: content names code .*mkdir.* never run"):
        import_weights(file)
    assert not place.exists()
    pickle.loads(pickle.dumps(Evil(place)))  # it would have
    assert place.exists()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_file_that_was_cut_short(share: float, zipped: bool, tmp_path: Path, folder: Path) -> None:
    file = saved(tmp_path, released(fresh("PoseMamba")), _use_new_zipfile_serialization=zipped)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"best_epoch\.bin: content cannot be read"):
        import_weights(file)
    assert not folder.exists()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([".pth", ".safetensors"]))
def test_any_bytes_are_refused_in_one_sentence(tmp_path: Path, content: bytes, ending: str) -> None:
    file = tmp_path / f"noise{ending}"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_checkpoint(file)
    assert str(refused.value).startswith(f"noise{ending}: ") and "\n" not in str(refused.value)


def edited(system: str, edit: Callable[[dict[str, Tensor]], Any]) -> dict[str, Any]:
    state = dict(fresh(system).state_dict())
    edit(state)
    return {"model": state}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (edited("MotionBERT", lambda s: s.pop("blocks_ts.1.norm1_s.weight")), r"lacks blocks_ts\.1\.norm1_s\.weight;"),
        (edited("MotionBERT", lambda s: s.pop("temp_embed")), "lacks temp_embed"),
        (edited("MotionBERT", lambda s: s.update({"extra.w": torch.ones(1)})), r"has no place for extra\.w;"),
        (edited("MotionBERT", lambda s: s.update({"head.bias": torch.ones(4)})), r"has another shape in head\.bias;"),
        (edited("MotionBERT", lambda s: s.update({"blocks_st.9.norm1_s.weight": torch.ones(16)})), "has no place for"),
        (edited("MotionBERT", lambda s: s.update({"pos_embed": torch.ones(1)})), "another shape in pos_embed"),
        (edited("SasMamba", lambda s: [s.pop(k) for k in list(s) if k.startswith("STE")]), r"lacks STEblocks"),
        (edited("SasMamba", lambda s: s.pop("TTEblocks.0.op.Ds")), r"lacks TTEblocks\.0\.op\.Ds;"),
        (edited("STAMPose", lambda s: s.pop("TTEblocks.1.op.conv2d_z.bias")), r"lacks TTE.*conv2d_z\.bias;"),
        (edited("PoseMamba", lambda s: s.update({"head.1.bias": torch.tensor([np.nan] * 3)})), r"head\.1\.bias"),
        (edited("PoseMamba", lambda s: s.update({"head.1.bias": torch.tensor([1, 2, 3])})), r"head\.1\.bias"),
        (edited("MotionBERT", lambda s: s.update({"head.bias": torch.ones(3).double() * 1e300})), r"head\.bias"),
        (edited("MotionBERT", lambda s: s.update({"pre_logits.fc.weight": torch.tensor(1.0)})), "of other shapes"),
        (edited("MotionBERT", lambda s: s.update({"temp_embed": torch.ones(1, 0, 1, 16)})), "temp_embed"),
        (edited("SasMamba", lambda s: s.update({"STEblocks.0.op.in_proj.weight": torch.ones(0, 0)})), "in_proj"),
        (edited("SasMamba", lambda s: s.update({"head.1.bias": torch.ones(1).expand(10**13)})), "larger than what is"),
        ({"model": {"w": torch.ones(2)}}, "no known layout"),
        ({"epoch": 3}, "holds no state dict"),
        ({}, "holds no state dict"),
        ({"model": {"w": torch.ones(2), "epoch": 3}}, "holds no state dict"),
        ([1, 2], "is a list"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(content: Any, message: str, tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError, match=message):
        import_weights(saved(tmp_path, content))
    assert not folder.exists()


@pytest.mark.parametrize(("name", "message"), [("w.onnx", "ending"), ("w.bin", "does not exist")])
def test_wrong_paths(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        import_weights(tmp_path / name)


def test_a_small_file_that_unpacks_to_a_large_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, packed = saved(tmp_path, {"model": {"w": torch.zeros(100_000)}}), tmp_path / "packed.pth"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in source.infolist():
            archive.writestr(member.filename, source.read(member))
    monkeypatch.setattr(checkpoint, "LIMITS", replace(LIMITS, binary=300_000))
    assert packed.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"packed\.pth: size is .* above the limit"):
        read_checkpoint(packed)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError

    file = saved(tmp_path, released(fresh("PoseMamba")))
    monkeypatch.setattr("torch.load", forbidden)
    with pytest.raises(InputError, match="may not be read by you"):
        import_weights(file)


def test_half_a_model_is_not_left_behind(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, write = saved(tmp_path, released(fresh("PoseMamba"))), Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        write(path, content[:100])
        if path.suffix == ".json":
            raise OSError(28, "No space left on device")
        return len(content)

    with monkeypatch.context() as patch, pytest.raises(InputError, match=r"mine\.json: file cannot be written"):
        patch.setattr(Path, "write_bytes", full)
        import_weights(file, "mine")
    assert not list(folder.iterdir())
    import_weights(file, "mine")


def test_a_killed_import_does_not_block_its_name(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, write = saved(tmp_path, released(fresh("PoseMamba"))), Path.write_bytes

    def killed(path: Path, content: bytes) -> int:
        if path.suffix == ".safetensors":
            raise KeyboardInterrupt
        return write(path, content)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "write_bytes", killed)
        import_weights(file, "mine")
    assert [path.name for path in folder.iterdir()] == ["mine.json"]
    assert "mine" not in {entry.name for entry in list_models()}
    import_weights(file, "mine")
    assert "mine" in {entry.name for entry in list_models()}


# -- the command ----------------------------------------------------------------------------------------------


def kinestate(*args: object) -> Any:
    return CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "200"})


@pytest.mark.slow
def test_command(tmp_path: Path, folder: Path) -> None:
    file = saved(tmp_path, released(build("motionbert_small")), "FT_MB small.bin")
    done = kinestate("import-weights", file)
    assert done.exit_code == 0, done.output
    assert "those of motionbert_small" in done.stdout and "454,281" in done.stdout
    assert (folder / "FT_MB_small.safetensors").exists()
    listed = " ".join(kinestate("models").stdout.split())  # it wraps at the terminal's width
    assert "FT_MB_small" in listed and "trained elsewhere; its own rate is 50 Hz" in listed


def test_command_into_another_folder(tmp_path: Path) -> None:
    file = saved(tmp_path, released(fresh("PoseMamba")))
    done = kinestate("import-weights", file, "--as", "mine", "--out", tmp_path / "there")
    assert done.exit_code == 0 and "KINESTATE_MODELS" in done.stdout
    assert (tmp_path / "there" / "mine.json").exists()


def test_command_refuses_in_one_line(tmp_path: Path) -> None:
    done = kinestate("import-weights", saved(tmp_path, {"epoch": 1}))
    assert done.exit_code == 2 and done.stderr.count("\n") == 1
