"""Results that were pinned, beside the present ones: so that a change is seen. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.present.wording import number
from app.state.results import Shown
from engine.experiment.results import ModelResult


@dataclass(frozen=True, eq=False)
class Pair:
    """A model of the present results with the same model when they were pinned."""

    now: ModelResult
    before: ModelResult

    def said(self, key: str, digits: int = 1) -> str:
        """Write a figure as "24.4 → 60.9"; "" where one of them has none."""
        both = [model.summary.get(key, math.nan) for model in (self.before, self.now)]
        return "" if any(math.isnan(value) for value in both) else " → ".join(number(value, digits) for value in both)


def pairs(pinned: Shown | None, shown: Shown | None) -> list[Pair | None]:
    """Find the pinned result of every present model by its label, or else by its name; None where there is none."""
    if shown is None:
        return []
    held = [] if pinned is None else list(pinned.results.models)
    found: list[Pair | None] = []
    for model in shown.results.models:
        alike = [other for other in held if other.label == model.label] or [o for o in held if o.name == model.name]
        found.append(Pair(model, alike[0]) if alike else None)
    return found
