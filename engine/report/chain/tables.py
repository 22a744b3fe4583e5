"""Tables of the whole chain, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.experiment.results import without_nan
from engine.export.text_tables import markdown_table
from engine.report.chain import painted, recorded
from engine.report.chain.figures import MAPPINGS, TRUE, USUAL, ChainRow, pooled
from engine.report.chain.late_frames import MODES, LateRow

HEADS = {
    "mpjpe_mm": ("MPJPE, mm", ".1f"),
    "pa_mpjpe_mm": ("PA-MPJPE, mm", ".1f"),
    "jitter_m_s3": ("jitter, m/s³", ",.0f"),
    "jitter_truth_m_s3": ("the truth's", ",.0f"),
    "bone_sd_mm": ("bones, sd mm", ".1f"),
}
SHARES = {"found_share": "found", "swapped_share": "swapped", "left_share": "left swapped"}


@dataclass(frozen=True)
class Chain:
    """Everything that was measured. missing: by group, why there are no figures of it."""

    rows: Sequence[ChainRow]
    late: Sequence[LateRow]
    missing: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """What `--json` writes."""
        rows = [asdict(row) | {"figures": without_nan(row.figures)} for row in self.rows]
        return {"rows": rows, "late": [asdict(row) for row in self.late], "missing": self.missing}


def overall(chain: Chain, group: str) -> str:
    """A row a kind of keypoints and model, everybody of the group together."""
    usual = [row for row in chain.rows if row.group == group and row.mapping == USUAL]
    lines = []
    for source in _in_order(row.source for row in usual):
        for model in _in_order(row.model for row in usual):
            figures = pooled(row for row in usual if (row.source, row.model) == (source, model))
            cells = [f"{figures[key]:{form}}" for key, (_, form) in HEADS.items()]
            lines.append([source, model, *cells, *_shares(figures, source)])
    heads = ["", "model", *(head for head, _ in HEADS.values()), *SHARES.values()]
    return _table(chain, group, heads, lines)


def by_person(chain: Chain, group: str) -> str:
    """MPJPE / PA-MPJPE in mm of everybody of the group: a row a person and kind of keypoints, a column a model."""
    usual = [row for row in chain.rows if row.group == group and row.mapping == USUAL]
    models, lines = _in_order(row.model for row in usual), []
    for person in _in_order(row.person for row in usual):
        for source in _in_order(row.source for row in usual):
            found = {row.model: row.figures for row in usual if (row.person, row.source) == (person, source)}
            cells = [f"{found[model]['mpjpe_mm']:.0f} / {found[model]['pa_mpjpe_mm']:.0f}" for model in models]
            lines.append([person, source, *cells, *_shares(found[models[0]], source)])
    return _table(chain, group, ["", "keypoints", *models, *SHARES.values()], lines)


def confidences(chain: Chain) -> str:
    """MPJPE in mm by what models are shown as a detector's confidence."""
    lines = []
    detected = [row for row in chain.rows if row.source != TRUE]
    for group in _in_order(row.group for row in detected):
        for source in _in_order(row.source for row in detected):
            for model in _in_order(row.model for row in detected):
                mine = [r for r in detected if (r.group, r.source, r.model) == (group, source, model)]
                by = {each: pooled(row for row in mine if row.mapping == each)["mpjpe_mm"] for each in MAPPINGS}
                lines.append([f"{group}, {source}", model, *(f"{by[each]:.1f}" for each in MAPPINGS)])
    return markdown_table(["", "model", *MAPPINGS], lines).rstrip()


def late_frames(chain: Chain) -> str:
    """MPJPE in mm and jitter in m/s³ by how many frames come late, and how many never."""
    lines = []
    for source in _in_order(row.source for row in chain.late):
        for share in sorted({row.share for row in chain.late}):
            found = {row.mode: row for row in chain.late if (row.source, row.share) == (source, share)}
            cells = [f"{found[mode].mpjpe_mm:.1f}, {found[mode].jitter_m_s3:,.0f}" for mode in MODES]
            lines.append([source, f"{share:.0%}, {share:.0%}", *cells])
    return markdown_table(["", "late, lost", "own Δt", "nominal Δ", "Δ of 30 Hz"], lines).rstrip()


TABLES: dict[str, Callable[[Chain], str]] = {
    "chain painted": lambda chain: overall(chain, painted.GROUP),
    "chain recorded": lambda chain: overall(chain, recorded.GROUP),
    "chain cameras": lambda chain: by_person(chain, recorded.GROUP),
    "chain confidences": confidences,
    "chain late": late_frames,
}
"""By the name in a page's mark."""


def _in_order(names: Any) -> list[str]:
    return list(dict.fromkeys(names))


def _shares(figures: dict[str, float], source: str) -> list[str]:
    return ["" if source == TRUE else f"{100 * figures[key]:.0f} %" for key in SHARES]


def _table(chain: Chain, group: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if group in chain.missing:
        lines = [[f"not measured: {chain.missing[group]}", *[""] * (len(heads) - 1)]]
    return markdown_table(heads, lines).rstrip()
