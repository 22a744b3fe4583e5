"""The several live cameras of an experiment: calibrated ones with their feeds, or painted ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError, file_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.cameras.pinhole import Camera
    from engine.detector.detection import Detector
    from engine.experiment.settings import Experiment
    from engine.live.feeds.cameras.opening import CameraOptions
    from engine.live.feeds.feed import Source
    from engine.live.frame import PictureFrame
    from engine.live.rig.feed import RigFeed


LEAST = 2


@dataclass(frozen=True, eq=False)
class RigCameras:
    """Cameras and what they send, in one order; notes: what was assumed; height_m of a painted person.

    sized  as `CalibrationFile`
    """

    name: str
    cameras: tuple[Camera, ...]
    sources: tuple[Source[PictureFrame], ...]
    notes: tuple[str, ...] = ()
    height_m: float | None = None
    sized: bool = True

    def feed(self, opening: Callable[[], Detector], people: int, smooth: tuple[float, float] | None = None) -> RigFeed:
        """All of them as one feed. opening: of the detector of each, which looks for so many people.

        smooth: as of an `engine.live.observer.Observer`.
        """
        from engine.live.detector.process import HUNG_S, DetectorProcess
        from engine.live.rig.feed import RigCamera, RigFeed

        hung_s = HUNG_S * len(self.cameras)  # they share cores
        cameras = [
            RigCamera(camera, source, DetectorProcess(opening, hung_s=hung_s), self.sized)
            for camera, source in zip(self.cameras, self.sources, strict=True)
        ]
        return RigFeed(self.name, cameras, people=people, smooth=smooth)


def rig_cameras(experiment: Experiment, *, late: float = 0.0, lost: float = 0.0) -> RigCameras:
    """Find the several cameras of an experiment, none of which is open yet. late, lost: of painted ones.

    Raises InputError.
    """
    from engine.live.feeds.beginning import Beginning
    from engine.live.feeds.cameras.opening import SYNTHETIC, CameraOptions

    source = experiment.camera
    options = CameraOptions(
        source.size, source.hz, late=late, lost=lost, seed=experiment.input.seed, begin=Beginning()
    )  # fmt: skip
    if source.where.startswith(SYNTHETIC):
        if source.calibration:
            raise InputError("A painted clip is seen by cameras that are made up: give --rig ring:4, no --calibration.")
        return _painted(experiment, source.where.removeprefix(SYNTHETIC), options)
    if not source.calibration:
        raise InputError(f"--rig is of a painted clip; give --calibration for the cameras of {source.where}.")
    return _calibrated(Path(source.calibration), source.where, options)


def _painted(experiment: Experiment, name: str, options: CameraOptions) -> RigCameras:
    from engine.body.library import MANNEQUIN, body
    from engine.body.retarget.fit import fit
    from engine.experiment.named_clip import named_clip
    from engine.experiment.pipeline import rig_of
    from engine.experiment.settings import VirtualRig
    from engine.kinds import as_joints
    from engine.live.feeds.cameras.synthetic import HZ, SIZE, SyntheticCamera, of_size, on_the_spot
    from engine.live.truth import LiveTruth
    from engine.motion.skeleton import H36M_17
    from engine.observation.recording import as_h36m17, clip_of

    clip = named_clip(name)
    seen = clip_of(as_h36m17(clip))
    assert seen is not None
    truth = LiveTruth(as_joints(seen, H36M_17), fit(clip, body(MANNEQUIN)).pose)
    if isinstance(experiment.viewpoint.rig, VirtualRig):  # it stands around whoever stays where they are, and is near
        truth = on_the_spot(truth)
        seen = replace(seen, positions=truth.joints.positions)
    rig = rig_of(experiment.viewpoint, seen)
    cameras = tuple(of_size(camera, options.size or SIZE) for camera in rig)
    sources = tuple(
        SyntheticCamera(
            truth, camera, options.hz or HZ, late=options.late, lost=options.lost, seed=options.seed + k,
            name=f"synthetic {clip.name} {camera.name}", begin=options.begin,
        )
        for k, camera in enumerate(cameras)
    )  # fmt: skip
    return RigCameras(f"synthetic {clip.name}", cameras, sources, height_m=sources[0].height_m)


def _calibrated(calibration: Path, where: str, options: CameraOptions) -> RigCameras:
    from engine.cameras.files import read_calibration
    from engine.experiment.named_clip import named_clip
    from engine.live.feeds.cameras.opening import open_camera

    found = read_calibration(calibration)
    cameras, feeds, said = _matched(found.cameras, where, calibration)
    if len(cameras) < LEAST:
        raise file_error(calibration, "cameras", f"are {len(cameras)}", "a place in space takes two or more")
    sources = tuple(open_camera(feed, options, named_clip).source for feed in feeds)
    return RigCameras(Path(where).name or where, cameras, sources, (*found.notes, *said), sized=found.sized)


def _matched(
    cameras: tuple[Camera, ...], where: str, calibration: Path
) -> tuple[tuple[Camera, ...], list[str], list[str]]:
    """Each camera with its feed: files by name, whatever else in order. Raises InputError."""
    from engine.experiment.view_files import by_name, films_in

    folder = Path(where)
    feeds = [part.strip() for part in where.split(",")]
    if folder.is_dir():
        paths = films_in(folder)
    elif all(Path(feed).exists() for feed in feeds):
        paths = [Path(feed) for feed in feeds]
    elif len(feeds) == len(cameras):
        return cameras, feeds, []
    else:
        names = ", ".join(camera.name for camera in cameras)
        raise file_error(
            calibration, "cameras", f"are {names}, and the feeds are {len(feeds)}",
            "give one for each, separated by commas, or a folder of videos",
        )  # fmt: skip
    matched, said = by_name(cameras, paths, folder)
    return tuple(camera for camera, _ in matched), [str(path) for _, path in matched], said
