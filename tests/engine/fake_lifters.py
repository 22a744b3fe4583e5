"""A made-up motion, and models whose error on it is known."""

from dataclasses import dataclass, replace

import numpy as np

from engine.metrics.pose import root_relative
from engine.models.card import ModelCard
from engine.motion.clip import MotionClip
from engine.motion.interpolation import interpolate
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17

REST = np.array(
    [[0, 0, 0.95], [-0.13, 0, 0.95], [-0.13, 0, 0.5], [-0.13, 0, 0.08], [0.13, 0, 0.95], [0.13, 0, 0.5],
     [0.13, 0, 0.08], [0, 0, 1.2], [0, 0, 1.45], [0, -0.1, 1.55], [0, 0, 1.68], [0.17, 0, 1.42], [0.3, 0, 1.15],
     [0.35, -0.1, 0.9], [-0.17, 0, 1.42], [-0.3, 0, 1.15], [-0.35, -0.1, 0.9]]
)  # fmt: skip


def swaying(frames=120, hz=60.0, times=None) -> MotionClip:
    """A person whose joints sway at 1 Hz, walking along -Y."""
    times = np.arange(frames) / hz if times is None else times
    phase = 2 * np.pi * times[:, None] + np.arange(17)
    positions = REST + 0.03 * np.stack([np.sin(phase), np.cos(phase), 0.5 * np.sin(2 * phase)], -1)
    positions[..., 1] -= 0.8 * times[:, None]
    return MotionClip("swaying", times, positions, H36M_17)


CARD = ModelCard(name="known", system="none", summary="", causal=False, follows_rate="")


@dataclass
class Known:
    """Gives the truth at the keypoints' times, `delay_s` late and shifted by `offset_m` at every joint but the pelvis.

    Remembers what it was given.
    """

    truth: MotionClip
    offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    delay_s: float = 0.0
    card: ModelCard = CARD

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        self.given, self.rate, self.height_m = observation, rate, context.height_m
        positions = interpolate(self.truth.positions, self.truth.times, observation.times - self.delay_s)
        relative = root_relative(positions)
        relative[:, 1:] += np.array(self.offset_m)
        turned = relative @ context.camera.rotation.T
        return Joints(observation.times, turned, H36M_17, frame="camera", rooted=False)

    def at(self, hz):
        return replace(self, card=self.card.model_copy(update={"rate_hz": hz, "resample_hz": hz}))


def served(**models):
    """These models as `engine.experiment.run` asks for them, by the key of a choice."""
    return lambda choice: models[choice.key]
