"""Video files through OpenCV: MPEG-4 part 2 in .mp4, which needs nothing that is not installed already."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from engine.errors import file_error
from engine.export.picture import Picture


def write_video(path: Path, pictures: Iterable[Picture], fps: float) -> int:
    """Write pictures (H, W, 3) RGB of one size; returns how many. The file appears whole or not at all.

    Raises InputError if it cannot be written.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.stem}.part{path.suffix}")
    writer, count = None, 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            if writer is None:
                height, width = picture.shape[:2]
                writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
                if not writer.isOpened():
                    raise file_error(path, "video", "cannot be written", "choose a folder you may write to and .mp4")
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
            count += 1
        if writer is not None:
            writer.release()
            unfinished.replace(path)
    except OSError as error:
        raise file_error(path, "video", "cannot be written", "choose another folder", detail=str(error)) from None
    finally:
        if writer is not None:
            writer.release()
        with suppress(OSError):
            unfinished.unlink()
    return count
