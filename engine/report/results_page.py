"""The tables of docs/results.md and the README, made from the cards of the trained models, so that they cannot differ.

`python -m engine.report.results_page docs/results.md README.md` writes every table anew between its marks, and
docs/rates.png.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.experiment.sweep import AS_SAMPLED, RATES, SweepRow, SweepTable
from engine.export.curves import sweep_picture
from engine.export.picture import save_png
from engine.models.card import ModelCard
from engine.models.registry import list_models

METRICS = (
    ("mpjpe_mm", "MPJPE, mm", 1),
    ("pa_mpjpe_mm", "PA-MPJPE, mm", 1),
    ("n_mpjpe_mm", "N-MPJPE, mm", 1),
    ("mpjve_mm_s", "MPJVE, mm/s", 0),
    ("accel_error_m_s2", "acceleration error, m/s²", 1),
    ("jitter_m_s3", "jitter, m/s³", 0),
    ("jitter_truth_m_s3", "jitter of the truth, m/s³", 0),
    ("pck150", "PCK@150, %", 1),
    ("auc", "AUC, %", 1),
)
WAYS = {"trained": "Δ as trained", "rescaled": "Δ rescaled", "resampled": "input resampled to 60 Hz"}

PICTURED = ("hummuss_small", "hummuss_small_causal", "motionbert_small", "sasmamba")
"""The models in docs/rates.png."""


def trained_cards() -> list[ModelCard]:
    return [entry.card for entry in list_models() if entry.trained and entry.imported is None]


def overall(cards: Sequence[ModelCard], split: str) -> str:
    """Every metric at 60 Hz, a column per model, with its size and training."""
    rows = [(label, [_number(c.metrics[split].get(key), digits) for c in cards]) for key, label, digits in METRICS]
    rows += [
        ("parameters", [f"{c.params:,}" for c in cards]),
        ("MACs per frame, M", [_number(c.macs_per_frame / 1e6, 1) for c in cards]),
        ("frames seen in training, M", [_number(c.trained_frames / 1e6, 1) for c in cards]),
    ]
    return _table([c.name for c in cards], rows)


def by_rate(cards: Sequence[ModelCard]) -> str:
    """Test MPJPE over the input's frame rate, a row per model and way; one row where all ways are the same."""
    heads = list(cards[0].metrics["test mpjpe_mm by rate, trained"])
    rows = []
    for card in cards:
        figures = {way: card.metrics[f"test mpjpe_mm by rate, {way}"] for way in WAYS}
        for way, label in WAYS.items():
            if card.has_delta or way != "rescaled":
                said = label if card.has_delta or way == "resampled" else f"{AS_SAMPLED} (no Δ)"
                rows.append((f"{card.name}, {said}", [_number(figures[way].get(h), 1) for h in heads]))
    return _table(heads, rows)


def breakdown(key: str) -> Callable[[Sequence[ModelCard]], str]:
    """A table of one of the card's groups of figures: a row per entry, a column per model."""

    def table(cards: Sequence[ModelCard]) -> str:
        names = list(dict.fromkeys(name for c in cards for name in c.metrics[key]))
        return _table([c.name for c in cards], [(n, [_number(c.metrics[key].get(n), 1) for c in cards]) for n in names])

    return table


def trained_models(cards: Sequence[ModelCard]) -> str:
    """One row per model: what it is and how well it does on the test subjects."""
    rows = []
    for card in cards:
        at = card.metrics["test mpjpe_mm by rate, rescaled"]
        frames = f"{card.trained_frames / 1e6:.1f} M frames"
        figures = [f"{_number(at.get(hz), 1)} mm" for hz in ("60 Hz", "15 Hz", "7.5 Hz")]
        streams = "yes" if card.causal else "no"
        rows.append((f"`{card.name}`", [f"{card.params:,}", frames, *figures, streams]))
    return _table(["parameters", "trained on", "60 Hz", "15 Hz", "7.5 Hz", "streams"], rows)


TABLES: dict[str, Callable[[Sequence[ModelCard]], str]] = {
    "models": trained_models,
    "test": lambda cards: overall(cards, "test"),
    "val": lambda cards: overall(cards, "val"),
    "rates": by_rate,
    "categories": breakdown("test mpjpe_mm by category"),
    "cameras": breakdown("test mpjpe_mm by camera"),
    "lengths": breakdown("test mpjpe_mm by clip length"),
}


def rate_sweep(cards: Sequence[ModelCard]) -> SweepTable:
    """The cards' figures over the frame rate as the sweep that measured them, for its picture."""
    rows = []
    for card in cards:
        for way in WAYS if card.has_delta else ("trained", "resampled"):
            for k, (head, mpjpe) in enumerate(card.metrics[f"test mpjpe_mm by rate, {way}"].items()):
                hz = float(head.removesuffix(" Hz"))
                figures = {"mpjpe_mm": mpjpe}
                rows.append(SweepRow(card.name, RATES[k], way, hz, 0, figures, has_delta=card.has_delta))
    return SweepTable(tuple(rows), (), {})


def with_tables(page: str, cards: Sequence[ModelCard]) -> str:
    """The page with every `<!-- table NAME -->` ... `<!-- end -->` filled from the cards."""

    def filled(mark: re.Match[str]) -> str:
        return f"<!-- table {mark[1]} -->\n{TABLES[mark[1]](cards)}\n<!-- end -->"

    return re.sub(r"<!-- table (\w+) -->\n.*?<!-- end -->", filled, page, flags=re.DOTALL)


def _table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    lines = [["", *heads], ["---"] * (len(heads) + 1), *([label, *cells] for label, cells in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_text(with_tables(path.read_text(), trained_cards()))
    pictured = [card for card in trained_cards() if card.name in PICTURED]
    save_png(sweep_picture(rate_sweep(pictured), (1600, 480)), Path("docs/rates.png"))
