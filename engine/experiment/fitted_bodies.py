"""Bodies that were fitted to clips, kept by what the clips hold, so that each is fitted once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from threading import Event, Lock

import numpy as np

from engine.body.model import Body
from engine.body.retarget.fit import Fitted
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.progress import Cancel, Cancelled

FRAMES = 300_000
"""Frames kept of all clips together, about a kilobyte each: the bodies of 83 minutes at 60 Hz."""
WAIT_S = 0.05
"""Between two questions whether to go on waiting for another thread's fit."""

Key = tuple[str, bytes]
"""The name of a body and the digest of a clip."""


class FittedBodies:
    """Fits by body and clip, the least recently used forgotten first; the newest is kept however long it is.

    Of threads that ask for the same one, the first fits it and the others wait. What is handed out is shared: its
    arrays are not to be written to.
    """

    def __init__(self, frames: int = FRAMES) -> None:
        self._most = frames
        self._lock = Lock()
        self._kept: OrderedDict[Key, tuple[Body, Fitted]] = OrderedDict()
        self._under_way: dict[Key, Event] = {}

    def once(self, clip: MotionClip, body: Body, find: Callable[[], Fitted], cancel: Cancel | None = None) -> Fitted:
        """The body on this clip; `find` is called if it is not known. Raises what `find` raises, and Cancelled."""
        key = body.name, digest(clip)
        while True:
            with self._lock:
                kept_on, fitted = self._kept.get(key, (None, None))
                if fitted is not None and kept_on is body:
                    self._kept.move_to_end(key)
                    return fitted
                others = self._under_way.get(key)
                if others is None:
                    mine = self._under_way[key] = Event()
                    break
            while not others.wait(WAIT_S):
                if cancel is not None and cancel():
                    raise Cancelled
        try:
            fitted = find()
            with self._lock:
                self._keep(key, body, fitted)
            return fitted
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _keep(self, key: Key, body: Body, fitted: Fitted) -> None:
        self._kept[key] = body, fitted
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(each.pose) for _, each in self._kept.values()) > self._most:
            self._kept.popitem(last=False)


def digest(clip: MotionClip) -> bytes:
    """Tell apart clips that a body is fitted to in other ways: their numbers and their skeleton, not their names."""
    hashed = blake2b(repr(clip.skeleton).encode(), digest_size=16)
    worn = clip.body
    parts: list[object] = [clip.times, clip.positions, clip.rotations, clip.offsets]
    if isinstance(worn, BodyPose):
        parts += [worn.body, worn.frame, worn.times, worn.rotations, worn.root, worn.shape, worn.offsets]
    for part in parts:
        if isinstance(part, np.ndarray):
            hashed.update(repr((part.shape, part.dtype.str)).encode())
            hashed.update(np.ascontiguousarray(part).data)
        else:
            hashed.update(repr(part).encode())
    return hashed.digest()
