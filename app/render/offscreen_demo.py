"""The demo without a display: a picture and its figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.render.film import Look, write_picture
from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.experiment.sources import BUILTIN
from engine.models.families import list_models
from engine.writing import save_json

DEMO_CLIP = f"{BUILTIN}demo"
DEMO_MODELS = ("hummuss_small", "hummuss_small_causal")


def run_demo(folder: Path, *, clip: str | None = None, say: Callable[[str], None] = print) -> None:
    """Run the trained small models on a clip (the built-in demo); write demo.png and demo.json. Raises InputError."""
    names = [entry.name for entry in list_models() if entry.name in DEMO_MODELS and entry.trained]
    if not names:
        say("No small model is trained yet, so only the motion is drawn.")
    models = tuple(ModelChoice(name=name) for name in names)
    experiment = Experiment(source=FileSource(path=clip or DEMO_CLIP), models=models)
    results = run(experiment, dressed=True)
    write_picture(results, folder / "demo.png", Look(apart=0.9))
    save_json(results.to_json(), folder / "demo.json")
    for result in results.models:
        error, cost = result.summary["mpjpe_mm"], result.summary["ms_per_frame"]
        say(f"{result.name}: MPJPE {error:.1f} mm, {cost:.1f} ms per frame")
    say(f"Wrote {folder / 'demo.png'} and {folder / 'demo.json'}: {results.clip_name}, {results.frames} frames.")
