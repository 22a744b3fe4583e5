"""Virtual cameras: presets that see the person from where they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.motion.heading import heading
from engine.observation.virtual_camera import CAMERA_PRESETS, preset_camera


def person(turned: float = 0.0, path: float = 0.0) -> np.ndarray:
    """An upright H36M-17 stick figure facing -Y turned counter-clockwise (seen from above), (T, 17, 3)."""
    rest = np.zeros((17, 3))
    rest[:, 2] = [1, 1, 0.55, 0.1, 1, 0.55, 0.1, 1.2, 1.45, 1.55, 1.7, 1.4, 1.1, 0.9, 1.4, 1.1, 0.9]
    rest[[1, 2, 3, 14, 15, 16], 0] = -0.15
    rest[[4, 5, 6, 11, 12, 13], 0] = 0.15
    c, s = np.cos(turned), np.sin(turned)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return rest @ turn.T + np.linspace([0, 0, 0], [0, -path, 0], 50)[:, None]


@given(st.floats(-np.pi, np.pi))
def test_heading(turned: float) -> None:
    difference = heading(person(turned)) - turned
    assert abs(np.angle(np.exp(1j * difference))) < 1e-9


@pytest.mark.parametrize("turned", [0.0, 1.0, -2.5])
@pytest.mark.parametrize("path", [0.0, 6.0])
@pytest.mark.parametrize("preset", CAMERA_PRESETS)
def test_presets_see_everything_from_the_named_side(preset: str, turned: float, path: float) -> None:
    positions = person(turned, path)
    pixels, depth = preset_camera(preset, positions).project(positions)
    assert np.all(depth > 0) and np.all((pixels > 0) & (pixels < 1000))
    if path == 0 and preset in ("front", "back", "left"):
        hips = preset_camera(preset, positions).to_camera(positions)[0, [1, 4]]  # right, left
        if preset == "front":
            assert hips[0, 0] < hips[1, 0]  # face to face, their right is on the picture's left
        elif preset == "back":
            assert hips[0, 0] > hips[1, 0]
        else:
            assert hips[1, 2] < hips[0, 2]  # the left hip is nearer
