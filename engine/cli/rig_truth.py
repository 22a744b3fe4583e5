"""What the command `rig` prints of everybody against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from engine.cli.console import out

if TYPE_CHECKING:
    from engine.experiment.rig_truth import TruthFigures


def number(value: float | None) -> str:
    """Return one digit behind the point, or a dash for what is not known."""
    return "–" if value is None else f"{value:.1f}"


def print_truth(names: Sequence[str], judged: Sequence[TruthFigures]) -> None:
    """Print a row for each model, by the measures that this truth has."""
    if not judged:
        return
    table = Table("everybody", *(f"{measure.name} {measure.unit}" for measure in judged[0].measures), box=None)
    for name, each in zip(names, judged, strict=True):
        table.add_row(name, *(number(measure.value) for measure in each.measures))
    out.print(table)
    out.print(f"everybody against the truth, in {judged[0].frames} frames", soft_wrap=True)
