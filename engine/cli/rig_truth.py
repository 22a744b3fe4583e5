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
    if judged[0].ap is None:
        heads = "PCP %", *(f"actor {k}" for k in range(1, len(judged[0].pcp) + 1)), "mean"
        rows = [[*each.pcp, each.pcp_mean] for each in judged]
    else:
        heads = "everybody", "MPJPE mm", *(f"AP{within}" for within in judged[0].ap), "recall %"
        rows = [[each.mpjpe_mm, *(each.ap or {}).values(), each.recall] for each in judged]
    table = Table(*heads, box=None)
    for name, row in zip(names, rows, strict=True):
        table.add_row(name, *map(number, row))
    out.print(table)
    out.print(f"everybody against the truth, in {judged[0].frames} frames", soft_wrap=True)
