"""The streaming bench as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.bench.streaming import SYSTEMS, Measured, StreamingBench
from engine.export.text_tables import markdown_table

SYSTEM_LABELS = {"step": "HumMUSS step", "cache": "MotionBERT, key/value cache", "window": "MotionBERT, window again"}
VARIANT_LABELS = {"plain": "as written", "packed": "packed", "bfloat16": "packed in bfloat16"}

Cell = Callable[[int], str]
"""Text of a row for a context."""


def streaming_markdown(bench: StreamingBench) -> str:
    """Tabulate milliseconds, multiples of the step's time, and memory over frames of context."""
    names = " and ".join(f"{name} ({n / 1e6:.1f} M)" for name, n in zip(bench.presets, bench.parameters, strict=True))
    threads = f", {bench.threads} thread{'s' if bench.threads > 1 else ''}" if bench.device == "CPU" else ""
    text = f"{bench.device}{threads}; {names}; fresh weights, on which times do not depend; one run.\n"
    if bench.bfloat16_error is not None:
        text += f"bfloat16 changes the step's output by up to {bench.bfloat16_error:.1%} of its largest value.\n"
    for batch in bench.batches:
        tables = {
            "ms per frame: median (90th percentile)": _times(bench, batch),
            "time as a multiple of the step's": _multiples(bench, batch),
            "MB of memory": _memory(bench, batch),
        }
        for title, rows in tables.items():
            text += "\n" + _table(title if bench.batches == [1] else f"batch {batch}: {title}", bench.contexts, rows)
    return text


def _times(bench: StreamingBench, batch: int) -> dict[str, Cell]:
    def times(row: Measured) -> str:
        return f"{_figure(row.ms)} ({_figure(row.ms_p90)})" if row.frames > 1 else _figure(row.ms)

    return {
        f"{SYSTEM_LABELS[system]}, {VARIANT_LABELS[variant]}": _cell(bench, system, variant, batch, times)
        for system in SYSTEMS
        for variant in bench.variants
    }


def _multiples(bench: StreamingBench, batch: int) -> dict[str, Cell]:
    """Both sides optimised alike; and, where the step is also packed, what streams run against the published code."""
    pairs = [(v, v, f"both {VARIANT_LABELS[v]}") for v in bench.variants]
    if "packed" in bench.variants:
        pairs.insert(0, ("plain", "packed", "as written, step packed (as streams run it)"))

    def cell(system: str, theirs: str, ours: str) -> Cell:
        def multiple(context: int) -> str:
            found = bench.ratio((system, theirs), ("step", ours), context, batch)
            return "–" if found is None else f"×{_figure(found)}"

        return multiple

    return {
        f"{SYSTEM_LABELS[system]}: {text}": cell(system, theirs, ours)
        for system in SYSTEMS[1:]
        for theirs, ours, text in pairs
    }


def _memory(bench: StreamingBench, batch: int) -> dict[str, Cell]:
    best = "packed" if "packed" in bench.variants else "plain"

    def kept(row: Measured) -> str:
        return _figure(row.state_bytes / 1e6)

    def peak(row: Measured) -> str:
        return "–" if row.peak_bytes is None else _figure(row.peak_bytes / 1e6)

    rows: dict[str, Cell] = {}
    for text, shown in (("kept between frames", kept), ("more while a frame is computed", peak)):
        rows |= {f"{SYSTEM_LABELS[s]}: {text}": _cell(bench, s, best, batch, shown) for s in SYSTEMS}
    return rows


def _cell(bench: StreamingBench, system: str, variant: str, batch: int, shown: Callable[[Measured], str]) -> Cell:
    def cell(context: int) -> str:
        row = bench.find(system, variant, context, batch)
        return "–" if row is None else shown(row)

    return cell


def _table(title: str, contexts: Sequence[int], rows: dict[str, Cell]) -> str:
    return markdown_table([title, *map(str, contexts)], [[name, *map(cell, contexts)] for name, cell in rows.items()])


def _figure(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
