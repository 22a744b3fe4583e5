"""Tables of the models of several views, from their cards."""

from __future__ import annotations

from collections.abc import Sequence

from engine.export.text_tables import markdown_table
from engine.models.card import ModelCard, ViewFigure
from engine.report.view_comparison import CONDITIONS


def views(cards: Sequence[ModelCard]) -> str:
    """Tabulate the error in the world by condition and number of views, beside the best triangulation's."""
    parts = []
    for card in cards:
        figures = card.figures.by_views
        counts = sorted({figure.views for figure in figures})
        lines = [
            [said, *(_cell(figures, name, count) for count in counts)]
            for name, (said, _) in CONDITIONS.items()
            if any(figure.condition == name for figure in figures)
        ]
        table = markdown_table(["", *(f"{count} views" for count in counts)], lines)
        parts.append(f"`{card.name}`, {card.params:,} parameters, {card.training}:\n\n{table}")
    return "\n\n".join(parts)


def _cell(figures: Sequence[ViewFigure], condition: str, views: int) -> str:
    """ "24.2 (-23 %)": mm, and how much less than the best triangulation."""
    found = [f for f in figures if (f.condition, f.views) == (condition, views)]
    if not found:
        return ""
    change = 100 * (found[0].world_mm / found[0].triangulation_mm - 1)
    return f"{found[0].world_mm:.1f} ({change:+.0f} %)"
