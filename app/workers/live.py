"""Live runs of the window: models are loaded and the run begun on a worker. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.workers.inference import ServedModel
from app.workers.ticket import Ticket
from engine.body.library import MANNEQUIN
from engine.experiment.settings import Experiment, InputSettings, ModelChoice
from engine.live.feeds.feed import Feed, Source
from engine.live.feeds.known import KnownSource
from engine.live.feeds.osc import LOOPBACK, OscSource
from engine.live.feeds.roles import Roles
from engine.live.frame import LiveFrame
from engine.live.recording import Recorder
from engine.live.run import LiveRun
from engine.live.steps import look_ahead_frames
from engine.live.track import Track
from engine.live.truth import LiveTruth
from engine.live.vmc_out import BodySender
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.trial import Context
from engine.stress.live import LiveLevels, LiveStresses

VMC_PORT = 39540
"""Where VMC's receivers listen by default, beside the senders' 39539."""

Models = Callable[[ModelChoice], ServedModel]


@dataclass(frozen=True)
class Outputs:
    """Where a run goes besides the window.

    record, folder       whether every frame is written there, and the folder
    send, address, port  whether the first model's body is sent there, in the VMC protocol, and to which UDP port
    """

    folder: Path
    record: bool = False
    send: bool = False
    address: str = LOOPBACK
    port: int = VMC_PORT


@dataclass(frozen=True, eq=False)
class Started:
    """A run that has begun, the files that it records to; `stop` ends it with all of its outputs."""

    run: LiveRun
    recordings: tuple[Path, ...]
    sender: BodySender | None

    def stop(self, seconds: float = 1.0) -> None:
        self.run.stop(seconds)
        if self.sender is not None:
            self.sender.close()


@dataclass(frozen=True)
class StartLive:
    """Gives a `Started`. Raises InputError for models and files; the port's error is the run's own.

    experiment  with a live source
    truth       of the clip that the sender plays, where it is known
    """

    models: Models
    experiment: Experiment
    outputs: Outputs
    truth: LiveTruth | None = None

    def __call__(self, ticket: Ticket) -> Started:
        chosen, source, outputs = self.experiment, self.experiment.live, self.outputs
        heard: Source[LiveFrame] = OscSource(source.port, source.address, Roles(left=source.left, right=source.right))
        if self.truth is not None:
            heard = KnownSource(heard, self.truth)
        with ExitStack() as unless_begun:
            sender = BodySender(outputs.port, outputs.address) if outputs.send else None
            if sender is not None:
                unless_begun.callback(sender.close)
            tracks, files = [], []
            for number, choice in enumerate(chosen.models):
                ticket.report(number / len(chosen.models), f"loading {choice.name}")
                model = self.models(choice)
                frames = look_ahead_frames(model.card, source.look_ahead_ms / 1000)
                recorder = None
                if outputs.record:
                    recorder = Recorder(recording_path(outputs.folder, choice.name), choice.name, frames)
                    unless_begun.callback(recorder.close)
                    files.append(recorder.path)
                on_tick = sender if number == 0 else None
                tracks.append(Track(model, look_ahead=frames, recorder=recorder, on_tick=on_tick))
            context = Context(chosen.height_m or ASSUMED_HEIGHT_M, body=MANNEQUIN)
            stresses = LiveStresses(levels_of(chosen.input), seed=chosen.input.seed)
            run = LiveRun(Feed(heard), tracks, context, stresses=stresses)
            unless_begun.pop_all()
        run.start()
        return Started(run, tuple(files), sender)


def levels_of(given: InputSettings) -> LiveLevels:
    """Input settings as a live run's stresses take them."""
    return LiveLevels(given.levels, given.subsample)


def recording_path(folder: Path, model: str) -> Path:
    """A new file there, by the time of day. Raises InputError where the folder cannot be made."""
    from engine.errors import file_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(folder, "folder", "cannot be made", "choose another one", detail=str(error)) from None
    stem = f"{time.strftime('%Y-%m-%d %H.%M.%S')} {model}"
    names = (folder / f"{stem}{f' {k}' if k else ''}.jsonl" for k in range(1000))
    return next(name for name in names if not name.exists())
