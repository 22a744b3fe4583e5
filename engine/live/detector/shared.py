"""Pictures that two processes share."""

from __future__ import annotations

from multiprocessing.shared_memory import SharedMemory
from typing import NamedTuple

import numpy as np

from engine.detector.detection import Picture


class Where(NamedTuple):
    """The name of a block of memory, and the (height, width, 3) of the picture in it."""

    name: str
    shape: tuple[int, ...]


class SharedPicture:
    """The side that writes; one picture at a time, of any size."""

    def __init__(self) -> None:
        self._block: SharedMemory | None = None

    def put(self, picture: Picture) -> Where:
        """Write a picture over the one before."""
        if self._block is None or self._block.size < picture.nbytes:
            self.close()
            self._block = SharedMemory(create=True, size=picture.nbytes)
        np.ndarray(picture.shape, np.uint8, self._block.buf)[:] = picture
        return Where(self._block.name, picture.shape)

    def close(self) -> None:
        """Give the memory back; the other side may still look at it."""
        if self._block is not None:
            self._block.close()
            self._block.unlink()
            self._block = None


class SharedView:
    """The side that reads."""

    def __init__(self) -> None:
        self._block: SharedMemory | None = None

    def picture(self, where: Where) -> Picture:
        """The picture that is there, not copied: only until the next one is asked for."""
        if self._block is None or self._block.name != where.name:
            self.close()
            self._block = SharedMemory(where.name)
        found = np.ndarray(where.shape, np.uint8, self._block.buf)
        found.flags.writeable = False
        return found

    def close(self) -> None:
        if self._block is not None:
            self._block.close()
            self._block = None
