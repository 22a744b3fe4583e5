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

from engine.models.card import HELD_APART, CardFigures, ModelCard, short_count
from engine.models.counting import count
from engine.models.families import find_model
from engine.paths import WEIGHTS
from engine.training.checkpoints import FILE, smaller
from engine.training.data_record import trained_on
from engine.training.held_apart import held_apart


def ship(folder: Path, preset: str, *, to: Path = WEIGHTS) -> ModelCard:
    """Write `<preset>.safetensors`, `.json` (card), `.checkpoint.pt` and `.curve.png` from a run's folder.

    The shipped weights are the run's averaged ones. The card says what the run counted; its figures are measured later
    (`engine.report.grading.grade`).
    """
    saved: dict[str, Any] = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    config, entry = json.loads(saved["config"]), find_model(preset)
    to.mkdir(parents=True, exist_ok=True)
    weights = to / f"{preset}.safetensors"
    save_file({k: v.contiguous() for k, v in saved["averaged"].items()}, weights, {"preset": preset})
    card = entry.bare_card.model_copy(
        update={
            **asdict(count(entry.build())),
            "trained_frames": saved["progress"]["frames"],
            "data": trained_on(folder),
            "seed": config["seed"],
            "commit": _commit(),
            "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
            "figures": CardFigures(actions={HELD_APART: apart} if (apart := held_apart(folder)) else {}),
            "notes": (
                f"Learning rate {config['learning_rate']:g}.",
                *_origin(config.get("start_from"), saved["progress"]),
            ),
        }
    )
    weights.with_suffix(".json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    torch.save(smaller(saved), to / f"{preset}.checkpoint.pt")
    if (folder / "curve.png").exists():
        shutil.copyfile(folder / "curve.png", to / f"{preset}.curve.png")
    return card


def _origin(start_from: str | None, progress: dict[str, Any]) -> tuple[str, ...]:
    """The card's notes on a run that did not start from random weights."""
    if start_from is None:
        return ()
    inherited = progress["inherited"]
    own = progress["frames"] - inherited
    return (
        f"Started from the shipped weights of {start_from}, trained on {short_count(inherited)} frames, "
        f"and trained on {short_count(own)} more.",
    )


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
