"""How a camera stands that nobody calibrated, in words and numbers (`engine.observation.room`)."""

from __future__ import annotations

import numpy as np

from engine.cameras.pinhole import Camera
from engine.observation.assumed_camera import ASSUMED_FOV_DEG
from engine.observation.vertical import pitch_and_roll

ASSUMED_LENS = f"{ASSUMED_FOV_DEG:.0f}° from top to bottom are assumed"


def stands(camera: Camera) -> dict[str, float | str]:
    """pitch_deg down, roll_deg clockwise, height_m above the floor, and their source; the field of view, assumed."""
    pitch, roll = np.degrees(pitch_and_roll(camera.rotation[:, 2]))
    numbers = {"pitch_deg": float(pitch), "roll_deg": float(roll), "height_m": float(camera.centre[2])}
    return {**numbers, "source": camera.name, "fov_deg": ASSUMED_FOV_DEG, "fov_source": "assumed"}


def stands_text(camera: Camera) -> str:
    """The same as the end of a sentence about the camera."""
    pitch, roll = np.degrees(pitch_and_roll(camera.rotation[:, 2]))
    down, way = "down" if pitch >= 0 else "up", "clockwise" if roll >= 0 else "counter-clockwise"
    return (
        f"looks {abs(pitch):.0f}° {down}, turned {abs(roll):.0f}° {way}, {camera.centre[2]:.1f} m above the floor "
        f"({camera.name}); {ASSUMED_LENS}"
    )


def stands_note(camera: Camera | None) -> str:
    """The same as a sentence; "" for a camera that is known."""
    return "" if camera is None else f"The camera is not known: it {stands_text(camera)}."
