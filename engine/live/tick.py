"""Ticks: a frame with its prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.cameras.pinhole import Camera
from engine.live.frame import Found, Observed
from engine.live.truth import LiveTruth
from engine.motion.pose import Prediction
from engine.observation.trackers import HEADSET, TrackerSignals


@dataclass(frozen=True, eq=False)
class Tick:
    """What became of one live frame.

    time         seconds on the feed's clock
    observation  of one frame, as the model got it: calibrated; `valid` says which trackers were lost
    rate         what the model's Δ was multiplied by: the time since the frame before in its periods, 1 for the first,
                 unless somebody chose otherwise
    prediction   of one frame, in the world
    latency_s    from the frame's last part to its prediction, seconds; the wait for later frames is in it
    dropped      frames that the model was too late for, so far
    figures      metrics of this frame, by key; NaN where there is no truth, or not enough frames yet
    look_ahead_s seconds from it to the last frame that its answer looked at
    truth        what was behind the frame, where it is known
    found        of pictures: what the observation was made of
    camera       as it stands in the world of the prediction, where nobody calibrated it
    person       the id of whom it is, where several are followed at once; None where one is
    """

    time: float
    observation: Observed
    rate: float
    prediction: Prediction
    latency_s: float
    dropped: int
    figures: Mapping[str, float] = field(default_factory=dict)
    look_ahead_s: float = 0.0
    truth: LiveTruth | None = None
    found: Found | None = None
    camera: Camera | None = None
    person: int | None = None

    @property
    def of_chosen(self) -> bool:
        """Whether it is of the one who is followed, or was chosen among several."""
        return self.person is None or (self.found is not None and self.found.chosen == self.person)

    @property
    def lost(self) -> tuple[str, ...]:
        """The trackers that were not seen, which the model bridged."""
        if not isinstance(self.observation, TrackerSignals):
            return ()
        seen = self.observation.valid[0]
        return tuple(name for name, valid in zip(HEADSET, seen, strict=True) if not valid)
