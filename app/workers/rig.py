"""A person in several cameras' files, and their pictures: jobs of a window. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from app.present.rig_found import RigFound
from app.workers.inference import ServedModel
from app.workers.ticket import Ticket
from engine.cameras.pictures_at import PicturesAt, film_at
from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.cameras.video_at import VideoAt
from engine.cameras.video_file import Picture
from engine.data.people_truth import PeopleTruth, read_people_truth
from engine.errors import InputError
from engine.experiment.rig_run import ChosenPerson, RigFigures, chosen_person, measure_on_rig
from engine.experiment.rig_truth import frame_numbers, judge, truth_in_frames
from engine.experiment.settings import ModelChoice
from engine.experiment.view_files import OpenedViews, open_detections, open_recorded, open_videos, with_videos
from engine.export.motion.formats import format_of
from engine.models.defaults import OF_VIEWS
from engine.observation.people_in_view import PeopleInView
from engine.observation.people_over_time import Followed, of_person
from engine.observation.reprojection import reprojection_px
from engine.observation.views import MultiViewKeypoints
from engine.progress import Cancelled, passing, watched

Models = Callable[[ModelChoice], ServedModel]
LEAST_CAMERAS = 2
RECORDING = ".jsonl"
ROOM = (960, 960)
"""Pixels that a picture need not exceed."""


class RigChoice(BaseModel):
    """What is chosen in the window, and remembered.

    rate_hz  of keypoints, instead of their files', or of pictures; None: theirs, or the usual
    person   as `engine.observation.people_over_time.choose_person`
    truth    where everybody was, as `read_people_truth` takes it; "" where nobody knows
    """

    model_config = ConfigDict(frozen=True)

    calibration: str = ""
    folder: str = ""
    truth: str = ""
    kind: Literal["videos", "detections"] = "videos"
    detector: str = "full"
    people: int = 2
    rate_hz: float | None = None
    person: str = "moves"
    sync: bool = False
    refine: bool = True
    models: tuple[str, ...] = OF_VIEWS

    @property
    def recorded(self) -> bool:
        """Whether it is a recording of several live cameras, which holds their calibration and times."""
        return self.folder.lower().endswith(RECORDING)


@dataclass(frozen=True, eq=False)
class RigJob:
    """Gives a `RigFound`, and hands it over without models as soon as the person is known.

    off     names of cameras that take no part
    opened  the files, where they are open already, and
    truth   what its file holds, where that is read
    """

    models: Models
    choice: RigChoice
    off: frozenset[str] = frozenset()
    opened: OpenedViews | None = None
    truth: PeopleTruth | None = None

    def __call__(self, ticket: Ticket) -> RigFound:
        choice, truth = self.choice, self.truth
        if truth is None and choice.truth:
            ticket.report(0.0, "reading the truth")
            truth = read_people_truth(Path(choice.truth))
        opened = self.opened or open_files(choice, ticket)
        numbers = frame_numbers(opened)
        there = None if truth is None else truth_in_frames(numbers, truth)
        used = tuple(view for view, camera in enumerate(opened.views.rig) if camera.name not in self.off)
        if len(used) < LEAST_CAMERAS:
            raise InputError("A place in space takes two cameras or more; tick another one.")
        views = opened.views.of_views(used)
        if choice.refine or choice.sync:
            ticket.report(0.0, "refining the cameras" if choice.refine else "comparing the clocks")
        person = chosen_person(
            views, by=choice.person, sync=choice.sync, refine=choice.refine,
            progress=ticket.report, cancel=ticket.cancelled,
        )  # fmt: skip
        seen = in_every_camera(opened.views, person, used)
        found = RigFound(opened, used, person, seen, truth=truth, there=there)
        ticket.hand_over(found)
        figures, judged = [], []
        for number, name in enumerate(choice.models):
            ticket.report(number / len(choice.models), name)
            if ticket.cancelled():
                raise Cancelled
            model = self.models(ModelChoice(name=name))
            figures.append(measure_on_rig(model, person.views, cancel=ticket.cancelled))
            if truth is not None:
                judged.append(judge(model, views, person, numbers, truth, ticket.cancelled))
        errors = []
        for each in figures:
            px = reprojection_px(each.joints.positions, found.views)
            medians = {c.name: _median(px[view]) for view, c in enumerate(found.views.rig) if view not in used}
            errors.append(medians | each.reprojection_px)
        return replace(found, figures=tuple(figures), errors=tuple(errors), judged=tuple(judged))


def open_files(choice: RigChoice, ticket: Ticket) -> OpenedViews:
    """Open calibration and folder, through a detector where they are videos. Raises InputError and Cancelled."""
    for path, what in ((choice.calibration, "a calibration file"), (choice.folder, "a folder with the cameras' files")):
        if not path and not choice.recorded:
            raise InputError(f"Choose {what}, or drop it onto the window.")
    calibration, folder = Path(choice.calibration), Path(choice.folder)
    ticket.report(0.0, f"opening {folder.name}")
    if choice.recorded:
        return open_recorded(folder, calibration if choice.calibration else None)
    if choice.kind == "detections":
        opened = open_detections(calibration, folder, rate_hz=choice.rate_hz)
        with watched(ticket.cancelled):
            return with_videos(opened)

    def detect(path: Path, _: Camera) -> PeopleInView:
        from engine.detector.filmed import people_in_video

        with watched(ticket.cancelled, lambda share: ticket.report(share, path.name)):
            return people_in_video(path, choice.detector, choice.people, pictures_hz=choice.rate_hz, copied=True)

    return open_videos(calibration, folder, detect)


def in_every_camera(views: MultiViewKeypoints, found: ChosenPerson, used: Sequence[int]) -> MultiViewKeypoints:
    """The person in all cameras: those that took part as they were used, and where others must see them."""
    cameras = list(views.rig)
    for view, camera in zip(used, found.views.rig, strict=True):
        cameras[view] = camera

    def spread(person: Followed) -> Followed:
        detections = np.full((len(views), len(cameras)), -1, np.intp)
        detections[:, list(used)] = person.detections
        return replace(person, detections=detections)

    everybody = replace(views, rig=CameraRig(tuple(cameras)))
    return of_person(everybody, spread(found.person), [spread(person) for person in found.people])


class Film:
    """The open videos of one recording, small copies instead where there are any; used on one worker only.

    small   whether copies will do
    copied  whether there was one for a video that is open
    """

    def __init__(self, small: bool = True) -> None:
        self.small, self.copied = small, False
        self._opened: OpenedViews | None = None
        self._videos: list[VideoAt | PicturesAt | None] = []
        self._renewed = False

    def renew(self) -> None:
        """Look for copies again; from any thread."""
        self._renewed = True

    def at(self, found: RigFound, seconds: float) -> list[Picture | None]:
        """Every camera's picture of a moment, None where it has no video. Raises InputError and Cancelled."""
        if found.opened is not self._opened or self._renewed:
            self._open(found.opened)
        pictures: list[Picture | None] = []
        for view, video in enumerate(self._videos):
            passing()
            at = found.video_at(view, seconds)
            pictures.append(None if video is None or at is None else video.picture(at, ROOM))
        return pictures

    def _open(self, opened: OpenedViews) -> None:
        for video in self._videos:
            if video is not None:
                video.close()
        self._opened, self._videos, self._renewed = None, [], False  # and so it stays where a video cannot be opened
        self.copied = False
        self._videos = [None if one is None else self._video(one.path) for one in opened.footage]
        self._opened = opened

    def _video(self, path: Path) -> VideoAt | PicturesAt:
        from engine.detector.filmed_small import kept_copy

        copy = kept_copy(path) if self.small else None
        if copy is None:
            return film_at(path)
        self.copied = True
        return VideoAt(copy, threads=False)


