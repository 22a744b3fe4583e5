"""From a training run to shipped weights: safetensors, a card, and a small checkpoint to go on from."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from engine.models.card import ModelCard
from engine.models.counting import count
from engine.models.registry import find_model
from engine.paths import WEIGHTS

DATA = "CMU motion capture, training subjects (147 clips, 36 minutes), random virtual cameras"


def ship(
    folder: Path, preset: str, *, metrics: dict[str, dict[str, float]] | None = None, to: Path = WEIGHTS
) -> ModelCard:
    """Write `<preset>.safetensors`, `.json` (card), `.checkpoint.pt` and `.curve.png` from a run's folder.

    The shipped weights are the run's averaged ones. The checkpoint keeps the optimiser's moments in bfloat16: a few
    MB, good enough to go on from (`resume_from`).
    """
    saved: dict[str, Any] = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    config = json.loads(saved["config"])
    to.mkdir(parents=True, exist_ok=True)
    weights = to / f"{preset}.safetensors"
    save_file({k: v.contiguous() for k, v in saved["averaged"].items()}, weights, {"preset": preset})
    network = find_model(preset).build()
    card = (
        find_model(preset)
        .bare_card()
        .model_copy(
            update={
                **asdict(count(network)),
                "trained_frames": saved["progress"]["frames"],
                "data": DATA,
                "seed": config["seed"],
                "commit": _commit(),
                "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
                "metrics": metrics or {},
                "notes": (
                    f"Learning rate {config['learning_rate']:g}.",
                    *_origin(config.get("start_from"), saved["progress"]),
                ),
            }
        )
    )
    weights.with_suffix(".json").write_text(card.model_dump_json(indent=2) + "\n")
    torch.save(_smaller(saved), to / f"{preset}.checkpoint.pt")
    if (folder / "curve.png").exists():
        shutil.copyfile(folder / "curve.png", to / f"{preset}.curve.png")
    return card


def resume_from(checkpoint: Path, folder: Path) -> None:
    """Start a run's folder from a shipped checkpoint."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    for state in saved["optimiser"]["state"].values():
        state.update({key: value.float() for key, value in state.items() if value.dtype == torch.bfloat16})
    torch.save(saved, folder / "checkpoint.pt")


def _origin(start_from: str | None, progress: dict[str, Any]) -> tuple[str, ...]:
    """The card's notes on a run that did not start from random weights."""
    if start_from is None:
        return ()
    inherited = progress["inherited"]
    own = progress["frames"] - inherited
    return (
        f"Started from the shipped weights of {start_from}, trained on {inherited / 1e6:.1f} M frames, "
        f"and trained on {own / 1e6:.1f} M more.",
    )


def _smaller(saved: dict[str, Any]) -> dict[str, Any]:
    state = {
        index: {k: v.bfloat16() if k.startswith("exp_avg") else v for k, v in moments.items()}
        for index, moments in saved["optimiser"]["state"].items()
    }
    return {**saved, "optimiser": {**saved["optimiser"], "state": state}}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
