"""Predictions that are no numbers end a run with one sentence."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from fake_lifters import Known, served, swaying

from engine.errors import InputError
from engine.experiment.finite import check_finite
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.motion.pose import BodyPose, ClassScores

CLIP = swaying()


@dataclass
class Broken(Known):
    value: float = np.nan

    def forward(self, observation, rate, context, **options):
        found = super().forward(observation, rate, context)
        found.positions[7, 3, 1] = self.value
        return found


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_run_says_which_model_and_frame(value):
    experiment = Experiment(models=(ModelChoice(name="known"),))
    with pytest.raises(InputError, match=r"^known: .* frame 7 of 120 .*;") as raised:
        run(experiment, recording=CLIP, models=served(known=Broken(CLIP, value=value)))
    assert str(raised.value).count(". ") == 0
    run(experiment, recording=CLIP, models=served(known=Known(CLIP)))


def test_bodies_and_scores_are_checked():
    times = np.arange(9000) / 60
    rotations = np.tile([1.0, 0, 0, 0], (9000, 24, 1))
    body = BodyPose(times, rotations, None, np.zeros(0), "kinestate", offsets=np.zeros((24, 3)))
    scores = ClassScores(times, ("a", "b"), np.full((9000, 2), 0.5))
    for good in (body, scores):
        check_finite(good, "m")
    rotations = rotations.copy()
    rotations[8123, 2, 0] = np.nan
    with pytest.raises(InputError, match="rotations from frame 8123 of 9000"):
        check_finite(replace(body, rotations=rotations), "m")
    with pytest.raises(InputError, match="offsets"):
        check_finite(replace(body, offsets=np.full((24, 3), np.inf)), "m")
    with pytest.raises(InputError, match="probabilities"):
        check_finite(replace(scores, probabilities=np.full((9000, 2), np.nan)), "m")
