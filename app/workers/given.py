"""What one model of the experiment is given. No Qt; runs in a worker."""

from __future__ import annotations

from dataclasses import dataclass

from engine.experiment.pipeline import Float, as_given, degrade, observe, person_height
from engine.experiment.settings import DeltaSetting, Experiment, ModelChoice
from engine.motion.clip import MotionClip
from engine.observation.keypoints import Keypoints2D


@dataclass(frozen=True)
class Given:
    """The keypoints (H36M-17), what Δ is multiplied by, and the person's height, which is metres."""

    keypoints: Keypoints2D
    delta: DeltaSetting
    rate: float | Float
    height_m: float


def given_to(
    choice: ModelChoice,
    experiment: Experiment,
    clip: MotionClip | Keypoints2D,
    trained_hz: float,
    *,
    may_resample: bool = True,
) -> Given:
    """As `engine.experiment.pipeline.run` would give it; without resampling if that may not be. Raises InputError."""
    observation = observe(clip, experiment.camera, experiment.frames)
    kept = degrade(observation.keypoints, experiment.input)
    delta, resample = experiment.way_of(choice)
    keypoints, rate = as_given(kept, trained_hz, delta=delta, resample=resample and may_resample)
    height_m, _ = person_height(observation, experiment.height_m)
    return Given(keypoints, delta, rate, height_m)
