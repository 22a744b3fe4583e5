"""Commands for live trackers: `live` and `send-trackers`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from engine.cli.console import err, out, write_json
from engine.cli.live_camera import CameraChoice, list_cameras, live_camera
from engine.cli.live_report import report
from engine.cli.live_tracks import print_tracks, record_to, track_of
from engine.cli.live_waits import running, wait_for, wait_until
from engine.cli.options import (
    ANSWER,
    CLIP,
    LIVE_STRESS,
    MODELS,
    MOUNT,
    RATE,
    READING,
    SESSION,
    Given,
    Group,
    Json,
    experiment_of,
    live_experiment,
    takes,
)
from engine.errors import InputError

if TYPE_CHECKING:
    from engine.live.run import LiveRun
    from engine.live.tick import Tick
    from engine.live.truth import LiveTruth
    from engine.observation.trackers import TrackerSignals

PORT_HELP = "UDP port; 39539 is where VMC's senders send."
Port = Annotated[int, typer.Option(min=1, max=65535, help=PORT_HELP)]
LONGEST_WAIT_S = 30.0


FEED: Group = {
    "model": MODELS["model"],
    "port": Annotated[int | None, typer.Option(min=1, max=65535, help=f"{PORT_HELP} Else 39539.")],
    "address": Annotated[
        str | None, typer.Option(help="Of this machine; 0.0.0.0 listens to the whole network. Else 127.0.0.1.")
    ],
    "left": Annotated[str | None, typer.Option(help="Name of the left hand's device; else the one with left in it.")],
    "right": Annotated[str | None, typer.Option(help="Name of the right hand's device.")],
    "height": Annotated[float | None, typer.Option(min=0.8, max=2.5, help="Standing height in metres.")],
    "look_ahead_ms": Annotated[
        float | None,
        typer.Option(
            "--look-ahead", min=0, max=1000, help="Milliseconds of later frames for models that look both ways."
        ),
    ],
}


CAMERA: Group = {
    "detector": Annotated[
        str | None, typer.Option(help="Of people: full, lite, heavy (slow), or a FILE.onnx; else full.")
    ],
    "people": Annotated[
        int | None, typer.Option(min=1, max=20, help="People that the detector looks for, each at its cost; else 1.")
    ],
    "follow": Annotated[
        Literal["one", "each"] | None,
        typer.Option(help="Whom models get: one of the people, or each, with a state of their own; else one."),
    ],
    "size": Annotated[str | None, typer.Option(help="WIDTHxHEIGHT of a webcam or a painted clip; else 640x480.")],
    "hz": Annotated[
        float | None, typer.Option(min=1, max=240, help="Pictures a second of a webcam, folder, painted clip.")
    ],
    "view": Annotated[str | None, typer.Option(help="Of a painted clip: front, left, back, right, high, ...")],
    **MOUNT,
    "delta": RATE["delta"],
}


RIG: Group = {
    "calibration": Annotated[
        Path | None,
        typer.Option(help="Of several cameras: --feed then is a folder of videos, or a feed for each, A,B,C,D."),
    ],
    "rig": Annotated[
        str | None, typer.Option(help="Several cameras around a painted clip: ring:4, half-ring:3, random:5, ...")
    ],
}


@takes(FEED, ANSWER, CAMERA, RIG, LIVE_STRESS, SESSION)
def live(
    given: Given,
    feed: Annotated[
        str | None,
        typer.Option(
            help="osc for trackers; a video, a folder, http://…, rtsp://…, camera:NAME, synthetic:CLIP; cameras lists "
            "webcams. Else the session's, or osc."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="From the first frame.")] = 10.0,
    calibrate: Annotated[
        float | None, typer.Option(min=0.1, help="Calibrate so many seconds after the first frame: stand straight.")
    ] = None,
    worn: Annotated[
        Literal["joint", "eyes"], typer.Option(help="Where the headset's point is, to calibrate.")
    ] = "eyes",
    record: Annotated[
        Path | None,
        typer.Option(help="Write every frame to this .jsonl, to be replayed; NAME-MODEL.jsonl of several."),
    ] = None,
    record_video: Annotated[
        Path | None,
        typer.Option(help="Write the pictures to this .mkv, each at its own time; NAME-CAMERA.mkv of several cameras."),
    ] = None,
    truth: Annotated[str, typer.Option(help="The clip that is sent: figures against it, by the sender's times.")] = "",
    vmc_out: Annotated[int | None, typer.Option(min=1, max=65535, help="Send the body to this port, as VMC.")] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Take every picture of a video or folder, however long that takes.")
    ] = False,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share of a painted clip's frames that come late.")] = 0.0,
    lost: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of a painted clip's frames that never come.")
    ] = 0.0,
    one_euro: Annotated[
        str | None, typer.Option(help="Smooth cameras' keypoints: CUTOFF_HZ,BETA such as 3,20; off otherwise.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the first frame.")] = LONGEST_WAIT_S,
    json_file: Json = None,
) -> None:
    """Trackers from the network, or a camera's people, through models: predictions a second, latency, drops."""
    from engine.body.library import MANNEQUIN
    from engine.cli.live_rig import live_rig, with_defaults
    from engine.experiment.live_stresses import stresses_of
    from engine.experiment.settings import CameraSource
    from engine.live.feeds.feed import Feed, Source
    from engine.live.feeds.known import KnownSource
    from engine.live.feeds.osc import OscSource
    from engine.live.feeds.roles import Roles
    from engine.live.frame import LiveFrame
    from engine.live.run import LiveRun
    from engine.live.vmc_out import BodySender
    from engine.motion.stature import ASSUMED_HEIGHT_M
    from engine.observation.trial import Context

    if feed == "cameras":
        list_cameras()
        return
    several = any(given.get(option) is not None for option in RIG)
    if several and feed in (None, "osc"):
        raise InputError("Several cameras need --feed: a folder of videos, A,B,C,D, or synthetic:CLIP with --rig.")
    experiment = live_experiment(with_defaults(given) if several else given, feed)
    if several:
        experiment = experiment.with_source(several=True, calibration=str(given.get("calibration") or ""))
    if isinstance(experiment.source, CameraSource):
        camera = CameraChoice(seconds, wait, exact, late, lost, one_euro, record, record_video, json_file)
        live_rig(experiment, camera) if experiment.source.several else live_camera(experiment, camera)
        return
    chosen = experiment.live
    choices = {choice.name: choice for choice in experiment.models}
    names = tuple(choices)
    source = OscSource(chosen.port, chosen.address, Roles(left=chosen.left, right=chosen.right))
    known: Source[LiveFrame] = KnownSource(source, truth_of(truth)) if truth else source
    sender = None if vmc_out is None else BodySender(vmc_out)
    ticks: dict[str, list[Tick]] = {name: [] for name in names}

    def on_tick(name: str, tick: Tick) -> None:
        ticks[name].append(tick)
        if sender is not None and name == names[0]:
            sender(tick)

    run = LiveRun(
        Feed(known),
        [
            track_of(choice, chosen.look_ahead_ms, record_to(record, name, names), partial(on_tick, name))
            for name, choice in choices.items()
        ],
        Context(experiment.height_m or ASSUMED_HEIGHT_M, body=MANNEQUIN),
        stresses=stresses_of(experiment.input),
    )
    with nullcontext() if sender is None else closing(sender), running(run):
        heard = _heard(run, wait, chosen.where)
        if calibrate is not None and wait_until(run, heard + min(calibrate, seconds)):
            found = run.calibrate(height_m=experiment.height_m, worn=worn)
            out.print(f"calibrated: {found.height_m:.2f} m tall, the floor at {found.floor_m:.2f} m")
        wait_until(run, heard + seconds)
    print_tracks(run.tracks)
    if source.unknown:
        err.print(f"devices without a role: {', '.join(map(repr, source.unknown))}", soft_wrap=True, markup=False)
    if json_file is not None:
        write_json(json_file, report(run, ticks))


