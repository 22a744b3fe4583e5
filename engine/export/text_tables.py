"""Tables as Markdown and as LaTeX, aligned in the source."""

from __future__ import annotations

import re
from collections.abc import Sequence

Lines = Sequence[Sequence[str]]
"""Lines of cells; the first cell names the line."""

_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~$#]")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "Δ": r"$\Delta$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "²": "$^2$",
    "³": "$^3$",
    "–": "--",
} | {c: rf"\{c}" for c in "&%$#_{}"}


def markdown_text(text: str) -> str:
    """Escape everything that means something to Markdown."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def latex_text(text: str) -> str:
    """Escape everything that means something to LaTeX, and write the letters it lacks in its own signs."""
    return "".join(_LATEX.get(c, c) for c in text)


def markdown_table(head: Sequence[str], lines: Lines) -> str:
    """Set lines of cells, Markdown themselves, under a head; all columns but the first aligned to the right."""
    from tabulate import tabulate

    return tabulate(lines, head, tablefmt="pipe", disable_numparse=True, colalign=_alignment(head)) + "\n"


def latex_table(heads: Lines, lines: Lines, foot: Lines = ()) -> str:
    """Set lines of cells, LaTeX themselves, as a tabular of the package booktabs, between lines of heads and a foot."""
    from tabulate import DataRow, TableFormat, tabulate

    row = DataRow("  ", " & ", r" \\")
    plain = TableFormat(None, None, None, None, row, row, padding=0, with_header_hide=None)
    everything = [*heads, *lines, *foot]
    drawn = tabulate(everything, tablefmt=plain, disable_numparse=True, colalign=_alignment(heads[0])).splitlines()
    first, last = len(heads), len(heads) + len(lines)
    return "\n".join(
        [
            rf"\begin{{tabular}}{{l{'r' * (len(heads[0]) - 1)}}}",
            r"  \toprule",
            *drawn[:first],
            r"  \midrule",
            *drawn[first:last],
            *([r"  \midrule", *drawn[last:]] if foot else []),
            r"  \bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def _alignment(head: Sequence[str]) -> list[str]:
    return ["left", *["right"] * (len(head) - 1)]
