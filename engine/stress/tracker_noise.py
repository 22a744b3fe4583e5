"""Tracker noise: the unsteadiness of places and rotations that a headset reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.stress.drawn import Drawn
from engine.stress.stress import POSITIVE, Flag, Question, Slider, Stress

if TYPE_CHECKING:
    import numpy as np

    from engine.observation.trackers import TrackerSignals

DEGREES_PER_MM = 0.1
"""Noise of the rotations for a millimetre of the places: what tilts a line of 0.57 m by as much at its end."""


def add_tracker_noise(signals: TrackerSignals, sigma_mm: float, draws: np.random.Generator) -> TrackerSignals:
    """Independent Gaussian noise of `sigma_mm` on each coordinate of the places, and of `DEGREES_PER_MM` times that
    about each axis of the rotations.

    The same seed gives the same noise at any level, only larger or smaller.
    """
    import numpy as np

    from engine.motion.rotations import axis_angle_to_quat, multiply

    drawn = draws.standard_normal((*signals.valid.shape, 6))
    turns = axis_angle_to_quat(np.radians(DEGREES_PER_MM * sigma_mm) * drawn[..., 3:])
    return replace(
        signals,
        positions=signals.positions + sigma_mm / 1000 * drawn[..., :3],
        rotations=multiply(signals.rotations, turns),
    )


_DRAWN = Drawn(add_tracker_noise, number=7)

TRACKER_NOISE = Stress(
    field="tracker_noise_mm",
    label="Tracker noise",
    unit="mm",
    range=POSITIVE,
    levels=(0.0, 1.0, 2.0, 5.0, 10.0, 20.0),
    applies_to=("TrackerSignals",),
    stage="detector",
    whole=_DRAWN.whole,
    stream=_DRAWN.stream,
    slider=Slider(
        20.0,
        2,
        "Gaussian noise on headset and controllers, standard deviation; rotations get a tenth of a degree for each mm",
        folded=False,
    ),
    flag=Flag("tracker-noise", "Noise on the trackers, mm; a tenth of a degree for each."),
    question=Question(
        "Hidden, noisy", "Tracker noise", "Gaussian noise on headset and controllers", "tracker noise, mm"
    ),
    rank=7,
    live=_DRAWN.live,
)
