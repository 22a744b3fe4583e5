"""Tables of models that predict bodies: what their papers print, with published rows of other data beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.export.text_tables import markdown_table
from engine.models.card import ModelCard, short_count
from engine.report.grading import SEEN_HANDS
from engine.report.published import MESH, TRACKERS, Row

TRACKER_HEADS: Mapping[str, str] = {
    "mpjre_deg": "MPJRE, °",
    "mpjre_geodesic_deg": "geodesic, °",
    "world_mpjpe_cm": "MPJPE, cm",
    "world_mpjve_cm_s": "MPJVE, cm/s",
    "world_jitter_100_m_s3": "jitter, 10² m/s³",
    "world_jitter_truth_100_m_s3": "the truth's",
    "hand_pe_cm": "hand, cm",
    "upper_pe_cm": "upper, cm",
    "lower_pe_cm": "lower, cm",
    "root_pe_cm": "root, cm",
}
MESH_HEADS: Mapping[str, str] = {
    "mpve_mm": "MPVE, mm",
    "mpjpe_mm": "MPJPE, mm",
    "pa_mpjpe_mm": "PA-MPJPE, mm",
    "jitter_m_s3": "jitter, m/s³",
    "jitter_truth_m_s3": "the truth's",
}
OWN = "this page's"
"""The data of a row that is not published."""


def trackers(cards: Sequence[ModelCard], split: str) -> str:
    """Tabulate what papers on trackers print, a row per model; hands where they were seen under a model's own row.

    The test split has the published rows as well.
    """
    rows = []
    for card in cards:
        rows.append(_own(card, card.name, split))
        if SEEN_HANDS.format(split) in card.figures.summary:
            rows.append(_own(card, f"{card.name}, seen hands", SEEN_HANDS.format(split)))
    return _table([*rows, *(TRACKERS if split == "test" else ())], TRACKER_HEADS, digits=2)


def meshes(cards: Sequence[ModelCard], split: str) -> str:
    """Tabulate what papers on mesh recovery print, a row per model; the test split has the published rows as well."""
    rows = [_own(card, card.name, split) for card in cards]
    return _table([*rows, *(MESH if split == "test" else ())], MESH_HEADS, digits=1)


def _own(card: ModelCard, name: str, summary: str) -> Row:
    return Row(f"**{name}**", OWN, card.figures.summary.get(summary, {}), short_count(card.params))


def _table(rows: Sequence[Row], heads: Mapping[str, str], digits: int) -> str:
    """digits after the point: as many as the papers print."""
    lines = [[row.name, row.data, *(_cell(row.figures.get(key), digits) for key in heads), row.parameters]
             for row in rows]  # fmt: skip
    return markdown_table(["", "data", *heads.values(), "parameters"], lines).rstrip()


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
