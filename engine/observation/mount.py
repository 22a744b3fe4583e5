"""How a camera stands that nobody calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["estimated", "given", "partly given"]


@dataclass(frozen=True)
class Mount:
    """What somebody knows of it; None is estimated from the person (`engine.observation.room`).

    pitch_deg  how far it looks down
    roll_deg   how far it is turned clockwise, as seen from behind it
    height_m   of its lens above the floor
    foot_lock  whether the foot that stands is kept on its spot
    """

    pitch_deg: float | None = None
    roll_deg: float | None = None
    height_m: float | None = None
    foot_lock: bool = False

    @property
    def source(self) -> Source:
        """Where its numbers come from."""
        known = [value is not None for value in (self.pitch_deg, self.roll_deg, self.height_m)]
        return "given" if all(known) else "partly given" if any(known) else "estimated"


ESTIMATED = Mount()
