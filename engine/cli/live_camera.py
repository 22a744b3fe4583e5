"""`kinestate live` on cameras: pictures, a detector, models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.console import err, out, write_json
from engine.cli.live_report import camera_line, camera_report
from engine.cli.live_tracks import opening_of, print_tracks, record_to, track_of
from engine.cli.live_waits import running, wait_for, wait_until
from engine.errors import InputError, without_login

if TYPE_CHECKING:
    from engine.detector.detection import Detector
    from engine.experiment.settings import Experiment
    from engine.live.camera_feed import CameraFeed
    from engine.live.feeds.cameras.opening import OpenedCamera
    from engine.live.run import LiveRun
    from engine.live.tick import Tick

FIRST_S = 60.0
"""For models and the detector to be ready, at most."""


@dataclass(frozen=True)
class CameraChoice:
    """What `kinestate live` was asked for, besides the experiment.

    seconds     from the first picture; wait: for it, at most
    late, lost  shares of a painted clip's frames
    """

    seconds: float = 10.0
    wait: float = 30.0
    exact: bool = False
    late: float = 0.0
    lost: float = 0.0
    one_euro: str | None = None
    record: Path | None = None
    record_video: Path | None = None
    json_file: Path | None = None


def list_cameras() -> None:
    """The webcams that are plugged in."""
    from engine.live.feeds.cameras.webcam import names_of, webcams
    from engine.live.feeds.cameras.webcam_modes import modes_of, modes_text

    found = webcams()
    for name, webcam in zip(names_of(found), found, strict=True):
        modes = modes_text(modes_of(webcam.path))
        out.print(f"camera:{name}  ({webcam.path}{'; ' if modes else ''}{modes})", soft_wrap=True, markup=False)
    if not found:
        out.print("no webcam is plugged in; synthetic:walk needs none")


def live_camera(experiment: Experiment, chosen: CameraChoice, opening: Callable[[], Detector] | None = None) -> None:
    """Run models on a camera and report. opening: of the detector, else by its name."""
    from engine.observation.stands import ASSUMED_LENS, stands_text

    opened = _opened(experiment, chosen)
    run, feed, ticks = _run(experiment, chosen, opened, opening or opening_of(experiment.camera.detector))
    with running(run):
        _wait(run, feed, experiment.camera.where, chosen)
    out.print(camera_line(feed), soft_wrap=True)
    print_tracks(run.tracks)
    if feed.video is not None and feed.video.lost is not None:
        err.print(str(feed.video.lost), soft_wrap=True, markup=False)
    if opened.camera is None:
        stood = run.camera
        lens = f"'s lens is not known: {ASSUMED_LENS}"
        out.print(f"the camera{lens if stood is None else f' {stands_text(stood)}'}", soft_wrap=True)
    if chosen.json_file is not None:
        write_json(chosen.json_file, camera_report(run, feed, ticks))


def _opened(experiment: Experiment, chosen: CameraChoice) -> OpenedCamera:
    from engine.experiment.named_clip import named_clip
    from engine.live.feeds.cameras.opening import CameraOptions, open_camera

    source = experiment.camera
    if source.follow == "each" and source.people == 1:
        raise InputError("--follow each follows as many as the detector looks for; give --people 2 or more.")
    options = CameraOptions(
        source.size, source.hz, source.view, chosen.late, chosen.lost, experiment.input.seed, chosen.exact
    )
    opened = open_camera(source.where, options, named_clip)
    if chosen.exact and not opened.recorded:
        raise InputError(f"{source.where} goes on while it is looked at; --exact takes a video file or a folder.")
    return opened


def _run(
    experiment: Experiment, chosen: CameraChoice, opened: OpenedCamera, opening: Callable[[], Detector]
) -> tuple[LiveRun, CameraFeed, Mapping[str, list[Tick]]]:
    from engine.body.library import MANNEQUIN
    from engine.experiment.live_stresses import stresses_of
    from engine.live.camera_feed import CameraFeed
    from engine.live.delta import live_delta
    from engine.live.detector.process import DetectorProcess
    from engine.live.observer import Observer
    from engine.live.run import LiveRun
    from engine.live.video_recorder import VideoRecorder
    from engine.motion.stature import ASSUMED_HEIGHT_M
    from engine.observation.trial import Context

    choices = {choice.name: choice for choice in experiment.models}
    names = tuple(choices)
    ticks: dict[str, list[Tick]] = {name: [] for name in names}

    def on_tick(name: str, tick: Tick) -> None:
        ticks[name].append(replace(tick, found=None))  # the picture would be kept with it

    feed = CameraFeed(
        opened.source,
        DetectorProcess(opening),
        Observer(
            opened.source.name,
            opened.camera,
            smooth=smoothing_of(chosen.one_euro),
            each=experiment.camera.follow == "each",
        ),
        people=experiment.camera.people,
        exact=chosen.exact,
        video=None if chosen.record_video is None else VideoRecorder(chosen.record_video),
    )
    tracks = [
        track_of(
            choice, experiment.camera.look_ahead_ms, record_to(chosen.record, name, names), partial(on_tick, name),
            live_delta(experiment.rate.mode, experiment.rate.factor), chosen.record_video,
        )
        for name, choice in choices.items()
    ]  # fmt: skip
    for track in tracks:
        feed.on_events.append(track.event)
    feed.on_events.append(lambda said, at: err.print(said, soft_wrap=True, markup=False))
    height = experiment.height_m or opened.height_m or ASSUMED_HEIGHT_M
    run = LiveRun(
        feed,
        tracks,
        Context(height, body=MANNEQUIN, mount=experiment.camera.mount),
        stresses=stresses_of(experiment.input),
        exact=chosen.exact,
    )
    return run, feed, ticks


def _wait(run: LiveRun, feed: CameraFeed, where: str, chosen: CameraChoice) -> None:
    """Until the time is over, counted from the first picture that was looked at, or the recording."""
    run.ready.wait(FIRST_S)
    if run.state == "running":
        out.print(f"watching {without_login(where)}", soft_wrap=True, markup=False)
    begun = wait_for(
        run,
        lambda: feed.detect.count > 0,
        chosen.wait,
        lambda: f"No picture of {where} was looked at in {chosen.wait:g} s. {feed.trouble or 'Check the camera.'}",
    )
    wait_until(run, float("inf") if chosen.exact else begun + chosen.seconds)


def smoothing_of(text: str | None) -> tuple[float, float] | None:
    """The one-Euro filter's cut-off in hertz and beta. Raises InputError."""
    if text is None:
        return None
    try:
        cutoff, beta = map(float, text.split(","))
    except ValueError:
        cutoff, beta = 0.0, 0.0
    if not (0 < cutoff < float("inf") and 0 <= beta < float("inf")):
        raise InputError(f"--one-euro {text!r} cannot be read; give CUTOFF_HZ,BETA such as 3,20.")
    return cutoff, beta
