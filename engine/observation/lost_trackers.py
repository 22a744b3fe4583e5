"""Lost trackers: where they are taken to be until they are seen again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.motion.rotations import IDENTITY
from engine.observation.trackers import TrackerSignals

Float = NDArray[np.float64]

HANGING = np.array([0.0, 0.0, -0.75])
"""Metres from the head to a hand that was never seen, straight down."""


class Bridge:
    """Fills the gaps of signals frame by frame, from the past alone.

    A lost hand keeps its last rotation and its last place relative to the head, which may walk on; a lost head stays
    where it was. Before it is seen for the first time, a head is at the origin, at rest.
    """

    def __init__(self) -> None:
        self._head = np.zeros(3)
        self._from_head: Float | None = None
        self._rotations: Float | None = None

    def step(self, signals: TrackerSignals) -> TrackerSignals:
        """One or more frames after those before, head first; `valid` still says what was seen."""
        positions, rotations = signals.positions.copy(), signals.rotations.copy()
        count = len(signals.trackers)
        from_head = np.tile(HANGING, (count, 1)) if self._from_head is None else self._from_head
        kept = np.tile(IDENTITY, (count, 1)) if self._rotations is None else self._rotations
        for t, valid in enumerate(signals.valid):
            head = positions[t, 0] if valid[0] else self._head
            positions[t] = np.where(valid[:, None], positions[t], head + from_head)
            positions[t, 0] = head
            rotations[t] = np.where(valid[:, None], rotations[t], kept)
            from_head, kept, self._head = positions[t] - head, rotations[t], head.copy()
        self._from_head, self._rotations = from_head, kept
        return replace(signals, positions=positions, rotations=rotations)


def bridged(signals: TrackerSignals) -> TrackerSignals:
    """A whole recording, as `Bridge` fills it."""
    return Bridge().step(signals)
