"""Predictions of one clip's parts, put together as they come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.motion.pose import BodyPose, ClassScores, Joints, Prediction

Float = NDArray[np.float64]

_OF_FRAMES: dict[type, tuple[str, ...]] = {
    Joints: ("times", "positions", "confidence"),
    BodyPose: ("times", "rotations", "root"),
    ClassScores: ("times", "probabilities"),
}


class Joined:
    """Parts of a clip of so many frames: `add` each in turn, then `whole` is the prediction of all.

    A body's rest offsets are the mean over the frames: where a network's answer at a person's proportions is itself a
    mean over what it sees, parts may differ.
    """

    def __init__(self, frames: int) -> None:
        self._frames, self._done = frames, 0
        self._first: Prediction | None = None
        self._arrays: dict[str, Float] = {}
        self._offsets: Float | None = None

    def add(self, part: Prediction) -> None:
        """The next frames. ValueError for more than there are, and for another kind."""
        if self._first is None:
            self._first = part
            for name in _OF_FRAMES[type(part)]:
                if (values := getattr(part, name)) is not None:
                    self._arrays[name] = np.empty((self._frames, *values.shape[1:]), values.dtype)
        if type(part) is not type(self._first) or self._done + len(part) > self._frames:
            raise ValueError(f"{type(part).__name__} of {len(part)} frames after {self._done} of {self._frames}")
        for name, whole in self._arrays.items():
            whole[self._done : self._done + len(part)] = getattr(part, name)
        if isinstance(part, BodyPose) and part.offsets is not None:
            weighted = part.offsets * (len(part) / self._frames)
            self._offsets = weighted if self._offsets is None else self._offsets + weighted
        self._done += len(part)

    def whole(self) -> Prediction:
        """All frames. ValueError while some are missing."""
        if self._first is None or self._done != self._frames:
            raise ValueError(f"{self._done} of {self._frames} frames")
        arrays: dict[str, Any] = dict(self._arrays)
        if self._offsets is not None:
            arrays["offsets"] = self._offsets
        joined: Prediction = replace(self._first, **arrays)
        return joined
