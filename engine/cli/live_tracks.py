"""Models of `kinestate live`, whatever they are run on: loaded, recorded, reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.console import err, out
from engine.cli.live_report import line
from engine.cli.loading import point_out_untrained

if TYPE_CHECKING:
    from engine.detector.detection import Detector
    from engine.experiment.settings import ModelChoice
    from engine.live.delta import LiveDelta
    from engine.live.recording import Video
    from engine.live.tick import Tick
    from engine.live.track import Track


def track_of(
    choice: ModelChoice,
    look_ahead_ms: float,
    file: Path | None,
    on_tick: Callable[[Tick], None],
    delta: LiveDelta | None = None,
    video: Video = None,
) -> Track:
    """A model, loaded, with what its frames are recorded to, beside a video of them or several. Raises InputError."""
    from engine.experiment.loaded import as_chosen
    from engine.live.recording import Recorder
    from engine.live.steps import look_ahead_frames
    from engine.live.track import Track
    from engine.models.devices import set_inference_threads
    from engine.models.loading import load_model

    point_out_untrained(choice.name)
    loaded = as_chosen(load_model(choice.name), choice)
    frames = look_ahead_frames(loaded.card, look_ahead_ms / 1000)
    observes, flip = loaded.card.observes, choice.flip
    recorder = None if file is None else Recorder(file, choice.name, frames, observes, video, flip=flip)
    return Track(
        loaded,
        look_ahead=frames,
        recorder=recorder,
        on_tick=on_tick,
        prepare=set_inference_threads,
        delta=delta,
    )


def record_to(file: Path | None, name: str, names: Sequence[str]) -> Path | None:
    """A file of its own for each of several models."""
    return file if file is None or len(names) == 1 else file.with_stem(f"{file.stem}-{name}")


def print_tracks(tracks: Sequence[Track]) -> None:
    """The figures of each model, and why its recording ended before the run."""
    for track in tracks:
        out.print(line(track), soft_wrap=True)
        if track.recording_lost is not None:
            err.print(str(track.recording_lost), soft_wrap=True, markup=False)


def opening_of(detector: str) -> Callable[[], Detector]:
    """What opens a detector of that name, in another process."""
    from functools import partial

    from engine.detector.library import open_detector

    return partial(open_detector, detector)
