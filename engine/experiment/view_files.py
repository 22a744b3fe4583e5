"""Several cameras from files: their calibration, and for each its detections or its video, matched by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cameras.files import read_calibration
from engine.cameras.picture_files import is_pictures, pictures_in, series_in
from engine.cameras.picture_size import at_size
from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.cameras.video_file import picture_times
from engine.data.formats import BUILT_IN, keypoint_json, live_views
from engine.data.registry import open_motion
from engine.errors import InputError, file_error
from engine.motion.clip import Footage
from engine.observation.keypoints import Keypoints2D
from engine.observation.people_in_view import PeopleInView, on_one_clock
from engine.observation.views import MultiViewKeypoints
from engine.untrusted.limits import read_head

Float = NDArray[np.float64]

VIDEOS = next(form.suffixes for form in BUILT_IN if form.name == "video")
HIDDEN = "."
MOST_NAMES = 8
"""Of cameras that are told one by one: CMU Panoptic has 520."""
PANOPTIC = ("hdVideos", "hdImgs")
"""Where the videos or the pictures of a recording of CMU Panoptic lie in its folder."""


@dataclass(frozen=True, eq=False)
class OpenedViews:
    """What several cameras see, everybody in it; their files, in the rig's order, and what was assumed.

    times    (T,) seconds of each camera's own frames, from its first one on; of pictures from the views' first one on
    footage  each camera's video, where its file says which; the recording's times are `times`. Of pictures, seconds are
             their numbers
    """

    views: MultiViewKeypoints
    files: tuple[Path, ...]
    rates_hz: tuple[float, ...]
    notes: tuple[str, ...]
    times: tuple[Float, ...]
    footage: tuple[Footage | None, ...]

    @property
    def dropped(self) -> tuple[int, ...]:
        """How many frames each camera lacks, by the gaps between its times."""
        return tuple(_missing(times) for times in self.times)


Read = Callable[[Path, Camera], PeopleInView]


def open_detections(calibration: Path | None, folder: Path, *, rate_hz: float | None = None) -> OpenedViews:
    """Open a folder that holds a file of keypoints, or a folder of OpenPose's, for each camera.

    A recording of several live cameras does instead, which holds their calibration, too; one that is given counts.
    Raises InputError.
    """
    if folder.is_file():
        return open_recorded(folder, calibration, rate_hz)
    if calibration is None:
        raise InputError("No calibration was given; only a recording of several live cameras holds its own.")
    usable = [path for path in _entries(folder) if path.is_dir() or path.suffix.lower() not in VIDEOS]
    return _opened(calibration, folder, usable, lambda path, camera: read_view(path, camera, rate_hz))


def open_recorded(recording: Path, calibration: Path | None = None, rate_hz: float | None = None) -> OpenedViews:
    """Open everybody whom several live cameras saw; calibration: instead of the recording's. Raises InputError."""
    if not live_views.matches(read_head(recording), recording):
        raise file_error(
            recording, "file", "is no recording of several live cameras", "give one, or a folder with a file for each"
        )
    if rate_hz is not None:
        raise InputError(f"{recording.name} holds each picture's own time; give no frame rate.")
    everybody = live_views.read_everybody(recording)
    views, notes = everybody.views, tuple[str, ...]()
    if calibration is not None:
        rig, notes = _calibrated_anew(views.rig, calibration)
        views = replace(views, rig=rig)
    rates = tuple(_rate(times) for times in everybody.times)
    return OpenedViews(views, (recording,) * len(rates), rates, notes, everybody.times, everybody.footage)


def open_videos(calibration: Path, folder: Path, detect: Read) -> OpenedViews:
    """Open a folder of videos, or of pictures, through what finds people in one camera's. Raises InputError."""
    return _opened(calibration, folder, films_in(folder), detect)


