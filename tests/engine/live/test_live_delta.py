"""What a live model's Δ is multiplied by, against the experiment's rate policies on the whole clip."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.experiment.rate import RatePolicy, elapsed
from engine.live.delta import LiveDelta, live_delta

GAPS = np.array([2.0, 2.0, 3.5, 2.0, 6.0, 2.0, 2.0])


@pytest.mark.parametrize("policy", [RatePolicy(), RatePolicy(mode="trained"), RatePolicy(mode="factor", factor=1.5)])
def test_live_is_as_the_policy_on_a_clip(policy) -> None:
    delta = live_delta(policy.mode, policy.factor)
    found = [delta.push(gap) for gap in GAPS]
    times = np.concatenate([[0.0], np.cumsum(GAPS) / 60])
    whole = {"auto": elapsed(times, 60.0), "trained": 1.0, "factor": 1.5}[policy.mode]
    assert found == pytest.approx(np.broadcast_to(whole, len(times))[1:])


def test_nominal_is_the_median_so_far() -> None:
    delta = LiveDelta("nominal")
    assert [delta.push(gap) for gap in GAPS] == [np.median(GAPS[: k + 1]) for k in range(len(GAPS))]


def test_the_mode_may_be_changed_while_frames_come() -> None:
    delta = LiveDelta()
    assert delta.push(4.0) == 4.0
    delta.mode = "trained"
    assert delta.push(4.0) == 1.0
    delta.mode, delta.factor = "factor", 0.5
    assert delta.push(4.0) == 0.5


def test_live_frames_are_not_resampled() -> None:
    with pytest.raises(InputError, match="Live frames are not resampled: that needs later ones"):
        live_delta("resample")
