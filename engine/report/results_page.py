"""Tables of docs/results.md and README.md, made from the cards of the trained models.

`kinestate ship --page docs/results.md --page README.md` makes them anew with a model; alone
`python -m engine.report.results_page docs/results.md README.md` does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from engine.experiment.rate import Mode
from engine.experiment.sweep import AS_SAMPLED, RATES, SweepRow, SweepTable
from engine.export.chart import save_chart
from engine.export.sweep_chart import sweep_chart
from engine.export.text_tables import markdown_table
from engine.metrics.catalogue import METRICS
from engine.models.card import HELD_APART, WHOM, ModelCard
from engine.models.families import list_models
from engine.report import body_tables
from engine.report.grading import FLIPPED
from engine.report.view_tables import views
from engine.writing import save_text

_DIGITS = {"accel_error_m_s2": 1, "jitter_m_s3": 0, "jitter_truth_m_s3": 0}
"""Where the page shows fewer digits than the catalogue says."""
MODES: dict[Mode, str] = {
    "trained": "Δ as trained",
    "auto": "Δ rescaled",
    "resample": "input resampled",
}

PICTURED = ("hummuss_small", "hummuss_small_causal", "motionbert_small", "sasmamba")
"""The models in the picture of rates."""
RATES_PICTURE = "rates.png"


def trained_cards() -> list[ModelCard]:
    """List the cards of the models that come with trained weights."""
    return [entry.card for entry in list_models() if entry.trained and not entry.card.imported_from]


def overall(cards: Sequence[ModelCard], split: str) -> str:
    """Every metric at 60 Hz, a column per model, with its size and training."""
    rows = []
    for key, metric in METRICS.items():
        if not metric.common:
            continue
        digits = _DIGITS.get(key, metric.digits or 0)
        rows.append((metric.title, [_number(c.figures.summary.get(split, {}).get(key), digits) for c in cards]))
        if key == "mpjpe_mm" and any(FLIPPED.format(split) in c.figures.summary for c in cards):
            flipped = [c.figures.summary.get(FLIPPED.format(split), {}).get(key) for c in cards]
            rows.append((FLIPPED.format(metric.title), [_number(value, digits) for value in flipped]))
    rows += [
        ("parameters", [f"{c.params:,}" for c in cards]),
        ("MACs per frame, M", [_number(c.macs_per_frame / 1e6, 1) for c in cards]),
        ("frames seen in training, M", [_number(c.trained_frames / 1e6, 1) for c in cards]),
    ]
    return _table([c.name for c in cards], rows)


def by_rate(cards: Sequence[ModelCard]) -> str:
    """Tabulate test MPJPE over the input's frame rate, a row per model and mode; one where all modes are the same."""
    rates = list(cards[0].figures.rates("trained"))
    rows = []
    for card in cards:
        figures = {mode: card.figures.rates(mode) for mode in MODES}
        for mode, label in MODES.items():
            if card.has_delta or mode != "auto":
                said = label if card.has_delta else f"{AS_SAMPLED} (no Δ)"
                if mode == "resample":
                    said = f"{label} to {card.resample_hz:g} Hz"
                rows.append((f"{card.name}, {said}", [_number(figures[mode].get(hz), 1) for hz in rates]))
    return _table([f"{hz:g} Hz" for hz in rates], rows)


def breakdown(group: Callable[[ModelCard], Mapping[str, float]]) -> Callable[[Sequence[ModelCard]], str]:
    """Make the function that tabulates one of the cards' groups of figures: a row per entry, a column per model."""

    def table(cards: Sequence[ModelCard]) -> str:
        names = list(dict.fromkeys(name for c in cards for name in group(c)))
        return _table([c.name for c in cards], [(n, [_number(group(c).get(n), 1) for c in cards]) for n in names])

    return table


def trained_models(cards: Sequence[ModelCard]) -> str:
    """Tabulate size, training and test error, a row per model."""
    rows = []
    for card in cards:
        at = card.figures.rates("auto")
        frames = f"{card.trained_frames / 1e6:.1f} M frames"
        figures = [f"{_number(at.get(hz), 1)} mm" for hz in (60.0, 15.0, 7.5)]
        rows.append((f"`{card.name}`", [f"{card.params:,}", frames, *figures, card.live]))
    return _table(["parameters", "trained on", "60 Hz", "15 Hz", "7.5 Hz", "streams"], rows)