def films_in(folder: Path) -> list[Path]:
    """The videos of a folder, else its folders of pictures, else the pictures in it by camera; [] where there are none.

    As Shelf has them (`Camera0/img_000000.png`), Campus (`campus4-c0-00000.png`) and CMU Panoptic, in whose folder they
    lie deeper. Pictures are named as in `engine.cameras.picture_files`. Raises InputError.
    """
    entries = _entries(folder)
    found = [path for path in entries if path.suffix.lower() in VIDEOS and path.is_file()]
    found = found or [path for path in entries if path.is_dir() and pictures_in(path)] or series_in(folder)
    deeper = (folder / name for name in PANOPTIC)
    return found or next(filter(None, (films_in(each) for each in deeper if each.is_dir())), [])


def read_view(path: Path, camera: Camera, rate_hz: float | None = None) -> PeopleInView:
    """Everybody whom a file of keypoints holds; of other forms than JSON, one person. Raises InputError."""
    if keypoint_json.matches(b"" if path.is_dir() else read_head(path), path):
        return keypoint_json.read_people(path, rate_hz=rate_hz)
    recording = open_motion(path, rate_hz=rate_hz)
    if not isinstance(recording, Keypoints2D):
        raise file_error(path, "file", "holds a 3D clip", f"give 2D keypoints of {camera.name}")
    sized = not any(text.startswith("picture ") for text in recording.provenance.assumed)
    return PeopleInView.of_one(recording, sized=sized)


def _calibrated_anew(rig: CameraRig, calibration: Path) -> tuple[CameraRig, tuple[str, ...]]:
    """The cameras of the same names as a calibration has them, and what was assumed. Raises InputError."""
    found = read_calibration(calibration)
    named = {camera.name: camera for camera in found.cameras}
    missing = ", ".join(camera.name for camera in rig if camera.name not in named)
    if missing:
        raise file_error(calibration, "cameras", f"lack {missing}", "give that of the cameras in the recording")
    sized = [at_size(named[camera.name], camera.image_size, sized=found.sized) for camera in rig]
    notes = (*found.notes, *(why for _, why in sized if why))
    return CameraRig(tuple(camera for camera, _ in sized)), notes


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise file_error(folder, "folder", "is not there", "give a folder with a file for each camera")
    return sorted(path for path in folder.iterdir() if not path.name.startswith(HIDDEN))


def _opened(calibration: Path, folder: Path, paths: Sequence[Path], read: Read) -> OpenedViews:
    found = read_calibration(calibration)
    matched, said = by_name(found.cameras, paths, folder)
    notes = [*found.notes, *said]
    seen, cameras = [], []
    for camera, path in matched:
        view = read(path, camera)
        sized, why = at_size(camera, view.image_size or camera.image_size, sized=found.sized)
        cameras.append(sized)
        seen.append(view)
        notes += [why] if why else []
    notes += dict.fromkeys(text for view in seen for text in view.provenance.assumed if text.endswith("Hz"))
    begin = max(float(view.times[0]) for view in seen) if all(map(_by_number, seen)) else None
    views = on_one_clock(folder.name, seen, cameras, begin)
    rates = tuple(_rate(view.times) for view in seen)
    if max(rates) > 1.01 * min(rates):
        notes.append(f"Frame rates differ ({', '.join(f'{hz:.3g}' for hz in rates)} Hz): nearest frames were taken.")
    lengths = [len(view) for view in seen]
    if begin is None and max(rates) <= 1.01 * min(rates) and max(lengths) > min(lengths):
        counts = ", ".join(map(str, lengths))
        notes.append(f"Numbers of frames differ ({counts}): first frames are taken to be of one moment.")
    starts = [float(view.times[0]) if begin is None else begin for view in seen]
    times = tuple(view.times - start for view, start in zip(seen, starts, strict=True))
    films = [view.provenance.footage for view in seen]
    footage = tuple(film and replace(film, times=own) for film, own in zip(films, times, strict=True))
    return OpenedViews(views, tuple(path for _, path in matched), rates, tuple(notes), times, footage)


