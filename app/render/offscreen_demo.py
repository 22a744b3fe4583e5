"""What `kinestate` does without a display: the demo drawn to a picture, with its figures beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from app.render.film import Look, write_picture
from engine.experiment.pipeline import run
from engine.experiment.settings import BUILTIN, Experiment, ModelChoice
from engine.models.registry import list_models

DEMO_CLIP = f"{BUILTIN}demo"
DEMO_MODELS = ("hummuss_small", "hummuss_small_causal")


def run_demo(folder: Path, *, clip: str | None = None, say: Callable[[str], None] = print) -> None:
    """Run the trained small models on a clip (the built-in demo); write demo.png and demo.json. Raises InputError."""
    names = [entry.name for entry in list_models() if entry.name in DEMO_MODELS and entry.trained]
    if not names:
        say("No small model is trained yet, so only the motion is drawn.")
    experiment = Experiment(clip=clip or DEMO_CLIP, models=tuple(ModelChoice(name=name) for name in names))
    results = run(experiment)
    write_picture(results, folder / "demo.png", Look(apart=0.9))
    (folder / "demo.json").write_text(json.dumps(results.to_json(), indent=2) + "\n")
    for result in results.models:
        error, cost = result.summary["mpjpe_mm"], result.summary["ms_per_frame"]
        say(f"{result.name}: MPJPE {error:.1f} mm, {cost:.1f} ms per frame")
    say(f"Wrote {folder / 'demo.png'} and {folder / 'demo.json'}: {results.clip_name}, {results.frames} frames.")
