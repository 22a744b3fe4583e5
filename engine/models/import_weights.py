"""Weights that others trained: released checkpoints of MotionBERT, SasMamba, PoseMamba and STAMPose become models.

The sizes of the network are read off the shapes of the tensors; then the state dict has to fit it exactly. What comes
out is a safetensors file and a card in the person's own folder (`engine.models.imported.imported_folder`), where
they are found. The files were trained on image coordinates (`engine.models.lifting.image_plane`) and do not say at
which frame rate: the card states Human3.6M's 50 Hz. Those of MVGFormer become a network of pictures
(`engine.models.import_pictures`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from engine.errors import InputError, file_error
from engine.models.card import ModelCard, TrainingData
from engine.models.checkpoint import SUFFIXES, Checkpoint, State, read_checkpoint
from engine.models.checkpoint_layout import Layout, Recognised
from engine.models.counting import count
from engine.models.families import FAMILIES, list_models
from engine.models.import_pictures import import_pictures
from engine.models.imported import imported_folder
from engine.models.imported_files import Imported, write_model
from engine.models.mv_ssm.mvgformer import MARK as MVGFORMER
from engine.models.registry import ModelEntry

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
IMAGE_NOTE = (
    "Trained on image coordinates: it is given the picture (x from -1 to 1 across its width), not the follow camera's "
    "view, so a person who is small in the picture or far from its middle is unlike what it has seen."
)
SCALE_NOTE = (
    "Its output has no unit and is scaled, frame by frame, to the person's height by its own bones; its trained frame "
    "rate is assumed, as Human3.6M's."
)


def import_weights(file: Path, name: str | None = None, folder: Path | None = None) -> Imported:
    """Read a checkpoint and write it as the model `name` (that of the file where None) into `folder`.

    Raises InputError, with the file and what is wrong in it, if it is not a whole checkpoint of a known layout or the
    name is taken.
    """
    file, folder = Path(file), folder or imported_folder()
    name = _checked_name(name or _stem(file), folder)
    given = read_checkpoint(file)
    if MVGFORMER in given.heads or MVGFORMER in given.state:
        return import_pictures(given, file, name, folder)
    layout = _layout(given.state, file)
    known = _recognised(layout, given, file)
    _check_fit(layout, known, file)
    preset = _preset(known)
    config, assumed = known.config, known.assumed
    if preset is not None:  # it knows what the file does not say
        config, assumed = _sizes(preset) | known.certain, ()
    network: Any = layout.build(config)
    network.load_state_dict(known.state)
    content = save(network.state_dict(), {"system": known.system})
    like = preset or next(entry for entry in list_models() if entry.bare_card.system == known.system)
    card = ModelCard(
        name=name,
        system=known.system,
        summary=f"imported from {file.name}, not trained here",
        predicts=known.predicts,
        labels=known.labels,
        encoding="image",
        causal=False,
        window=network.max_frames,
        follows_rate=like.bare_card.follows_rate,
        has_delta=like.bare_card.has_delta,
        rate_hz=known.rate_hz,
        resample_hz=known.rate_hz,
        data=TrainingData(description="not stated in the file"),
        weights_sha256=hashlib.sha256(content).hexdigest(),
        notes=(*((IMAGE_NOTE, SCALE_NOTE) if known.predicts == "joints" else ()), *assumed),
        imported_from=file.name,
        config=config,
        **asdict(count(network)),
    )
    weights = write_model(card, content, folder)
    unused = sorted({key.split(".")[0] for key in given.heads}) if known.predicts == "joints" else []
    found = (given.found, *([f"only its backbone is used without {', '.join(unused)}"] if unused else []))
    return Imported(card, weights, preset.name if preset else None, found)


def _layout(state: State, file: Path) -> Layout:
    """The layout that this state dict is of. Raises InputError."""
    for family in FAMILIES:
        if family.layout is not None and family.layout.mark in state:
            return family.layout
    systems = [system for family in FAMILIES if family.layout for system in family.systems]
    raise file_error(
        file, "state dict", f"is of no known layout (it begins with {', '.join(list(state)[:4])})",
        f"give a checkpoint of {', '.join(systems[:-1])} or {systems[-1]}",
    )  # fmt: skip


def _recognised(layout: Layout, given: Checkpoint, file: Path) -> Recognised:
    """What the state dict is. Raises InputError."""
    try:
        return layout.read(given.state, given.heads)
    except (KeyError, IndexError, ValueError) as error:
        missing = f"lacks {error.args[0]}" if isinstance(error, KeyError) else "has tensors of other shapes"
        raise file_error(file, "state dict", missing, "give a whole checkpoint") from None


def _check_fit(layout: Layout, known: Recognised, file: Path) -> None:
    """Raises InputError unless the state dict is that of the network, before memory is taken for one."""
    expected, given = _shapes(lambda: layout.build(known.config)), {k: v.shape for k, v in known.state.items()}
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


def _some(keys: Sequence[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _preset(known: Recognised) -> ModelEntry | None:
    """The first listed model of this system whose tensors have the same names and shapes."""
    given = {key: value.shape for key, value in known.state.items()}
    own = (e for e in list_models() if e.bare_card.system == known.system and not e.bare_card.imported_from)
    return next((e for e in own if not e.bare_card.causal and _shapes(e.build) == given), None)


def _sizes(preset: ModelEntry) -> dict[str, Any]:
    """The config of a listed model's network."""
    with torch.device("meta"):
        network: Any = preset.build()
    return asdict(network.config)


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
