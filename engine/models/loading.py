"""Models with their weights, ready to run."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.errors import file_error
from engine.models.counting import count
from engine.models.devices import check_device
from engine.models.families import find_model
from engine.models.model import Model
from engine.models.network import Network
from engine.models.registry import ModelEntry


def load_model(name: str, device: str = "cpu") -> Model:
    """The model of that name with its shipped weights; untrained ones get fresh weights (seed 0) and say so.

    Neither torch's threads nor its global random numbers change. Raises InputError for a name that nobody has, for
    weights that are not what the card describes, and for a device that is not there.
    """
    return load_entry(find_model(name), device)


def load_entry(entry: ModelEntry, device: str = "cpu") -> Model:
    """As `load_model`."""
    check_device(device, entry.name)
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(0)  # of the CPU alone, where networks are built
        network = entry.build()
        card = entry.card
        if entry.trained:
            _take_weights(network, entry)
        if not card.params:  # nobody has counted it yet: untrained ones
            card = card.model_copy(update=asdict(count(network)))
    return Model(network, *entry.encoding(card), card, device)


def _take_weights(network: Network, entry: ModelEntry) -> None:
    file, expected_digest = entry.weights, entry.card.weights_sha256
    if expected_digest and expected_digest != hashlib.sha256(file.read_bytes()).hexdigest():
        raise file_error(file, "content", "is not what its card describes", "restore the file or train again")
    state, expected = load_file(file), network.state_dict()
    wrong = sorted(k for k in expected.keys() | state.keys() if _shape(expected, k) != _shape(state, k))
    if wrong:
        raise file_error(file, f"tensor {wrong[0]}", "does not fit this model", f"use weights of {entry.name}")
    network.load_state_dict(state)


def _shape(state: dict[str, Tensor], key: str) -> tuple[int, ...] | None:
    return tuple(state[key].shape) if key in state else None
