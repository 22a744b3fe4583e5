"""Values between the frames."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiment.rate import resampled
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D


def moving(times: np.ndarray) -> Keypoints2D:
    """Every joint goes right by 60 pixels a second."""
    xy = np.zeros((len(times), 17, 2))
    xy[..., 0] = 60 * times[:, None]
    return Keypoints2D("moving", times, xy, np.ones((len(times), 17)), H36M_17, (100, 100))


@pytest.mark.parametrize("hz", [10.0, 30.0, 60.0])
def test_keypoints_that_have_the_rate_are_left_alone(hz: float) -> None:
    keypoints = moving(0.3 + np.arange(20) / hz)
    assert resampled(keypoints, hz) is keypoints


def test_a_straight_motion_is_met_at_every_new_time() -> None:
    keypoints = moving(np.array([0.0, 0.05, 0.08, 0.2]))
    given = resampled(keypoints, 60.0)
    np.testing.assert_allclose(given.times, np.arange(13) / 60, atol=1e-12)
    np.testing.assert_allclose(given.xy[..., 0], np.repeat(60 * given.times[:, None], 17, 1), atol=1e-9)


def test_between_two_frames_a_joint_is_seen_only_if_both_see_it() -> None:
    keypoints = moving(np.arange(3) / 10)
    keypoints.confidence[1, 4] = 0.0
    given = resampled(keypoints, 20.0)
    assert given.confidence[:, 4].tolist() == [1, 0, 0, 0, 1]
    assert given.confidence[:, 5].tolist() == [1, 1, 1, 1, 1]


def test_a_gap_of_years_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"moving: its timestamps span 1e\+09 s.*let Δ follow"):
        resampled(moving(np.array([0.0, 0.1, 1e9])), 60.0)
