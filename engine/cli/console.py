"""Printed tables, progress bars and JSON files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from engine.errors import InputError, printable
from engine.models.card import short_count
from engine.writing import save_json

if TYPE_CHECKING:
    from engine.experiment.results import ModelResult, Results
    from engine.experiment.settings import Experiment
    from engine.experiment.sweep import SweepTable
    from engine.metrics.metric import Figure
    from engine.models.card import ModelCard
    from engine.motion.pose import ClassScores
    from engine.progress import Progress


class PlainConsole(Console):
    """A console to which text is text: it holds names from files, which are neither markup nor for the terminal."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)


out = PlainConsole()
err = PlainConsole(stderr=True)

_DIGITS = {"mpjve_mm_s": 1}
"""Where the terminal shows more digits than the catalogue says."""


def _text(value: float | None, form: str) -> str:
    return "–" if value is None or value != value else f"{value:{form}}"


def _delta_text(result: ModelResult) -> str:
    if result.delta is None:
        return "–"
    return result.delta if isinstance(result.delta, str) else f"×{result.delta:.4g}"


def print_assumed(by_clip: Mapping[str, Sequence[str]], clips: int = 1) -> None:
    """Print what the clips do not say and the figures depend on, on one line; of several clips, of how many."""
    counts = Counter(text for texts in by_clip.values() for text in texts)
    said = [text if clips == 1 else f"{text} ({count} of {clips} clips)" for text, count in counts.most_common()]
    if said:
        out.print(Text.assemble(("assumed:", "yellow"), " ", printable("; ".join(said))), soft_wrap=True)


def print_notes(results: Results) -> None:
    """Print how models were run, where that moves their figures."""
    for note, labels in results.notes.items():
        out.print(Text.assemble((printable(", ".join(labels)), "yellow"), ": ", printable(note)), soft_wrap=True)


def print_results(results: Results) -> None:
    out.print(results.caption, soft_wrap=True)
    print_assumed({results.clip_name: results.assumed})
    table = Table("", *(m.label for m in results.models), box=None)
    if results.mixed:
        table.add_row("observes", *(m.card.observes for m in results.models))
    table.add_row("Δ", *(_delta_text(m) for m in results.models))
    _add_figures(table, [m.figures for m in results.models])
    out.print(table)
    print_notes(results)
    for model in results.models:
        if model.scores is not None:
            _print_labels(model.label, model.scores)


def _print_labels(name: str, scores: ClassScores) -> None:
    """Labels over time, with their mean probability, and the next likeliest one."""
    from engine.metrics.action import spans

    table = Table("s", "label", "probability", "next", box=None)
    for span in spans(scores):
        first, last = scores.times[span.first], scores.times[min(span.last, len(scores) - 1)]
        mean = scores.probabilities[span.first : span.last].mean(0)
        after = max((k for k in range(len(mean)) if k != span.label), key=lambda k: float(mean[k]))
        shown = f"{scores.labels[after]} {100 * mean[after]:.0f} %"
        table.add_row(f"{first:.2f}-{last:.2f}", scores.labels[span.label], f"{100 * span.probability:.0f} %", shown)
    out.print()
    out.print(Text.assemble((printable(name), "bold"), ": labels over time"))
    out.print(table)


def print_clips(results: Sequence[Results], mean: Mapping[str, Any]) -> None:
    from engine.metrics.action import label_of
    from engine.metrics.catalogue import METRICS

    keys = ("mpjpe_mm", "pa_mpjpe_mm", "mpjve_mm_s", "jitter_m_s3")
    shown = [METRICS[key] for key in keys]
    labels = ("label",) if any(model.scores is not None for model in results[0].models) else ()
    table = Table("clip", "frames", "Hz", "model", *labels, *(figure.title for figure in shown), box=None)
    for result in results:
        for k, model in enumerate(result.models):
            head = ("", "", "") if k else (result.clip_name, str(result.frames), f"{result.input_hz:.4g}")
            said = ["" if model.scores is None else model.scores.labels[label_of(model.scores)]] if labels else []
            table.add_row(
                *head,
                model.label,
                *said,
                *(_text(model.summary[figure.key], _form(figure)) for figure in shown),
            )
    out.print(table)
    out.print(f"\nmean over {mean['frames']} frames of {len(results)} clips")
    print_assumed({str(k): result.assumed for k, result in enumerate(results)}, len(results))
    for result in results:
        print_notes(result)
    table = Table("", *(m["label"] for m in mean["models"]), box=None)
    if any(result.mixed for result in results):
        table.add_row("observes", *(m["observes"] for m in mean["models"]))
    _add_figures(table, mean["models"])
    out.print(table)


def _add_figures(table: Table, columns: Sequence[Mapping[str, Any]]) -> None:
    from engine.metrics.catalogue import figures

    for key, figure in figures({key for column in columns for key in column}).items():
        table.add_row(figure.title, *(_text(column.get(key), _form(figure)) for column in columns))


