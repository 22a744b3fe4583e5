"""Pictures of the video that a clip is of, read on a thread of their own. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.state.clip import LoadedClip
from app.workers.ticket import Ticket
from engine.cameras.video_at import VideoAt
from engine.progress import watched


class OpenVideo:
    """The file that was read last, kept open; on the worker's thread alone."""

    def __init__(self) -> None:
        self._video: VideoAt | None = None

    def of(self, path: Path) -> VideoAt:
        """Raises InputError."""
        if self._video is None or self._video.path != path:
            self.close()
            self._video = VideoAt(path)
        return self._video

    def close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()


@dataclass(frozen=True, eq=False)
class Pictured:
    """The picture of a clip at a moment; scale: its pixels for one of the video's."""

    clip: LoadedClip
    moment: float
    picture: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, eq=False)
class PictureJob:
    """Read the picture of a moment, no larger than room, (width, height) in pixels; None without footage."""

    video: OpenVideo
    clip: LoadedClip
    moment: float
    room: tuple[int, int]

    def __call__(self, ticket: Ticket) -> Pictured | None:
        """Raises InputError, and Cancelled where a newer one waits for long."""
        footage = self.clip.footage
        if footage is None:
            self.video.close()
            return None
        with watched(ticket.cancelled):
            picture = self.video.of(footage.path).picture(footage.at(self.moment), self.room)
        return Pictured(self.clip, self.moment, picture, picture.shape[1] / self.clip.image_size[0])