def recognition(cards: Sequence[ModelCard]) -> str:
    """Tabulate how often labels were right, a row per model and group of people."""
    rows = []
    for card in cards:
        for whom, found in card.figures.actions.items():
            low, high = found.interval
            share = f"{100 * found.top_1:.1f} %", f"{100 * low:.1f} to {100 * high:.1f} %"
            cells = [str(found.clips), str(found.people), *share, f"{100 * found.mean_recall:.1f} %"]
            rows.append((f"{card.name}, {WHOM[whom]}", cells))
    return _table(["clips", "people", "top-1", "95 % interval", "mean over labels"], rows)


def confusions(cards: Sequence[ModelCard]) -> str:
    """Tabulate for each model what the clips of people who were held apart were taken for, a row per label."""
    parts = []
    for card in cards:
        found = card.figures.actions.get(HELD_APART)
        if found is not None:
            rows = [
                (label, [str(count) if count else "" for count in row])
                for label, row in zip(found.labels, found.confusion, strict=True)
            ]
            parts.append(f"`{card.name}`:\n\n{_table(found.labels, rows)}")
    return "\n\n".join(parts)


def of(observes: str, predicts: str, table: Callable[[Sequence[ModelCard]], str]) -> Callable[..., str]:
    """Make a table of the models of one kind of observation and one of prediction."""

    def made(cards: Sequence[ModelCard]) -> str:
        chosen = [card for card in cards if (card.observes, card.predicts) == (observes, predicts)]
        return table(chosen) if chosen else "Not trained yet."

    return made


_LIFTING: dict[str, Callable[[Sequence[ModelCard]], str]] = {
    "models": trained_models,
    "test": lambda cards: overall(cards, "test"),
    "val": lambda cards: overall(cards, "val"),
    "rates": by_rate,
    "categories": breakdown(lambda card: card.figures.by_category),
    "cameras": breakdown(lambda card: card.figures.by_camera),
    "lengths": breakdown(lambda card: {f"{n} frames": mm for n, mm in card.figures.by_length.items()}),
}
_BODIES = {"trackers": ("trackers", body_tables.trackers), "meshes": ("keypoints", body_tables.meshes)}
TABLES: dict[str, Callable[[Sequence[ModelCard]], str]] = (
    {name: of("keypoints", "joints", table) for name, table in _LIFTING.items()}
    | {
        f"{kind} {split}": of(observes, "body", partial(table, split=split))
        for kind, (observes, table) in _BODIES.items()
        for split in ("test", "val")
    }
    | {f"{kind} rates": of(observes, "body", by_rate) for kind, (observes, _) in _BODIES.items()}
    | {"labels": of("keypoints", "scores", recognition), "confusion": of("keypoints", "scores", confusions)}
    | {"views": of("views", "joints", views)}
)
"""By the name in a page's mark; those of lifting have no kind in it."""


def rate_sweep(cards: Sequence[ModelCard]) -> SweepTable:
    """Return the cards' figures over the frame rate as the table of the sweep that measured them."""
    rows = []
    for card in cards:
        modes: tuple[Mode, ...] = tuple(MODES) if card.has_delta else ("trained", "resample")
        for mode in modes:
            for k, (hz, mpjpe) in enumerate(card.figures.rates(mode).items()):
                figures = {"mpjpe_mm": mpjpe}
                rows.append(SweepRow(card.name, RATES[k], mode, hz, 0, figures, has_delta=card.has_delta))
    return SweepTable(tuple(rows), (), {})


def with_tables(page: str, cards: Sequence[ModelCard]) -> str:
    """Return the page with every `<!-- table NAME -->` ... `<!-- end -->` filled from the cards."""

    return filled(page, {name: partial(table, cards) for name, table in TABLES.items()})


def filled(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return the page with every mark of one of these names filled."""

    def table(mark: re.Match[str]) -> str:
        return f"<!-- table {mark[1]} -->\n{tables[mark[1]]()}\n<!-- end -->"

    return re.sub(rf"<!-- table ({'|'.join(tables)}) -->\n.*?<!-- end -->", table, page, flags=re.DOTALL)


def _table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    return markdown_table(["", *heads], [[label, *cells] for label, cells in rows]).rstrip()


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def remake(page: Path) -> None:
    """Write every table of a page anew between its marks, and the picture of rates beside one that shows it."""
    cards, text = trained_cards(), page.read_text(encoding="utf-8")
    save_text(with_tables(text, cards), page)
    if f"({RATES_PICTURE})" in text:
        pictured = [card for card in cards if card.name in PICTURED]
        save_chart(sweep_chart(rate_sweep(pictured)), page.parent / RATES_PICTURE)


if __name__ == "__main__":
    for named in sys.argv[1:]:
        remake(Path(named))
