"""Frame rates as files have them."""

from pathlib import Path

import numpy as np
import pytest

from engine.data.rates import KEYS, USUAL_HZ, frame_step, rate_in, rate_of_frame_time
from engine.errors import InputError

HERE = Path("a.npz")


@pytest.mark.parametrize(
    ("seconds", "hz"),
    [(0.033, 30), (0.0333, 30), (0.033333, 30), (0.0333333, 30), (0.0334, 29.97), (0.04, 25), (0.0417, 24),
     (0.0416, 24), (0.016667, 60), (0.016666, 60), (0.0167, 60), (0.0166, 60), (0.017, 60), (0.0083, 120),
     (0.00833333, 120), (0.008, 125), (0.01, 100), (0.02, 50), (0.1, 10), (0.005, 200), (0.011, 90), (0.0111, 90),
     (0.016683, 59.94), (0.033367, 29.97), (0.041708, 23.976), (0.0123456, 1 / 0.0123456), (0.5, 2)],
)  # fmt: skip
def test_frame_times_of_few_digits(seconds, hz):
    assert rate_of_frame_time(seconds) == pytest.approx(hz)


@pytest.mark.parametrize("hz", USUAL_HZ)
@pytest.mark.parametrize("digits", [5, 6, 7, 8, 10])
def test_a_usual_rate_comes_back(hz, digits):
    assert rate_of_frame_time(round(1 / hz, digits)) == pytest.approx(hz, rel=2e-3)


@pytest.mark.parametrize("key", [*KEYS, "FPS", "FrameRate"])
@pytest.mark.parametrize("value", [25, 25.0, "25", "25 fps", " 25.0 Hz", b"25", np.array("25"), np.array([25.0])])
def test_every_key_and_every_form(key, value):
    stated = rate_in(HERE, {"poses": 3, key: value})
    assert stated is not None and (stated.key, stated.hz) == (key, 25.0)


@pytest.mark.parametrize("value", ["fast", "", None, [25], float("nan"), np.array([25, 25]), "1e309", b"\xff"])
def test_a_value_that_is_no_rate(value):
    with pytest.raises(InputError, match=r"^a\.npz: fps is not a number"):
        rate_in(HERE, {"fps": value})


def test_no_rate():
    assert rate_in(HERE, {"poses": 3}) is None
    with pytest.raises(InputError, match="rate is 0 "):
        rate_in(HERE, {"fps": 0})


@pytest.mark.parametrize(
    ("numbers", "step"), [([0, 5, 10], 5), ([3, 8, 18], 5), ([0, 1, 2], 1), ([0, 5], 1), ([7], 1), ([0, 5, 11], 1)]
)
def test_steps_of_frame_numbers(numbers, step):
    assert frame_step(numbers) == step