def _form(figure: Figure) -> str:
    digits = _DIGITS.get(figure.key, figure.digits)
    return ",.0f" if digits is None else f".{digits}f"


def mean_of(results: Sequence[Results]) -> dict[str, Any]:
    """Return the figures of several clips, means over frames, as JSON."""
    from engine.experiment.results import without_nan
    from engine.metrics.catalogue import mean_over_frames

    rows = []
    for k, model in enumerate(results[0].models):
        pooled = mean_over_frames([(r.frames, r.models[k].summary) for r in results])
        named = {"name": model.name, "label": model.label, "observes": model.card.observes}
        rows.append(named | without_nan(model.figures | pooled))
    return {"frames": sum(r.frames for r in results), "models": rows}


def print_sweep(table: SweepTable) -> None:
    from engine.experiment.sweep import mode_labels
    from engine.stress.catalogue import STRESSES

    most = max(row.frames for row in table.rows)
    clips = len({row.clip for row in table.clips})
    out.print(f"MPJPE, mm: mean over {most} frames of {clips} clip{'s' if clips > 1 else ''} at rate 1")
    print_assumed(table.assumed, clips)
    varied = [STRESSES[table.varied].question.axis] if table.varied else []
    labels = mode_labels(table.modes)
    heads = [*varied, *labels.values(), "vs first"]
    columns = (Column(head, min_width=max(map(len, head.split()))) for head in heads)  # words stay whole
    shown = Table(Column("model", no_wrap=True), "1 in", "Hz", *columns, box=None, padding=(0, 1, 0, 0))
    found = {(row.model, row.r, row.level, row.mode): row for row in table.rows}
    for model in dict.fromkeys(row.model for row in table.rows):
        keys = list(dict.fromkeys((row.r, row.level) for row in table.rows if row.model == model))
        errors = {(key, mode): found[model, *key, mode].figures["mpjpe_mm"] for key in keys for mode in table.modes}
        first = errors.get((keys[0], "auto"), 0.0)
        for r, level in keys:
            row = found[model, r, level, table.modes[0]]
            ratio = f"×{errors[(r, level), 'auto'] / first:.2f}" if first > 0 else "–"
            shown.add_row(
                model, str(r), f"{row.input_hz:.4g}", *([f"{level:g}"] if varied else []),
                *(_text(errors[(r, level), mode], ".1f") for mode in table.modes), ratio,
            )  # fmt: skip
    out.print(shown)


_PREDICTS = {"joints": "joints", "body": "a body", "scores": "scores"}


def print_models(cards: Sequence[ModelCard]) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for head in ("model", "params", "MAC/frame", "frames", "test mm", "streams"):
        table.add_column(head, no_wrap=True)
    for card in cards:
        training = _trained_on(card)
        error = _text(card.figures.summary.get("test", {}).get("mpjpe_mm"), ".1f")
        sizes = (f"{card.params:,}", short_count(card.macs_per_frame))
        table.add_row(card.name, *sizes, training, error, card.live)
    out.print(table)
    for card in cards:
        training = f"{card.training}; its own rate is {card.rate_hz:g} Hz" if card.trained else card.training
        said = f"{card.summary}; from {card.observes} to {_PREDICTS[card.predicts]}; {training}. {card.follows_rate}"
        out.print()
        out.print(Text.assemble((printable(card.name), "bold"), printable(f" ({card.system}): {said}")))


def _trained_on(card: ModelCard) -> str:
    if card.imported_from:
        return "elsewhere"
    return short_count(card.trained_frames) if card.trained else "-" if card.analytic else "untrained"


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    table = Table("", "", box=None, show_header=False)
    for label, value in rows:
        table.add_row(label, value)
    out.print(table)


def settings_of(experiment: Experiment) -> dict[str, Any]:
    """What decided the figures, for the JSON beside them."""
    return experiment.model_dump(mode="json", exclude={"models": True, "source": {"path"}})


def write_json(path: Path, content: Any) -> None:
    save_json(content, path)
    out.print(f"wrote {path}")


def warn(head: str, text: str) -> None:
    """Print a sentence on stderr whose first words stand out."""
    err.print(Text.assemble((printable(head), "yellow"), " ", printable(text)), soft_wrap=True)


def report_failed(failed: Mapping[str, str], clips: int) -> None:
    """Say which of the clips were left out, by name and sentence. Raises InputError where that is all of them."""
    if clips == 1 and failed:
        raise InputError(next(iter(failed.values())))
    for text in failed.values():
        warn("left out:", text)
    if len(failed) == clips:
        raise InputError(f"None of the {clips} clips can be used; each of them says why.")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a progress bar on stderr, where that is a terminal."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, text: bar.update(task, completed=share, description=printable(text))
