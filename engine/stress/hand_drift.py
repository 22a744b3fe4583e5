"""Drift of the hands: places that wander off and back slowly, as a controller's do between two corrections."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.lost_hands import HANDS
from engine.stress.stress import POSITIVE, Flag, FrameByFrame, Question, Setting, Slider, Stress, live_from_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.observation.trackers import TrackerSignals

    Float = NDArray[np.float64]

PERIODS_S = (4.0, 20.0)
"""Of the waves that a wander is made of, seconds."""
WAVES = 4

_STREAM = 9


def drift_hands(signals: TrackerSignals, rms_cm: float, setting: Setting) -> TrackerSignals:
    """The place of each hand off by a slow wander: over a long time its root mean square distance is `rms_cm`.

    It is a sum of waves of time, so that a frame looks the same whatever the frame rate; the same seed gives the same
    wander at any level, only larger or smaller. The head and all rotations stay.
    """
    return _moved(signals, rms_cm / 100 * wander(signals.times, setting.seed))


def wander(times: Float, seed: int) -> Float:
    """(T, 2, 3) of both hands, of root mean square length 1."""
    import numpy as np

    rng = np.random.default_rng([seed, _STREAM])
    shape = (len(HANDS), 3, WAVES)
    periods, phases = (
        PERIODS_S[0] * (PERIODS_S[1] / PERIODS_S[0]) ** rng.random(shape),
        rng.uniform(0, 2 * np.pi, shape),
    )
    waves = np.sin(2 * np.pi * times[:, None, None, None] / periods + phases)
    return np.asarray(np.sqrt(2 / (3 * WAVES)) * waves.sum(-1))


def _moved(signals: TrackerSignals, offsets: Float) -> TrackerSignals:
    positions = signals.positions.copy()
    for number, hand in enumerate(HANDS):
        if hand in signals.trackers:
            positions[:, signals.trackers.index(hand)] += offsets[:, number]
    return replace(signals, positions=positions)


def _stream(rms_cm: float, setting: Setting, schedule: Float) -> FrameByFrame:
    offsets = rms_cm / 100 * wander(schedule, setting.seed)
    return FrameByFrame(schedule, lambda frame, k: _moved(frame, offsets[k : k + 1]))


HAND_DRIFT = Stress(
    field="hand_drift_cm",
    label="Hand drift",
    unit="cm",
    range=POSITIVE,
    levels=(0.0, 1.0, 2.0, 5.0, 10.0),
    applies_to=("TrackerSignals",),
    stage="detector",
    whole=drift_hands,
    stream=_stream,
    slider=Slider(15.0, 2, "The controllers' places wander off and back within seconds: how far, root mean square"),
    flag=Flag("hand-drift", "Slow wander of the controllers' places, cm."),
    question=Question(
        "Hidden, noisy", "Hands drift", "Controllers whose places wander off and back slowly", "hand drift, cm"
    ),
    rank=9,
    live=live_from_whole(drift_hands),
)
