"""Live runs of the window: models are loaded and the run begun on a worker. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.workers.inference import ServedModel
from app.workers.ticket import Ticket
from app.workers.written import Written
from engine.body.library import MANNEQUIN
from engine.detector.library import open_detector
from engine.experiment.live_stresses import stresses_of
from engine.experiment.named_clip import named_clip
from engine.experiment.settings import CameraSource, Experiment, ModelChoice
from engine.live.camera_feed import CameraFeed
from engine.live.delta import live_delta
from engine.live.detector.process import DetectorProcess
from engine.live.feeds.cameras.opening import CameraOptions, open_camera
from engine.live.feeds.feed import Feed, LiveFeed, Source
from engine.live.feeds.known import KnownSource
from engine.live.feeds.osc import LOOPBACK, OscSource
from engine.live.feeds.roles import Roles
from engine.live.frame import LiveFrame
from engine.live.observer import Observer
from engine.live.recording import Recorder, Video
from engine.live.rig.feed import RigFeed
from engine.live.run import LiveRun
from engine.live.steps import look_ahead_frames
from engine.live.track import Track
from engine.live.truth import LiveTruth
from engine.live.video_recorder import VideoRecorder, in_file_name
from engine.live.vmc_out import BodySender
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.mount import ESTIMATED
from engine.observation.trial import Context
from engine.rig_cameras import rig_cameras

VMC_PORT = 39540
"""Where VMC's receivers listen by default, beside the senders' 39539."""

Models = Callable[[ModelChoice], ServedModel]


@dataclass(frozen=True)
class Outputs:
    """Where a run goes besides the window.

    record, folder       whether every frame is written there, and the folder
    video                whether the pictures of each camera are, too, beside it
    send, address, port  whether the first model's body is sent there, in the VMC protocol, and to which UDP port
    """

    folder: Path
    record: bool = False
    video: bool = False
    send: bool = False
    address: str = LOOPBACK
    port: int = VMC_PORT


@dataclass(frozen=True, eq=False)
class Started:
    """A run that has begun, and what it records to; `stop` ends it with all of its outputs.

    camera  the run's feed where it is a camera's
    notes   what had to be assumed, sentences
    """

    run: LiveRun
    written: Written
    sender: BodySender | None = None
    camera: CameraFeed | None = None
    notes: tuple[str, ...] = ()

    @property
    def cameras(self) -> tuple[CameraFeed, ...]:
        """Whose pictures are looked at; none of trackers."""
        return cameras_of(self.run.feed)

    def stop(self, seconds: float = 1.0) -> None:
        self.run.stop(seconds)
        self.written.stop()
        if self.sender is not None:
            self.sender.close()


@dataclass(frozen=True)
class StartLive:
    """Gives a `Started`. Raises InputError for models and files; the port's error is the run's own.

    experiment  with a live source, or a camera
    truth       of the clip that a sender of trackers plays, where it is known
    """

    models: Models
    experiment: Experiment
    outputs: Outputs
    truth: LiveTruth | None = None

    def __call__(self, ticket: Ticket) -> Started:
        chosen, outputs = self.experiment, self.outputs
        feed, height_m, look_ahead_ms, notes = self._feed()
        camera = feed if isinstance(feed, CameraFeed) else None
        with ExitStack() as unless_begun:
            sender = BodySender(outputs.port, outputs.address) if outputs.send else None
            if sender is not None:
                unless_begun.callback(sender.close)
            tracks: list[Track] = []
            files: list[Path] = []
            video: Video = None
            if camera is not None and outputs.record and outputs.video:
                camera.video = VideoRecorder(recording_path(outputs.folder, "camera", ".mkv"))
                video = camera.video.path
                files.append(video)
            if isinstance(feed, RigFeed) and outputs.record and outputs.video:
                video = feed.record_videos(lambda name: recording_path(outputs.folder, in_file_name(name), ".mkv"))
                files += video
            for one in cameras_of(feed):
                if one.video is not None:
                    unless_begun.callback(one.video.close)
            for number, choice in enumerate(chosen.models):
                ticket.report(number / len(chosen.models), f"loading {choice.name}")
                model = self.models(choice)
                frames = look_ahead_frames(model.card, look_ahead_ms / 1000)
                recorder = None
                if outputs.record:
                    path = recording_path(outputs.folder, choice.name)
                    recorder = Recorder(path, choice.name, frames, model.card.observes, video, flip=choice.flip)
                    unless_begun.callback(recorder.close)
                    files.append(recorder.path)
                on_tick = sender if number == 0 else None
                tracks.append(
                    Track(
                        model,
                        look_ahead=frames,
                        recorder=recorder,
                        on_tick=on_tick,
                        delta=live_delta(chosen.rate.mode, chosen.rate.factor),
                    )
                )
            if camera is not None:
                camera.on_events.extend(track.event for track in tracks)
            if isinstance(feed, RigFeed):
                for track in tracks:
                    feed.tell(track)
            mount = chosen.source.mount if isinstance(chosen.source, CameraSource) else ESTIMATED
            context = Context(chosen.height_m or height_m or ASSUMED_HEIGHT_M, body=MANNEQUIN, mount=mount)
            run = LiveRun(feed, tracks, context, stresses=stresses_of(chosen.input))
            unless_begun.pop_all()
        run.start()
        return Started(run, Written(files), sender, camera, notes)

    def _feed(self) -> tuple[LiveFeed, float | None, float, tuple[str, ...]]:
        """What frames come from, its person's height where it knows that, the look-ahead in milliseconds, and notes."""
        source = self.experiment.source
        if isinstance(source, CameraSource) and source.several:
            cameras = rig_cameras(self.experiment)
            rig = cameras.feed(partial(open_detector, source.detector), source.people)
            return rig, cameras.height_m, source.look_ahead_ms, cameras.notes
        if isinstance(source, CameraSource):
            options = CameraOptions(source.size, source.hz, source.view, seed=self.experiment.input.seed)
            opened = open_camera(source.where, options, named_clip)
            detector = DetectorProcess(partial(open_detector, source.detector))
            watched = Observer(opened.source.name, opened.camera, each=source.follow == "each")
            feed = CameraFeed(opened.source, detector, watched, people=source.people)
            return feed, opened.height_m, source.look_ahead_ms, ()
        live = self.experiment.live
        heard: Source[LiveFrame] = OscSource(live.port, live.address, Roles(left=live.left, right=live.right))
        known = heard if self.truth is None else KnownSource(heard, self.truth)
        return Feed(known), None, live.look_ahead_ms, ()


def cameras_of(feed: LiveFeed) -> tuple[CameraFeed, ...]:
    """The cameras of a run's feed; none of trackers."""
    if isinstance(feed, RigFeed):
        return feed.cameras
    return (feed,) if isinstance(feed, CameraFeed) else ()


def recording_path(folder: Path, of: str, suffix: str = ".jsonl") -> Path:
    """A new file there, by the time of day and what it is of. Raises InputError where the folder cannot be made."""
    from engine.errors import file_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(folder, "folder", "cannot be made", "choose another one", detail=str(error)) from None
    stem = f"{time.strftime('%Y-%m-%d %H.%M.%S')} {of}"
    names = (folder / f"{stem}{f' {k}' if k else ''}{suffix}" for k in range(1000))
    return next(name for name in names if not name.exists())
