"""Weights that others trained: released checkpoints of MotionBERT, SasMamba and PoseMamba become models of their own.

The sizes of the network are read off the shapes of the tensors; then the state dict has to fit it exactly. What comes
out is a safetensors file and a card in the person's own folder (`engine.models.registry.imported_folder`), where the
registry finds it. The files were trained on image coordinates (`engine.models.lifting.image_plane`) and do not say at
which frame rate: the card states Human3.6M's 50 Hz.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from engine.errors import InputError, file_error
from engine.models.card import ModelCard
from engine.models.checkpoint import SUFFIXES, State, read_state
from engine.models.counting import count
from engine.models.motionbert.network import MotionBERT, MotionBERTConfig
from engine.models.registry import ModelEntry, imported_folder, list_models
from engine.models.sasmamba.network import NEIGHBOURS, STRIDES_2_AND_3, SasMamba, SasMambaConfig

Config = MotionBERTConfig | SasMambaConfig
HEADS = 8
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
TRAINED_HZ = 50.0
IMAGE_NOTE = (
    "Trained on image coordinates: it is given the picture (x from -1 to 1 across its width), not the follow camera's "
    "view, so a person who is small in the picture or far from its middle is unlike what it has seen."
)
SCALE_NOTE = (
    "Its output has no unit and is scaled, frame by frame, to the person's height by its own bones; its trained frame "
    "rate is assumed, as Human3.6M's."
)
HEADS_NOTE = "The file does not say how many heads its attention has; 8, as in the released models, is assumed."
NEIGHBOURS_NOTE = "Plain convolutions: read as PoseMamba, whose list of neighbouring joints is not in the file."


@dataclass(frozen=True)
class Imported:
    """What `import_weights` made; preset: the registered model of the same sizes; found: what was seen in the file."""

    card: ModelCard
    weights: Path
    preset: str | None
    found: tuple[str, ...]


def import_weights(file: Path, name: str | None = None, folder: Path | None = None) -> Imported:
    """Read a checkpoint and write it as the model `name` (that of the file where None) into `folder`.

    Raises InputError, with the file and what is wrong in it, if it is not a whole checkpoint of a known layout or the
    name is taken.
    """
    file, folder = Path(file), folder or imported_folder()
    name = _checked_name(name or _stem(file), folder)
    state, found = read_state(file)
    system, config, notes = recognise(state, file)
    _check_fit(system, config, state, file)
    preset = _preset(state, system)
    if preset is not None:  # it knows what the file does not say
        network: Any = preset.build()
        config, notes = network.config, ()
    else:
        network = network_of(system, asdict(config))
    network.load_state_dict(state)
    content = save(network.state_dict(), {"system": system})
    like = preset or next(entry for entry in list_models() if entry.system == system)
    card = ModelCard(
        name=name,
        system=system,
        summary=f"imported from {file.name}, not trained here",
        causal=False,
        follows_rate=like.follows_rate,
        has_delta=False,
        trained_hz=TRAINED_HZ,
        data="not stated in the file",
        weights_sha256=hashlib.sha256(content).hexdigest(),
        notes=(IMAGE_NOTE, SCALE_NOTE, *notes),
        imported_from=file.name,
        input="image",
        config=asdict(config),
        **asdict(count(network)),
    )
    weights = folder / f"{name}.safetensors"
    _write({weights: content, weights.with_suffix(".json"): card.model_dump_json(indent=2).encode() + b"\n"})
    return Imported(card, weights, preset.name if preset else None, found)


def recognise(state: State, file: Path) -> tuple[str, Config, tuple[str, ...]]:
    """The system whose layout this is, the sizes of the network, and what had to be assumed. Raises InputError."""
    for key, read in (("joints_embed.weight", _motionbert), ("Spatial_patch_to_embedding.weight", _mamba)):
        if key in state:
            try:
                return read(state)
            except (KeyError, IndexError, ValueError) as error:
                missing = f"lacks {error.args[0]}" if isinstance(error, KeyError) else "has tensors of other shapes"
                raise file_error(file, "state dict", missing, "give a whole checkpoint") from None
    some = ", ".join(list(state)[:4])
    raise file_error(
        file, "state dict", f"is of no known layout (it begins with {some})",
        "give a checkpoint of MotionBERT, SasMamba or PoseMamba",
    )  # fmt: skip


def network_of(system: str, config: dict[str, Any]) -> nn.Module:
    """The network that a card's `system` and `config` describe, with fresh weights."""
    if system == "MotionBERT":
        return MotionBERT(MotionBERTConfig(**config))
    gathers = tuple(tuple(gather) for gather in config["gathers"])  # JSON knows lists only
    return SasMamba(SasMambaConfig(**{**config, "gathers": gathers}))


