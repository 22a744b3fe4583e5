"""Where small copies of videos are kept: in the person's cache, the ones used last, up to a limit in bytes.

A copy's name holds the digest of the video's content, as of its kept keypoints: a video that changed has another copy.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cameras.picture_files import is_pictures
from engine.cameras.small_video import LONGEST, SmallVideo, is_whole
from engine.cameras.video_file import decoded, open_video, share_of, span_of
from engine.detector.filmed_kept import digest
from engine.errors import InputError
from engine.paths import user_cache
from engine.progress import passing
from engine.writing import written_beside

if TYPE_CHECKING:
    from av import VideoFrame

VERSION = 1
"""Of what is kept."""
MOST_BYTES = 4_000_000_000
"""Of all copies together."""
MOST_PICTURES = 100_000
"""Of a video that is copied, half a GB: its copy must not drive out those of the other cameras."""


def place_of(video: Path) -> Path:
    """Where a video's copy lies, if there is one. Raises InputError for files that cannot be read."""
    key = hashlib.sha256(f"{digest(video)}|{LONGEST}|{VERSION}".encode()).hexdigest()
    return user_cache() / "small videos" / f"{video.name[:60]}-{key[:16]}.mp4"


def kept_copy(video: Path) -> Path | None:
    """A video's copy, which counts as used now; None where there is none. One that is damaged is removed.

    Raises InputError for files that cannot be read.
    """
    if is_pictures(video):
        return None
    place = place_of(video)
    if not place.is_file():
        return None
    with suppress(OSError):
        if not is_whole(place):
            place.unlink()
            return None
        os.utime(place)
    return place


class CopyAlong:
    """Makes a video's copy while somebody goes through it. What prevents it is kept, not raised.

    error  why there will be none
    """

    def __init__(self, video: Path) -> None:
        self._video, self._count = video, 0
        self._files = ExitStack()
        self._writer: SmallVideo | None = None
        self.error: Exception | None = None
        try:
            self._place = place_of(video)
            part = self._files.enter_context(written_beside(self._place, what="small copy"))
            self._writer = SmallVideo(part)
        except (InputError, OSError) as error:
            self.give_up(error)

    def add(self, frame: VideoFrame) -> None:
        """The next picture."""
        if self._writer is None:
            return
        self._count += 1
        try:
            if self._count > MOST_PICTURES:
                raise OSError(f"more than {MOST_PICTURES:,} pictures")
            self._writer.add(frame)
        except OSError as error:
            self.give_up(error)

    def keep(self) -> None:
        """The video is over."""
        if self._writer is None:
            return
        try:
            self._writer.finish()
            if place_of(self._video) != self._place:
                raise OSError("the video changed meanwhile")
            self._files.close()
            make_room(self._place)
        except (InputError, OSError) as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """Leave nothing behind."""
        writer, self._writer, self.error = self._writer, None, error
        if writer is not None:
            writer.close()
        with suppress(_GivenUp):
            self._files.__exit__(_GivenUp, _GivenUp(), None)


class _GivenUp(Exception):
    pass


@contextmanager
def copied_along(video: Path) -> Iterator[CopyAlong | None]:
    """Yield what takes every picture of a video for its copy, which is kept when the block ends; None where one is."""
    if is_pictures(video) or kept_copy(video) is not None:
        yield None
        return
    along = CopyAlong(video)
    try:
        yield along
    except BaseException as error:
        along.give_up(OSError(str(error)))
        raise
    along.keep()


def make_copy(video: Path) -> bool:
    """Make a video's copy where there is none; whether it was made.

    Raises InputError, OSError for a copy that cannot be, and Cancelled.
    """
    with copied_along(video) as along:
        if along is None:
            return False
        container, stream = open_video(video)
        with container:
            span = span_of(container)
            for frame in decoded(container, stream):
                if along.error is not None:
                    break
                if frame is not None:
                    along.add(frame)
                    passing(share_of(frame.time, *span))
    if along.error is not None:
        raise along.error
    return True


def make_room(newest: Path) -> None:
    """Remove copies that were used longest ago, until all are `MOST_BYTES` at most; never the newest."""
    copies = []
    for path in newest.parent.glob("*.mp4"):
        with suppress(OSError):
            about = path.stat()
            copies.append((about.st_mtime_ns, about.st_size, path))
    total = sum(size for _, size, _ in copies)
    for _, size, path in sorted(copies):
        if total <= MOST_BYTES:
            return
        if path != newest:
            with suppress(OSError):
                path.unlink()
                total -= size