@dataclass(frozen=True, eq=False)
class PicturesJob:
    """Gives every camera's picture of a moment, None where it has none."""

    found: RigFound
    seconds: float
    film: Film

    def __call__(self, ticket: Ticket) -> list[Picture | None]:
        with watched(ticket.cancelled):
            return self.film.at(self.found, self.seconds)


@dataclass(frozen=True, eq=False)
class CopiesJob:
    """Makes the small copies that a recording's videos lack, unless they are very long; gives whether any was made.

    Raises InputError, OSError and Cancelled.
    """

    opened: OpenedViews

    def __call__(self, ticket: Ticket) -> bool:
        from engine.detector.filmed_small import MOST_PICTURES, make_copy

        paths = [one.path for one in self.opened.footage if one is not None and len(one.seconds) <= MOST_PICTURES]
        made = False
        for number, path in enumerate(paths):

            def tell(share: float, number: int = number) -> None:
                ticket.report((number + share) / len(paths), "")

            with watched(ticket.cancelled, tell):
                made |= make_copy(path)
        return made


@dataclass(frozen=True, eq=False)
class MotionJob:
    """Writes what a model found, as a file of motion. Raises InputError.

    name  of the recording
    """

    figures: RigFigures
    name: str
    path: Path

    def __call__(self, ticket: Ticket) -> None:
        from engine.export.motion.of_rig import save_motion

        save_motion(self.figures, self.name, format_of(None, self.path), self.path)


def _median(errors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if len(known) else None
