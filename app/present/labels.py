"""Labels of actions as the window shows them: a strip over time for each model, and what is likely now. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.state.moment import frame_at
from app.state.results import Shown
from engine.motion.pose import ClassScores


@dataclass(frozen=True, eq=False)
class LabelStrip:
    """A model's labels over time; colour: its own, an index into the palette."""

    model: str
    colour: int
    scores: ClassScores

    def likeliest(self, seconds: float, most: int = 3) -> list[tuple[int, str, float]]:
        """List the labels of a moment, likeliest first: number, name, probability."""
        of_moment = self.scores.probabilities[frame_at(self.scores.times, seconds)]
        order = np.argsort(-of_moment, kind="stable")[:most]
        return [(int(k), self.scores.labels[k], float(of_moment[k])) for k in order]

    def said(self, seconds: float) -> str:
        """Say them in a line: "walking 97 %, dance 2 %"."""
        return ", ".join(f"{name} {percent(share)}" for _, name, share in self.likeliest(seconds))


def label_strips(shown: Shown | None) -> list[LabelStrip]:
    """List those of the models of labels, in the results' order."""
    if shown is None:
        return []
    both = zip(shown.slots, shown.results.models, strict=True)
    return [LabelStrip(m.label, slot.colour, m.scores) for slot, m in both if m.scores is not None]


def percent(share: float) -> str:
    """Write a probability; nothing uncertain is called 0 or 100 %."""
    if 0 < share < 0.005:
        return "<1 %"
    return ">99 %" if 0.995 < share < 1 else f"{100 * share:.0f} %"
