"""All of the chain's figures, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.experiment.pipeline import Model
from engine.progress import Progress
from engine.report.chain import painted, recorded
from engine.report.chain.figures import TRUE, measure_chain
from engine.report.chain.late_frames import CLIPS, measure_late
from engine.report.chain.tables import Chain

LATE_BEHIND = "full"
"""The live detector."""


def run_chain(
    models: dict[str, Model],
    detectors: Sequence[str],
    recording: Path | None,
    *,
    clips: Sequence[str] = painted.CLIPS,
    views: Sequence[str] = painted.VIEWS,
    seconds: float = painted.SECONDS,
    progress: Progress | None = None,
) -> Chain:
    """Measure models behind detectors, on painted people and in a recording of several cameras.

    models by the names in their rows. What frames that come late cost is measured on the first causal model, on those
    clips of `late_frames.CLIPS` that are among these, else on the first one. Raises InputError.
    """

    def say(first: float, last: float) -> Progress | None:
        return None if progress is None else lambda share, text: progress(first + share * (last - first), text)

    people, missing = [], {}
    for number, (clip, view) in enumerate([(clip, view) for clip in clips for view in views]):
        if progress is not None:
            progress(0.1 * number / (len(clips) * len(views)), f"painting {clip}, {view}")
        people.append(painted.painted(clip, view, seconds))
    if recording is None:
        missing[recorded.GROUP] = "no recording of several cameras was given (--recording)"
    elif not recording.is_dir():
        missing[recorded.GROUP] = f"{recording.name} is not there"
    else:
        people += recorded.recorded(recording)
    rows = measure_chain(people, models, detectors, say(0.1, 0.8))
    causal = [model for model in models.values() if model.card.causal]
    behind = [TRUE, *(name for name in (LATE_BEHIND,) if name in detectors)]
    pairs = [pair for pair in CLIPS if pair[0] in clips] or [(clips[0], views[0])]
    found = measure_late(causal[0], behind, pairs, seconds=seconds, progress=say(0.8, 1.0)) if causal else []
    return Chain(rows, found, missing)
