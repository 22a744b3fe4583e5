"""Checkpoints of training runs: written atomically, gone on from exactly.

A checkpoint holds the network's and the averaged network's state dicts, the optimiser's state in the order of
`Network.parameter_groups`, where the run stands (`RunState`) and its settings as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from engine.errors import InputError
from engine.models.families import find_model
from engine.models.hummuss.halves import of_two_halves
from engine.training.damaged import reading
from engine.writing import written_beside

if TYPE_CHECKING:
    from engine.training.loop import TrainConfig

FILE = "checkpoint.pt"
HEAD = "head."
"""What the names of a head's tensors begin with: in models that share a trunk, it may be another."""


@dataclass
class RunState:
    """Where a run stands; `frames` counts training frames shown to the model, over all ranks.

    inherited: those of them that were shown before the run, to the weights that it started from.
    """

    step: int = 0
    frames: int = 0
    inherited: int = 0
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)


def resume(
    folder: Path,
    start_from: str | None,
    network: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    device: torch.device,
) -> RunState:
    """Bring all three to where the folder's run stands; a new one starts from the shipped weights of `start_from`."""
    file = folder / FILE
    if not file.exists():
        return _started_from(start_from, network, averaged) if start_from else RunState()
    with reading(file):
        saved: dict[str, Any] = torch.load(file, map_location=device, weights_only=True)
        network.load_state_dict(saved["network"])
        averaged.load_state_dict(saved["averaged"])
        peaks = [(g["peak"], g["weight_decay"]) for g in optimiser.param_groups]
        optimiser.load_state_dict(saved["optimiser"])
        for group, (peak, decay) in zip(optimiser.param_groups, peaks, strict=True):
            group["peak"], group["weight_decay"] = peak, decay  # this run's settings, not the saved ones
        return RunState(**saved["progress"])


def _started_from(names: str, network: nn.Module, averaged: nn.Module) -> RunState:
    """Give both networks the shipped weights of the model `names`; the frames that it was shown count.

    A network with another head begins with its own. Two models, with a comma between, become the halves of a HumMUSS
    that is twice as wide; the frames that each was shown count.
    """
    entries = [find_model(name.strip()) for name in names.split(",")]
    for entry in entries:
        if not entry.trained:
            raise InputError(f"--start-from {entry.name}: that model has no shipped weights; choose a trained one.")
    weights = _beginning([load_file(entry.weights) for entry in entries], network.state_dict())
    if weights is None:
        remedy = "choose a model with the same network, or two HumMUSS of half the width, as in A,B"
        raise InputError(f"--start-from {names}: that is the beginning of another network; {remedy}.")
    for each in (network, averaged):
        each.load_state_dict(weights, strict=False)
    frames = sum(entry.card.trained_frames for entry in entries)
    return RunState(frames=frames, inherited=frames)


def _beginning(found: Sequence[dict[str, Tensor]], own: dict[str, Tensor]) -> dict[str, Tensor] | None:
    """What a network begins with, without its head where that is its own; None: the found weights do not fit."""
    weights, *others = found
    if others:
        return of_two_halves(weights, others[0], own) if len(others) == 1 else None
    if _shapes(weights) == _shapes(own):
        return weights
    weights = {key: value for key, value in weights.items() if not key.startswith(HEAD)}
    trunk = {key: shape for key, shape in _shapes(own).items() if not key.startswith(HEAD)}
    return weights if _shapes(weights) == trunk else None


def _shapes(state: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {key: value.shape for key, value in state.items()}


def save(
    config: TrainConfig, state: RunState, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    """Write the run's checkpoint into its folder."""
    content = {
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "progress": asdict(state),
        "config": json.dumps(asdict(config), default=str),
    }
    save_checkpoint(content, config.folder / FILE)


def save_checkpoint(content: dict[str, Any], file: Path) -> None:
    """Write a checkpoint, whole or not at all. Raises InputError."""
    with written_beside(file) as part, part.open("wb") as stream:
        try:
            torch.save(content, stream)
        except RuntimeError as error:  # a full disk
            raise OSError(str(error)) from None


def smaller(saved: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint whose optimiser's moments are in bfloat16: a few MB, good enough to go on from."""
    state = {
        index: {k: v.bfloat16() if k.startswith("exp_avg") else v for k, v in moments.items()}
        for index, moments in saved["optimiser"]["state"].items()
    }
    return {**saved, "optimiser": {**saved["optimiser"], "state": state}}


def keep(folder: Path, checkpoint: Path) -> None:
    """Keep where a folder's run stands for `resume_from`: averaged weights alone, in float16, two bytes a parameter.

    The optimiser begins anew.
    """
    with reading(folder / FILE):
        saved = torch.load(folder / FILE, map_location="cpu", weights_only=True)
        half = {k: v.half() if v.dtype == torch.float32 else v for k, v in saved["averaged"].items()}
        optimiser = {**saved["optimiser"], "state": {}}
    save_checkpoint({**saved, "network": half, "averaged": half, "optimiser": optimiser}, checkpoint)


def resume_from(checkpoint: Path, folder: Path) -> None:
    """Start a run's folder from a shipped checkpoint."""
    with reading(checkpoint):
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        for state in saved["optimiser"]["state"].values():
            state.update({key: value.float() for key, value in state.items() if value.dtype == torch.bfloat16})
    save_checkpoint(saved, folder / FILE)
