"""Weights of MVGFormer as a network of pictures of several views, which no experiment shows them yet."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file, save

from engine.errors import file_error
from engine.models.card import ModelCard, TrainingData
from engine.models.checkpoint import Checkpoint
from engine.models.counting import params_module_held
from engine.models.imported_files import Imported, write_model
from engine.models.mv_ssm.config import MVSSMConfig
from engine.models.mv_ssm.mvgformer import network_of
from engine.models.mv_ssm.network import MVSSM

SYSTEM = "MV-SSM"
FRONT_END = "backbone.conv1.weight"
UNLISTED = (
    "No command shows models pictures, so none offers it; engine.models.import_pictures.picture_network builds it."
)


def import_pictures(held: Checkpoint, file: Path, name: str, folder: Path) -> Imported:
    """Write MV-SSM's network with what a checkpoint of MVGFormer has of it, and its card, into a folder.

    Raises InputError for a checkpoint of other sizes, and where nothing can be written.
    """
    network, borrowed = network_of(held, file)
    content = save(network.state_dict(), {"system": SYSTEM})
    card = ModelCard(
        name=name,
        system=SYSTEM,
        summary=f"pictures of several views; parts of {file.name}, the rest untrained",
        observes="pictures",
        encoding="pictures",
        causal=True,
        streams="no",
        follows_rate="Nothing follows the frame rate: every frame is answered by itself.",
        has_delta=False,
        params=sum(p.numel() for p in network.parameters()),
        params_module_held=params_module_held(network),
        data=TrainingData(description="not stated in the file"),
        weights_sha256=hashlib.sha256(content).hexdigest(),
        notes=(*borrowed.notes, UNLISTED),
        imported_from=file.name,
        config=asdict(network.config),
    )
    return Imported(card, write_model(card, content, folder), None, (borrowed.found,))


def picture_network(weights: Path) -> MVSSM:
    """The network that `import_pictures` wrote. Raises InputError."""
    try:
        card = ModelCard.model_validate_json(weights.with_suffix(".json").read_text(encoding="utf-8"))
        state = load_file(weights)
        config = MVSSMConfig(**card.config | {"network_size": tuple(card.config["network_size"])})
        network = MVSSM(config, backbone=FRONT_END in state)
        network.load_state_dict(state)
    except Exception as error:  # safetensors has exceptions of its own
        raise file_error(
            weights, "content", "is no network of pictures with its card", "import it again", detail=str(error)
        ) from None
    return network
