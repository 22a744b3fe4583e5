"""What a live run on several cameras has to say: a row for each camera, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.console import out
from engine.cli.live_report import camera_model_report, known, percentiles
from engine.cli.rig_truth import number
from engine.live.latency import REMEMBERED, Latency
from engine.live.rig.agreement import Agreement

if TYPE_CHECKING:
    from engine.live.rig.feed import RigFeed
    from engine.live.run import LiveRun
    from engine.live.tick import Tick
    from engine.live.track import Track


class Answers(Agreement):
    """One model's agreement with the cameras, and its latency: from when a frame was handed over to its prediction."""

    def __init__(self, feed: RigFeed) -> None:
        super().__init__(feed, REMEMBERED)
        self.model = Latency()

    def push(self, tick: Tick) -> None:
        super().push(tick)
        self.model.push(tick.latency_s - self.feed.handed_s(tick.time), 0.0)


def rig_report(
    run: LiveRun,
    feed: RigFeed,
    ticks: Mapping[str, Sequence[Tick]],
    answers: Mapping[str, Answers],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The JSON of a run that has ended; ticks and answers by the model's name.

    Rates and latencies are those of the last minute: of pictures until a detector had them (capture) and of its answer,
    of each camera; from when a moment's picture was taken until models got its frame (views), from there to the first
    model's prediction, and of all of it (total). moments: at which the views were looked at; given: those of which
    models got a frame.
    """
    first = run.tracks[0]
    parts = {"views": feed.handed, "model": answers[first.name].model, "total": first.latency}
    return {
        "source": feed.name,
        "detector": feed.cameras[0].detector.name,
        "moments": feed.frames,
        "given": feed.given,
        "per_second": known(feed.handed.per_second),
        "dropped": {
            "matching busy": feed.dropped,
            "left out": run.stresses.dropped,
            **{track.name: track.dropped for track in run.tracks},
        },
        "latency_ms": {part: percentiles(latency) for part, latency in parts.items()},
        "people": len(feed.people.there),
        "height_m": run.context.height_m,
        "views": _views(feed, answers[first.name]),
        "notes": list(notes),
        "models": [_of_model(feed, track, ticks[track.name], answers[track.name]) for track in run.tracks],
    }


def _views(feed: RigFeed, answers: Answers) -> list[dict[str, Any]]:
    """A row for each camera; what the first model's joints differ by from what it saw."""
    rows = zip(feed.views, feed.cameras, feed.skews_ms, answers.pixels, strict=True)
    return [
        {
            "name": view.calibrated.name,
            "source": camera.source.name,
            "image_size": list(view.camera.image_size),
            "source_hz": known(camera.source_hz),
            "processed_hz": known(camera.detect.per_second),
            "skew_ms": known(skew),
            "frames": camera.frames,
            "dropped": dict(camera.dropped),
            "found_share": float(feed.saw[k]) / max(feed.given, 1),
            "reprojection_px": known(pixels),
            "latency_ms": {"capture": percentiles(camera.capture), "detect": percentiles(camera.detect)},
            "detector_restarts": camera.detector.restarts,
            **camera.source.counts,
        }
        for k, (view, camera, skew, pixels) in enumerate(rows)
    ]


def _of_model(feed: RigFeed, track: Track, ticks: Sequence[Tick], answers: Answers) -> dict[str, Any]:
    names = [view.calibrated.name for view in feed.views]
    return camera_model_report(track, ticks) | {
        "latency_ms": {"model": percentiles(answers.model), "total": percentiles(track.latency)},
        "reprojection_px": dict(zip(names, map(known, answers.pixels), strict=True)),
    }


def print_views(found: Mapping[str, Any]) -> None:
    """The table of the cameras, and what became of the moments, of a report."""
    from rich.table import Table

    table = Table("camera", "sends Hz", "looked at Hz", "skew ms", "dropped", "sees the person", "off px", box=None)
    for view in found["views"]:
        dropped, lost = sum(view["dropped"].values()), view["dropped"]["camera"]
        seen = f"{100 * view['found_share']:.0f} %"
        table.add_row(
            view["name"], number(view["source_hz"]), number(view["processed_hz"]), number(view["skew_ms"]),
            f"{dropped} of {view['frames'] + lost}", seen, number(view["reprojection_px"]),
        )  # fmt: skip
    out.print(table)
    views = found["latency_ms"]["views"]
    out.print(
        f"{found['moments']} moments, of which models got {found['given']}, {number(found['per_second'])} a second; "
        f"p50 {number(views['p50'])} ms, p95 {number(views['p95'])} ms after the picture",
        soft_wrap=True,
    )
