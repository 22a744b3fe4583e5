"""Cameras by what people write: a file, a folder, an address, a webcam's name, a clip that is painted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from engine.cameras.picture_files import PictureFiles, is_pictures
from engine.cameras.pinhole import Camera
from engine.cameras.video_file import VideoFile
from engine.errors import InputError, file_error
from engine.live.feeds.cameras.mjpeg import MjpegSource
from engine.live.feeds.cameras.network_video import SCHEMES, NetworkVideo
from engine.live.feeds.cameras.played import PlayedSource
from engine.live.feeds.cameras.synthetic import HZ, SIZE, SyntheticCamera
from engine.live.feeds.cameras.webcam import WebcamSource
from engine.live.feeds.feed import Source
from engine.live.feeds.steady import Steady
from engine.live.frame import PictureFrame

if TYPE_CHECKING:
    from engine.motion.clip import MotionClip

WEBCAM, SYNTHETIC = "camera:", "synthetic:"
KINDS = f"a video file or folder of pictures, http://…, rtsp://…, {WEBCAM}NAME or {SYNTHETIC}CLIP"


@dataclass(frozen=True)
class CameraOptions:
    """size, hz      asked of a webcam, and of a painted clip; hz also of a folder; None as it comes
    view             of a painted clip, a preset's name
    late, lost       shares of a painted clip's frames (`SyntheticCamera`)
    exact            recorded pictures come as fast as they are taken
    begin            when recorded ones begin, as of a `PlayedSource`
    """

    size: tuple[int, int] | None = None
    hz: float | None = None
    view: str = "front"
    late: float = 0.0
    lost: float = 0.0
    seed: int = 0
    exact: bool = False
    begin: Callable[[], float] = perf_counter


@dataclass(frozen=True, eq=False)
class OpenedCamera:
    """A camera that is not open yet.

    camera    as it is calibrated, where that is known; height_m of the person that it sees
    recorded  whether it ends, and can be taken exactly
    """

    source: Source[PictureFrame]
    camera: Camera | None = None
    recorded: bool = False
    height_m: float | None = None


def open_camera(where: str, options: CameraOptions, clip: Callable[[str], MotionClip]) -> OpenedCamera:
    """Find a camera. clip: opens the one of that name, as it was read. Raises InputError for what is none."""
    if where.startswith(SYNTHETIC):
        return _synthetic(clip(where.removeprefix(SYNTHETIC)), options)
    if where.startswith(WEBCAM):
        return OpenedCamera(Steady(WebcamSource(where.removeprefix(WEBCAM), options.size, options.hz)))
    if where.startswith(("http://", "https://")):
        return OpenedCamera(Steady(MjpegSource(where)))
    if where.startswith(SCHEMES):
        return OpenedCamera(Steady(NetworkVideo(where)))
    path, speed = Path(where), math.inf if options.exact else 1.0
    if is_pictures(path):
        return OpenedCamera(PlayedSource(PictureFiles(path, options.hz or HZ), speed, options.begin), recorded=True)
    if path.is_file():
        return OpenedCamera(PlayedSource(VideoFile(path, options.hz), speed, options.begin), recorded=True)
    if "://" in where:
        raise InputError(f"{where} is no camera; give {KINDS}.")
    raise file_error(where, "feed", "is not there", f"give {KINDS}")


def _synthetic(clip: MotionClip, options: CameraOptions) -> OpenedCamera:
    if options.exact:
        raise InputError("A painted clip has no end; leave --exact away.")
    source = SyntheticCamera.of(
        clip,
        options.view,
        options.size or SIZE,
        options.hz or HZ,
        late=options.late,
        lost=options.lost,
        seed=options.seed,
    )
    return OpenedCamera(source, source.camera, height_m=source.height_m)
