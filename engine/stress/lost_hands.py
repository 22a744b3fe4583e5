"""Hands that are lost for a while: a controller out of the headset's sight, or out of power."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.stress import FRACTION, Flag, FrameByFrame, LiveStress, Question, Setting, Slider, Stress
from engine.stress.stretches import LiveStretches, in_stretches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trackers import TrackerSignals

    Float = NDArray[np.float64]

STRETCH_S = 0.5
"""How long a hand stays lost, seconds; stretches can follow each other."""

HANDS = ("left hand", "right hand")

_STREAM = 8


def lose_hands(signals: TrackerSignals, fraction: float, setting: Setting) -> TrackerSignals:
    """Each hand not seen during that fraction (0 ... 1) of its time, in stretches (`engine.stress.stretches`).

    The head is always seen. What the signals say of a lost hand stays, and means nothing.
    """
    return _without(signals, _lost(signals.times, fraction, setting.seed))


def _lost(times: Float, fraction: float, seed: int) -> NDArray[np.bool_]:
    """(T, 2) when each of `HANDS` is lost."""
    import numpy as np

    return in_stretches(times, len(HANDS), fraction, np.random.default_rng([seed, _STREAM]), stretch_s=STRETCH_S)


def _without(signals: TrackerSignals, lost: NDArray[np.bool_]) -> TrackerSignals:
    valid = signals.valid.copy()
    for hand, gone in zip(HANDS, lost.T, strict=True):
        if hand in signals.trackers:
            valid[:, signals.trackers.index(hand)] &= ~gone
    return replace(signals, valid=valid)


def _stream(fraction: float, setting: Setting, schedule: Float) -> FrameByFrame:
    lost = _lost(schedule, fraction, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: _without(frame, lost[k : k + 1]))


def _live(setting: Setting) -> LiveStress:
    stretches = LiveStretches(len(HANDS), [setting.seed, _STREAM], stretch_s=STRETCH_S)

    def without(frame: TrackerSignals, fraction: float) -> TrackerSignals:
        lost = stretches.lost(float(frame.times[0]), fraction)
        return _without(frame, lost[None]) if lost.any() else frame

    return without


LOST_HANDS = Stress(
    field="lost_hands",
    label="Lost hands",
    unit="%",
    range=FRACTION,
    levels=(0.0, 0.1, 0.2, 0.3, 0.5, 1.0),
    applies_to=("TrackerSignals",),
    stage="detector",
    whole=lose_hands,
    stream=_stream,
    slider=Slider(
        1.0, 100, "Share of the time during which each controller is not seen, half a second on end", folded=False
    ),
    flag=Flag("lost-hands", "Share of the time that each controller is lost."),
    question=Question(
        "Hidden, noisy", "Hands lost", "Controllers that are not seen for half a second or more", "hands lost"
    ),
    rank=8,
    live=_live,
)
