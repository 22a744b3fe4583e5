"""Hands that are lost for a while: a controller out of the headset's sight, or out of power."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.stress import FRACTION, Flag, Question, Setting, Slider, Stress
from engine.stress.stretches import Stretched

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trackers import TrackerSignals

HANDS = ("left hand", "right hand")

STRETCH_S = 0.5
"""How long a hand stays lost, seconds; stretches can follow each other."""


def lose_hands(signals: TrackerSignals, lost: NDArray[np.bool_], setting: Setting) -> TrackerSignals:
    """Each of `HANDS` not seen in the frames in which it is lost (T, 2).

    The head is always seen. What the signals say of a lost hand stays, and means nothing.
    """
    valid = signals.valid.copy()
    for hand, gone in zip(HANDS, lost.T, strict=True):
        if hand in signals.trackers:
            valid[:, signals.trackers.index(hand)] &= ~gone
    return replace(signals, valid=valid)


_STRETCHED = Stretched(lose_hands, len(HANDS), number=8, stretch_s=STRETCH_S)

LOST_HANDS = Stress(
    field="lost_hands",
    label="Lost hands",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.1, 0.2, 0.3, 0.5, 1.0),
    applies_to=("TrackerSignals",),
    stage="detector",
    whole=_STRETCHED.whole,
    stream=_STRETCHED.stream,
    slider=Slider(
        1.0, 100, "Share of the time during which each controller is not seen, half a second on end", folded=False
    ),
    flag=Flag("lost-hands", "Share of the time that each controller is lost."),
    question=Question(
        "Hidden, noisy", "Hands lost", "Controllers that are not seen for half a second or more", "hands lost"
    ),
    rank=8,
    live=_STRETCHED.live,
)
