"""People and cameras as they come: any orientation, views from floor to ceiling, the keypoints of a 2D detector.

Plain windows (`engine.training.motions`) show upright people to cameras near eye level with white noise. Measured on
people whom the models had not seen, the worst clip was then a cartwheel and the worst camera the high one, and half
hidden joints cost smoothness most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from engine.models.lifting.layout import LAYOUT
from engine.models.registry import Varied
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.detector_noise import DETECTORS, Noise, detector_errors

Float = NDArray[np.float32]

EYES = 0.35
"""How far the mean of the eyes lies on the way from nose to head top: MediaPipe's points know no head top."""
LEANING = np.radians(60)
"""Largest tilt of the half of the tumbled people who do not lie at random."""
MISSING = 0.3
"""Largest share of joints that a detector misses, in runs, in half of the steps; else as many as it was measured to."""


@dataclass(frozen=True)
class Variety:
    """Shares of the windows, and what is asked of them besides.

    tumbled   of people turned about their pelvis as a whole: half of them lean, the others lie in any way
    anywhere  of cameras from floor to ceiling, nearer and farther
    detected  of views through a 2D detector with its measured errors instead of noise and hidden joints
    eyes      of views whose head top is the mean of the eyes, as some detectors' is
    acceleration  weight of the loss's acceleration term, in square seconds: a detector's errors shake. A weight of 0.01
              instead of 0.001 halves what shaking is left, and a causal network then comes late: the clean error was a
              quarter larger
    """

    tumbled: float = 0.0
    anywhere: float = 0.0
    detected: float = 0.0
    eyes: float = 0.0
    acceleration: float = 0.0


PLAIN = Variety()
SOME = Variety(tumbled=0.03, anywhere=0.1, detected=0.1, eyes=0.05)
AS_THEY_COME = Variety(tumbled=0.1, anywhere=0.3, detected=0.3, eyes=0.15, acceleration=0.001)
VARIETIES: dict[Varied, Variety] = {"plain": PLAIN, "some": SOME, "as they come": AS_THEY_COME}
"""By `ModelEntry.variety`."""


def tumble(world: Float, share: float, rng: np.random.Generator) -> Float:
    """World windows (B, F, J, 3), some of whose people are turned about the mean place of their pelvis."""
    if share == 0:
        return world
    batch = len(world)
    anyhow = Rotation.random(batch, random_state=rng).as_matrix()
    azimuth, tilt = rng.uniform(-np.pi, np.pi, batch), rng.uniform(0, LEANING, batch)
    axis = np.stack([np.cos(azimuth), np.sin(azimuth), np.zeros(batch)], -1)
    leaning = Rotation.from_rotvec(axis * tilt[:, None]).as_matrix()
    turn = np.where((rng.random(batch) < 0.5)[:, None, None], anyhow, leaning)
    turn = np.where((rng.random(batch) < share)[:, None, None], turn, np.eye(3)).astype(np.float32)
    middle = world[:, :, :1].mean(1, keepdims=True)
    turned: Float = (world - middle) @ np.swapaxes(turn, 1, 2)[:, None] + middle
    return turned


def with_eyes(camera: Float, share: float, rng: np.random.Generator) -> Float:
    """The points (B, F, J, 3) that are seen: in some windows the mean of the eyes for the head top."""
    if share == 0:
        return camera
    nose, head = (LAYOUT.names.index(name) for name in ("nose", "head top"))
    out = camera.copy()
    chosen = (rng.random(len(camera)) < share)[:, None, None]
    eyes = camera[:, :, nose] + EYES * (camera[:, :, head] - camera[:, :, nose])
    out[:, :, head] = np.where(chosen, eyes, camera[:, :, head])
    return out


def detect(
    rays: Float, confidence: Float, depth: Float, chain_m: NDArray[np.float64], times: NDArray[np.float64],
    share: float, rng: np.random.Generator,
) -> tuple[Float, Float, NDArray[np.bool_]]:  # fmt: skip
    """Some of the views through a detector: rays (B, F, J, 2), confidence (B, F, J), and which views it were (B,).

    depth (B, F) metres and the bone chain's length (B,) say how tall a person is in the picture. One detector errs in
    all windows of a step. Half of the views say 1 for every joint that is seen.
    """
    chosen = rng.random(len(rays)) < share
    if not chosen.any():
        return rays, confidence, chosen
    detector = DETECTORS[str(rng.choice(list(DETECTORS)))]
    missing = rng.uniform(0, MISSING) if rng.random() < 0.5 else None
    noise = Noise(detector, shifted=0.0, swapping=0.05, missing=missing).times(rng.uniform(0.5, 1.5))
    errors = detector_errors(noise, int(chosen.sum()), 1, times, rng)
    height = (chain_m[chosen] + ANKLE_HEIGHT_M)[:, None] / np.maximum(depth[chosen], 0.1)
    seen = rays[chosen]
    seen = np.where(errors.exchanged[:, 0, :, None, None], seen[:, :, LAYOUT.mirror], seen)
    seen = np.asarray(seen + errors.offset[:, 0] * height[..., None, None], np.float32)
    sure = (rng.random(len(seen)) < 0.5)[:, None, None] & ~errors.missing[:, 0]
    said = np.where(sure, 1.0, errors.confidence[:, 0])
    rays, confidence = rays.copy(), confidence.copy()
    rays[chosen] = np.where(said[..., None] > 0, seen, seen.mean((1, 2), keepdims=True))
    confidence[chosen] = said
    return rays, confidence, chosen