def _by_number(view: PeopleInView) -> bool:
    """Whether its frames are pictures whose numbers all cameras share."""
    film = view.provenance.footage
    return film is not None and is_pictures(film.path)


def with_videos(opened: OpenedViews) -> OpenedViews:
    """The same with the videos that lie beside files of keypoints, a frame for a picture. Raises Cancelled.

    A video that cannot be opened is left out, with a note.
    """
    footage, notes = list(opened.footage), list(opened.notes)
    for view, path in enumerate(_videos_of(opened.files[0].parent, tuple(opened.views.rig))):
        if path is None or footage[view] is not None:
            continue
        try:
            seconds = picture_times(path)
        except InputError:
            notes.append(f"The video {path.name} cannot be opened: left out.")
            continue
        both = min(len(seconds), len(opened.times[view]))
        if both:
            footage[view] = Footage(path, opened.times[view][:both], seconds[:both])
    return replace(opened, footage=tuple(footage), notes=tuple(notes))


def _videos_of(folder: Path, cameras: Sequence[Camera]) -> tuple[Path | None, ...]:
    """The video of each camera in a folder, by name; None where there is none."""
    usable = [path for path in _entries(folder) if path.suffix.lower() in VIDEOS]
    try:
        matched, _ = by_name(cameras, usable, folder)
    except InputError:
        return (None,) * len(cameras)
    found = {camera.name: path for camera, path in matched}
    return tuple(found.get(camera.name) for camera in cameras)


def _rate(times: Float) -> float:
    return (len(times) - 1) / float(times[-1] - times[0]) if len(times) > 1 else 0.0


def _missing(times: Float) -> int:
    periods = np.diff(times) / np.median(np.diff(times)) if len(times) > 2 else np.ones(0)
    return int((np.round(periods) - 1).clip(0).sum())


def by_name(
    cameras: Sequence[Camera], paths: Sequence[Path], folder: Path
) -> tuple[list[tuple[Camera, Path]], list[str]]:
    """Each camera with the file or folder whose name is its own, ends with it or holds it, and what has to be said.

    Where no name fits and there are as many files as cameras, they are taken in order. Cameras without a file are left
    out. Raises InputError where two files fit one camera, and for fewer than two pairs.
    """
    matched, without = [], []
    for camera in cameras:
        fitting = [path for path in paths if _plain(path.stem) == _plain(camera.name)]
        fitting = fitting or [path for path in paths if _holds(path.stem, camera.name, at_the_end=True)]
        fitting = fitting or [path for path in paths if _holds(path.name, camera.name)]
        if len(fitting) > 1:
            names = ", ".join(path.name for path in fitting)
            raise file_error(folder, f"camera {camera.name}", f"could be any of {names}", "leave one in the folder")
        if fitting:
            matched.append((camera, fitting[0]))
        else:
            without.append(camera.name)
    if not matched and len(paths) == len(cameras):
        pairs = list(zip(cameras, paths, strict=True))
        said = ", ".join(f"{path.name} for {camera.name}" for camera, path in pairs)
        return pairs, [f"No name fits: taken in order, {said}."]
    if len(matched) < 2:
        names = ", ".join(camera.name for camera in cameras)
        raise file_error(
            folder, "files", f"fit {len(matched)} of the cameras {names}", "name a file or folder after each camera"
        )
    missing = ", ".join(without) if len(without) <= MOST_NAMES else f"{len(without)} of the {len(cameras)} cameras"
    return matched, [f"No file for {missing}: left out."] if without else []


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _holds(name: str, camera: str, at_the_end: bool = False) -> bool:
    """Whether a camera's name stands in a file's, without another digit beside it, as cam1 in cam10 and 0 in cam10."""
    between, plain = "[^a-z0-9]*", _plain(camera)
    before, after = r"(?<!\d)" if plain[:1].isdigit() else "", rf"{between}\Z" if at_the_end else r"(?!\d)"
    return bool(plain) and re.search(before + between.join(plain) + after, name.casefold()) is not None
