"""Everybody whom a detector finds in a video, picture by picture; kept, so that the video opens at once next time.

A folder of pictures, or one camera's in it (`engine.cameras.picture_files`), is a video of one picture a second here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.cameras.picture_files import PictureFiles, is_pictures
from engine.cameras.video_file import VideoFile
from engine.detector.detection import Detection, Detector
from engine.errors import InputError, file_error
from engine.motion.clip import Footage, Provenance
from engine.motion.skeleton import LAYOUTS, Skeleton
from engine.observation.people_in_view import PeopleInView
from engine.progress import passing

if TYPE_CHECKING:
    from av import VideoFrame

Float = NDArray[np.float64]

BEST = ("heavy", "full", "lite")
"""For recordings, where nobody waits for the next picture."""
PEOPLE = 4
"""Looked for in a video, where nobody says how many."""
SURE = 0.3
"""Joints of which a detector is less sure are not seen by models of several views: it answers every joint."""
PICTURES_HZ = 25.0
"""Of pictures in files, where nobody says."""
MOST_FRAMES = 1_000_000
MOST_THREADS = 8


@dataclass(frozen=True, eq=False)
class Filmed:
    """D people at most in each of T pictures, the most certain first.

    detector    its name, or its file's
    times       (T,) seconds of the pictures in the video, increasing
    xy          (T, D, J, 2) pixels of the upright picture
    confidence  (T, D, J) as the detector says it; 0 everywhere = nobody
    score, box  (T, D) and (T, D, 4), as of a `Detection`
    corrupt     pictures that could not be read
    """

    detector: str
    times: Float
    xy: Float
    confidence: Float
    score: Float
    box: Float
    skeleton: Skeleton
    image_size: tuple[int, int]
    corrupt: int = 0

    def __post_init__(self) -> None:
        shape = self.confidence.shape
        fitting = self.xy.shape == (*shape, 2) and self.score.shape == shape[:2] and self.box.shape == (*shape[:2], 4)
        joints = len(self.skeleton)
        if not fitting or len(shape) != 3 or shape[0] != len(self.times) or shape[2] != joints or not shape[0]:
            raise ValueError(f"arrays of {shape}, {self.xy.shape}, {self.score.shape} and {self.box.shape}")
        if not (np.diff(self.times) > 0).all():
            raise ValueError("times")

    @classmethod
    def of(
        cls,
        detector: Detector,
        times: Sequence[float],
        found: Sequence[Sequence[Detection]],
        size: tuple[int, int],
        corrupt: int = 0,
    ) -> Filmed:
        """What a detector found in each of the pictures at those times."""
        width, joints = max(1, *map(len, found)), len(detector.skeleton)
        xy, confidence = np.zeros((len(times), width, joints, 2)), np.zeros((len(times), width, joints))
        score, box = np.zeros((len(times), width)), np.zeros((len(times), width, 4))
        for row, there in enumerate(found):
            for k, person in enumerate(there):
                xy[row, k], confidence[row, k], score[row, k] = person.xy, person.confidence, person.score
                box[row, k] = person.box
        return cls(detector.name, np.array(times), xy, confidence, score, box, detector.skeleton, size, corrupt)

    def people(self, picture: int) -> list[Detection]:
        """What the detector answered."""
        return [
            Detection(self.xy[picture, k], self.confidence[picture, k], float(self.score[picture, k]), (*box,))
            for k, box in enumerate(self.box[picture].tolist())
            if self.confidence[picture, k].any()
        ]


def filmed(
    path: Path, detector: str | None = None, people: int = PEOPLE, threads: int | None = None, *, copied: bool = False
) -> Filmed:
    """Find up to so many people in every picture of a video, or read them where they are kept.

    detector: None takes the most exact one that is set up, or whose keypoints are kept where none is; threads: its.
    copied: make the video's small copy along (`engine.detector.filmed_small`), where pictures are gone through.
    Says how far it is, and may be cancelled (`engine.progress.watched`). Raises InputError for what is no video and a
    detector that is not set up, and Cancelled.
    """
    from engine.detector.filmed_kept import Keeping  # which reads what is here
    from engine.detector.filmed_small import copied_along
    from engine.detector.library import installed

    there = installed()
    best = [name for name in BEST if name in there] or list(BEST)
    names = [detector] if detector else best[:1] if there else best
    keeping = [Keeping.of(path, name, people) for name in names]
    for one in keeping:
        if (found := one.read()) is not None:
            return found
    opened = _open(names[0] if there else detector or "full", threads)
    with copied_along(path) if copied else nullcontext() as along:
        found = detect(path, opened, people, None if along is None else along.add)
    keeping[0].write(found)
    return found


def _open(name: str, threads: int | None) -> Detector:
    from engine.detector import library

    return library.open_detector(name, threads or max(1, min(MOST_THREADS, (os.cpu_count() or 1) - 1)))


def detect(path: Path, detector: Detector, people: int, each: Callable[[VideoFrame], None] | None = None) -> Filmed:
    """Find people in every picture, in their order; each: as of `VideoFile`. Raises InputError and Cancelled."""
    if detector.skeleton.name not in LAYOUTS:
        raise InputError(f"Detector {detector.name} answers joints that no rule is known for; choose full or heavy.")
    video = PictureFiles(path, 1.0, numbered=True) if is_pictures(path) else VideoFile(path, each=each)
    times: list[float] = []
    found: list[list[Detection]] = []
    size = (0, 0)
    passing(0.0)
    for at, picture in video:
        here = picture.shape[1], picture.shape[0]
        if times and here != size:
            raise file_error(path, "picture size", f"changes after {at:.2f} s", "cut the video there")
        size = here
        times.append(at)
        found.append(list(detector.detect(picture, people)[:people]))
        passing(video.share(at))
        if len(times) == MOST_FRAMES:
            break
    if not times:
        raise file_error(path, "video", "holds no picture", "give a video that plays, or save it as MP4")
    return Filmed.of(detector, times, found, size, corrupt=video.corrupt)


def people_in_video(
    path: Path,
    detector: str = "full",
    people: int = 2,
    threads: int | None = None,
    pictures_hz: float | None = None,
    copied: bool = False,
) -> PeopleInView:
    """The same for models of several views: everybody of a picture, joints that are not sure left out.

    Pictures in files are at their numbers on one clock, pictures_hz a second; a video begins at 0.
    copied, progress and errors as of `filmed`.
    """
    found = filmed(path, detector, people, threads, copied=copied)
    shape = (len(found.times), people, len(found.skeleton))
    xy, confidence = np.zeros((*shape, 2)), np.zeros(shape)
    there = found.confidence.shape[1]
    xy[:, :there], confidence[:, :there] = found.xy, np.where(found.confidence < SURE, 0.0, found.confidence)
    pictures = is_pictures(path)
    times = found.times / (pictures_hz or PICTURES_HZ) if pictures else found.times - found.times[0]
    where = Provenance(
        str(path), f"video through the detector {found.detector}", "pixels", "", "of the video",
        assumed=(f"{PICTURES_HZ:g} Hz",) if pictures and pictures_hz is None else (),
        footage=Footage(path, times, found.times),
    )  # fmt: skip
    return PeopleInView(path.stem, times, xy, confidence, found.skeleton, found.image_size, where)


def rate_text(times: Float) -> str:
    """How the times of a video's pictures are known, and their rate."""
    steps = np.diff(times)
    if not len(steps):
        return "a single picture"
    uneven = math.isfinite(steps.max()) and steps.max() > 1.5 * steps.min()
    return f"{1 / np.median(steps):.4g} Hz{', variable' if uneven else ''}, each picture's own time"
