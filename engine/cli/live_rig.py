"""`kinestate live` on several cameras: their pictures, a detector for each, one person in space, models of views."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.cli.console import err, out, warn, write_json
from engine.cli.live_camera import smoothing_of
from engine.cli.live_rig_report import Answers, print_views, rig_report
from engine.cli.live_tracks import opening_of, print_tracks, record_to, track_of
from engine.cli.live_waits import POLL_S, running, wait_for, wait_until
from engine.errors import InputError
from engine.live.rig.feed import PEOPLE
from engine.models.defaults import OF_VIEWS
from engine.rig_cameras import rig_cameras

if TYPE_CHECKING:
    from engine.cli.live_camera import CameraChoice
    from engine.detector.detection import Detector
    from engine.experiment.settings import Experiment
    from engine.live.rig.feed import RigFeed
    from engine.live.run import LiveRun
    from engine.live.tick import Tick
    from engine.rig_cameras import RigCameras

DEFAULTS = {"detector": "lite", "people": PEOPLE, "model": ",".join(OF_VIEWS)}
"""Several pictures at once want the quick detector."""


def live_rig(
    experiment: Experiment,
    chosen: CameraChoice,
    opening: Callable[[], Detector] | None = None,
) -> None:
    """Run models of several views on cameras and report. opening: of the detectors, else by their name."""
    _check(chosen)
    cameras = rig_cameras(experiment, late=chosen.late, lost=chosen.lost)
    run, feed, ticks, answers = _run(experiment, cameras, chosen, opening or opening_of(experiment.camera.detector))
    with running(run):
        _wait(run, feed, chosen)
    notes = (*cameras.notes, *(view.said for view in feed.views if view.said))
    for note in notes:
        warn("assumed:", note)
    found = rig_report(run, feed, ticks, answers, notes)
    print_views(found)
    print_tracks(run.tracks)
    for camera in feed.cameras:
        if camera.video is not None and camera.video.lost is not None:
            err.print(str(camera.video.lost), soft_wrap=True, markup=False)
    if chosen.json_file is not None:
        write_json(chosen.json_file, found)


def _check(chosen: CameraChoice) -> None:
    """Raises InputError for what one camera can."""
    if chosen.exact:
        raise InputError("--exact is for one camera; `kinestate rig` takes every picture of several videos.")


def _run(
    experiment: Experiment, cameras: RigCameras, chosen: CameraChoice, opening: Callable[[], Detector]
) -> tuple[LiveRun, RigFeed, dict[str, list[Tick]], dict[str, Answers]]:
    from engine.body.library import MANNEQUIN
    from engine.experiment.live_stresses import stresses_of
    from engine.live.delta import live_delta
    from engine.live.run import LiveRun
    from engine.live.video_recorder import video_of_camera
    from engine.motion.stature import ASSUMED_HEIGHT_M
    from engine.observation.trial import Context

    feed = cameras.feed(opening, experiment.camera.people, smoothing_of(chosen.one_euro))
    feed.on_events.append(lambda said, at: err.print(said, soft_wrap=True, markup=False))
    ticks: dict[str, list[Tick]] = {choice.name: [] for choice in experiment.models}
    answers, names = {name: Answers(feed) for name in ticks}, tuple(ticks)

    def on_tick(name: str, tick: Tick) -> None:
        answers[name].push(tick)
        ticks[name].append(replace(tick, truth=None))

    film = chosen.record_video
    videos = None if film is None else feed.record_videos(partial(video_of_camera, film))
    tracks = [
        track_of(
            choice, experiment.camera.look_ahead_ms, record_to(chosen.record, choice.name, names),
            partial(on_tick, choice.name), live_delta(experiment.rate.mode, experiment.rate.factor), videos,
        )
        for choice in experiment.models
    ]  # fmt: skip
    for track in tracks:
        feed.tell(track)
    height = experiment.height_m or cameras.height_m or ASSUMED_HEIGHT_M
    context = Context(height, body=MANNEQUIN)
    return LiveRun(feed, tracks, context, stresses=stresses_of(experiment.input)), feed, ticks, answers


def _wait(run: LiveRun, feed: RigFeed, chosen: CameraChoice) -> None:
    """Until the time is over, counted from the first moment that was looked at, or the recordings."""
    while run.state in ("starting", "running") and not feed.watching:
        time.sleep(POLL_S)
    out.print(f"watching {len(feed.cameras)} cameras of {feed.name}", soft_wrap=True, markup=False)
    begun = wait_for(
        run,
        lambda: feed.frames > 0,
        chosen.wait,
        lambda: f"No picture of {feed.name} was looked at in {chosen.wait:g} s. {feed.trouble or 'Check the cameras.'}",
    )
    wait_until(run, begun + chosen.seconds)


def with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """The options with those of several cameras put in where nothing was said."""
    return given | {name: value for name, value in DEFAULTS.items() if given.get(name) is None}
