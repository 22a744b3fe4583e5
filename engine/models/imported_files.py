"""What importing weights writes: a safetensors file and the card beside it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.models.card import ModelCard
from engine.writing import save_bytes


@dataclass(frozen=True)
class Imported:
    """What `import_weights` made; preset: the registered model of the same sizes; found: what was seen in the file."""

    card: ModelCard
    weights: Path
    preset: str | None
    found: tuple[str, ...]


def write_model(card: ModelCard, content: bytes, folder: Path) -> Path:
    """Write a model's card and its weights into a folder, both or none; where the weights are. Raises InputError.

    The weights are last, and take the name: a kill before them leaves it free.
    """
    weights = folder / f"{card.name}.safetensors"
    files = {weights.with_suffix(".json"): card.model_dump_json(indent=2).encode() + b"\n", weights: content}
    try:
        for file, written in files.items():
            save_bytes(written, file)
    except InputError:
        with suppress(OSError):
            for file in files:
                file.unlink(missing_ok=True)
        raise
    return weights