def _heard(run: LiveRun, wait: float, where: str) -> float:
    """Wait for the first frame, and return when it came. Raises InputError where none comes."""
    run.ready.wait()
    if run.state == "running":
        out.print(f"listening on {where}")
    return wait_for(
        run,
        lambda: any(track.latest is not None for track in run.tracks),
        wait,
        lambda: f"No headset was heard of on {where} in {wait:g} s; start the sender, or check the port.",
    )


def truth_of(clip: str) -> LiveTruth:
    """Joints and body of a clip's person. Raises InputError for one that is not 3D."""
    from engine.experiment.prepared import prepare, recording_of
    from engine.experiment.settings import Experiment, FileSource
    from engine.live.truth import LiveTruth

    experiment = Experiment(source=FileSource(path=clip))
    prepared = prepare(experiment, recording_of(experiment))
    if prepared.truth is None:
        raise InputError(f"{clip} holds 2D keypoints, which are no truth; give the 3D clip that is sent.")
    return LiveTruth(prepared.truth, prepared.truth_body())


@takes(CLIP, READING)
def send_trackers(
    given: Given,
    port: Port = 39539,
    address: Annotated[str, typer.Option(help="Where to send.")] = "127.0.0.1",
    rate: Annotated[float | None, typer.Option(min=1, max=1000, help="Frames a second; else the clip's own.")] = None,
    form: Annotated[Literal["vmc", "plain"], typer.Option(help="VMC protocol, or the plain form.")] = "vmc",
    seconds: Annotated[float | None, typer.Option(min=0.01, help="Of the clip; else all of it.")] = None,
) -> None:
    """Send a clip as the headset and controllers of its person, at its own pace."""
    from engine.live.sender import send_trackers as send

    signals = trackers_of(given, rate)
    if seconds is not None:
        signals = signals.take(signals.times - signals.times[0] < seconds - 1e-9)
    out.print(f"sending {len(signals)} frames to {address}:{port}")
    started = time.perf_counter()
    sent = send(signals, address, port, form)
    out.print(f"sent {sent} frames in {time.perf_counter() - started:.1f} s")


def trackers_of(given: Given, rate_hz: float | None = None) -> TrackerSignals:
    """The trackers of the body that a clip's person wears, resampled to a rate. Raises InputError."""
    from engine.experiment.prepared import recording_of
    from engine.experiment.rate import resampled
    from engine.experiment.worn import worn_body
    from engine.observation.virtual_trackers import virtual_trackers

    recording = recording_of(experiment_of(given, need_model=False))
    worn = worn_body(recording)
    if worn is None:
        raise InputError(f"{recording.name} holds 2D keypoints, which wear no headset; choose a 3D clip.")
    signals = virtual_trackers(worn.pose, recording.name)
    return signals if rate_hz is None else resampled(signals, rate_hz)


COMMANDS: dict[str, Callable[..., None]] = {"live": live, "send-trackers": send_trackers}
