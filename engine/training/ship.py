"""From a training run to shipped weights: safetensors, a card, and a small checkpoint to go on from."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as serialised

from engine.models.card import HELD_APART, CardFigures, ModelCard, short_count
from engine.models.counting import count
from engine.models.families import find_model
from engine.paths import WEIGHTS
from engine.training.checkpoints import FILE, save_checkpoint, smaller
from engine.training.damaged import reading
from engine.training.data_record import trained_on
from engine.training.held_apart import held_apart
from engine.writing import save_bytes, save_text


def ship(folder: Path, preset: str, *, to: Path = WEIGHTS) -> ModelCard:
    """Write `<preset>.safetensors`, `.json` (card), `.checkpoint.pt` and `.curve.png` from a run's folder.

    The shipped weights are the run's averaged ones. The card says what the run counted; its figures are measured later
    (`engine.report.grading.grade`).
    """
    entry = find_model(preset)
    network = entry.build()
    with reading(folder / FILE):
        saved: dict[str, Any] = torch.load(folder / FILE, map_location="cpu", weights_only=True)
        config, progress = json.loads(saved["config"]), saved["progress"]
        network.load_state_dict(saved["averaged"])  # another model's run ends here
        smaller_one = smaller(saved)
        origin = (f"Learning rate {config['learning_rate']:g}.", *_origin(config.get("start_from"), progress))
        counted = {"trained_frames": progress["frames"], "seed": config["seed"]}
    weights = to / f"{preset}.safetensors"
    content = serialised({k: v.contiguous() for k, v in saved["averaged"].items()}, {"preset": preset})
    card = entry.bare_card.model_copy(
        update={
            **asdict(count(network)),
            **counted,
            "data": trained_on(folder),
            "commit": _commit(),
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "figures": CardFigures(actions={HELD_APART: apart} if (apart := held_apart(folder)) else {}),
            "notes": origin,
        }
    )
    save_bytes(content, weights)
    save_text(card.model_dump_json(indent=2) + "\n", weights.with_suffix(".json"))
    save_checkpoint(smaller_one, to / f"{preset}.checkpoint.pt")
    if (folder / "curve.png").exists():
        save_bytes((folder / "curve.png").read_bytes(), to / f"{preset}.curve.png")
    return card


def _origin(start_from: str | None, progress: dict[str, Any]) -> tuple[str, ...]:
    """The card's notes on a run that did not start from random weights."""
    if start_from is None:
        return ()
    inherited = progress["inherited"]
    own = progress["frames"] - inherited
    origin = start_from.replace(",", " and ")
    return (
        f"Started from the shipped weights of {origin}, trained on {short_count(inherited)} frames, "
        f"and trained on {short_count(own)} more.",
    )


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