def _motionbert(state: State) -> tuple[str, Config, tuple[str, ...]]:
    triple, width = state["blocks_st.0.attn_s.qkv.weight"].shape
    inner, _ = state["blocks_st.0.mlp_s.fc1.weight"].shape
    if triple != 3 * width or inner % width or width % HEADS:
        raise ValueError(width)
    config = MotionBERTConfig(
        width=width,
        depth=_depth(state, "blocks_st"),
        mlp_ratio=inner // width,
        heads=HEADS,
        representation=state["pre_logits.fc.weight"].shape[0],
        max_frames=state["temp_embed"].shape[1],
    )
    return "MotionBERT", config, (HEADS_NOTE,)


def _mamba(state: State) -> tuple[str, Config, tuple[str, ...]]:
    deformable = "STEblocks.0.op.conv2d.offset_conv.weight" in state
    fourfold, width = state["STEblocks.0.op.in_proj.weight"].shape
    if fourfold != 4 * width:
        raise ValueError(width)
    config = SasMambaConfig(
        width=width,
        depth=_depth(state, "STEblocks"),
        channels=state["Spatial_patch_to_embedding.weight"].shape[1],
        max_frames=state["Temporal_pos_embed"].shape[1],
        deformable=deformable,
        gathers=STRIDES_2_AND_3 if deformable else NEIGHBOURS,
        states=state["STEblocks.0.op.A_logs"].shape[1],
    )
    return ("SasMamba", config, ()) if deformable else ("PoseMamba", config, (NEIGHBOURS_NOTE,))


def _depth(state: State, blocks: str) -> int:
    """How many blocks of that name there are, counted without a gap."""
    found = {key.split(".")[1] for key in state if key.startswith(f"{blocks}.")}
    return next(k for k in range(len(found) + 1) if str(k) not in found)


def _check_fit(system: str, config: Config, state: State, file: Path) -> None:
    """Raises InputError unless the state dict is that of the network, before memory is taken for one."""
    expected, given = _shapes(lambda: network_of(system, asdict(config))), {k: v.shape for k, v in state.items()}
    faults = {
        "lacks": sorted(expected.keys() - given.keys()),
        "has no place for": sorted(given.keys() - expected.keys()),
        "has another shape in": sorted(k for k in expected.keys() & given.keys() if expected[k] != given[k]),
    }
    said = [f"{what} {_some(keys)}" for what, keys in faults.items() if keys]
    if said:
        raise file_error(file, "state dict", ", ".join(said), "give a whole checkpoint of one network")


def _shapes(build: Callable[[], nn.Module]) -> dict[str, torch.Size]:
    """Names and shapes of a network's tensors, none of which is made."""
    with torch.device("meta"):
        return {key: value.shape for key, value in build().state_dict().items()}


def _write(files: dict[Path, bytes]) -> None:
    """All of them into their folder, or none: half a model would keep its name taken. Raises InputError."""
    first = next(iter(files))
    try:
        first.parent.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            file.write_bytes(content)
    except OSError as error:
        with suppress(OSError):
            for written in files:
                written.unlink(missing_ok=True)
        raise file_error(first, "file", "cannot be written", "choose a folder with --out", detail=str(error)) from None


def _some(keys: Sequence[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _preset(state: State, system: str) -> ModelEntry | None:
    """The first registered model of this system whose tensors have the same names and shapes."""
    given = {key: value.shape for key, value in state.items()}
    candidates = (e for e in list_models() if e.system == system and not e.causal and e.imported is None)
    return next((entry for entry in candidates if _shapes(entry.build) == given), None)


def _checked_name(name: str, folder: Path) -> str:
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a model's name; choose one of letters, digits, _ . and - with --as.")
    if any(entry.name == name for entry in list_models()) or (folder / f"{name}.safetensors").exists():
        raise InputError(f"There is a model named {name!r} already; choose another name with --as.")
    return name


def _stem(file: Path) -> str:
    """The file's name without its ending, as a model's name."""
    ending = next((s for s in sorted(SUFFIXES, key=len, reverse=True) if file.name.lower().endswith(s)), "")
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", file.name[: len(file.name) - len(ending)]).strip("_.-") or "imported"
