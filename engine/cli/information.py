"""Commands that say what there is: `models`, `info` and `doctor`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.console import out, print_models, print_pairs
from engine.cli.loading import opening
from engine.cli.options import READING, Given, experiment_of, takes
from engine.errors import printable

if TYPE_CHECKING:
    from engine.models.card import ModelCard
    from engine.models.registry import ModelEntry


def models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Every model, trained or not."""
    from engine.models.families import list_models

    cards = [_sized_card(entry) for entry in list_models()]
    if as_json:
        typer.echo(printable(json.dumps([_card_row(card) for card in cards], indent=2, ensure_ascii=False)))
    else:
        print_models(cards)


def _card_row(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "system": card.system,
        "observes": card.observes,
        "predicts": card.predicts,
        "params": card.params,
        "params_module_held": card.params_module_held,
        "macs": card.macs_per_frame,
        "published_macs": card.published_macs,
        "trained": card.trained,
        "trained_hz": card.rate_hz,
        "trained_frames": card.trained_frames,
        "streaming": card.streams != "no",
        "follows_rate": card.follows_rate,
        "summary": card.summary,
    }


def _sized_card(entry: ModelEntry) -> ModelCard:
    """Return the model's card; an untrained one's sizes are counted on a network built for it."""
    if entry.trained:
        return entry.card
    from engine.models.counting import count

    return entry.card.model_copy(update=asdict(count(entry.build())))


@takes(READING)
def info(given: Given, file: Annotated[str, typer.Argument(help="Motion file, folder or archive.")]) -> None:
    """What a file holds, and what its reader found and assumed."""
    from engine.data.file_card import file_card
    from engine.experiment.sources import sources

    experiment = experiment_of(given | {"clip": file}, need_model=False)
    overrides = experiment.file.overrides
    with opening(experiment):
        found = sources(experiment.file.path, experiment.file.select, overrides.detector)
    if len(found) > 1:
        out.print(f"{len(found)} clips; choose one with --select for its card:")
        for source in found:
            out.print(f"  {source.name}  ({source.format.name})", markup=False)
        return
    card = file_card(found[0].open(**overrides.of_reader()))
    print_pairs(card)


def doctor() -> None:
    """Versions, devices, and what is missing and why."""
    print_installation()


def print_installation(drawing: Sequence[tuple[str, str]] = ()) -> None:
    """Print what this installation can do; drawing are rows on what draws."""
    from engine.report import installation as checks

    print_pairs(checks.software())
    out.print()
    print_pairs(checks.devices())
    print_pairs([*checks.kernels(), *drawing])
    out.print("\nSMPL files were looked for in")
    print_pairs(checks.smpl())


COMMANDS: dict[str, Callable[..., None]] = {"models": models, "info": info, "doctor": doctor}
