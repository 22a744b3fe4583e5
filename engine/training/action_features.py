"""What a trunk that is not trained makes of labelled clips: means over time of its representation, found once.

Random ones to learn from: windows of clips, other people's bones, speeds, cameras, detectors' noise and hidden joints
as for lifting, at several frame rates. Plain ones to measure with: each clip as the experiment shows it at 20 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.lifting.follow import FollowCamera, follow
from engine.models.lifting.layout import LAYOUT
from engine.motion.clip import MotionClip
from engine.observation.observe import observe
from engine.observation.trial import Context
from engine.training.action_clips import ActionClips
from engine.training.motions import SOURCE_HZ, WindowSettings, degrade, in_cameras, random_cameras, vary_body
from engine.writing import written_beside

Float = NDArray[np.float32]

RATES_HZ = (60.0, 30.0, 15.0, 10.0, 10.0, 10.0)
LONGEST_S = 5.0
WARP = 1.2
AT = 4
"""Moments that are kept of a random window."""
PLAIN_HZ = 20.0
EVERY_S = 0.25
"""The frame rate of plain clips, and the time from one of their moments to the next."""
CAMERA = "front"


class Trunk(Protocol):
    """A network of actions; `engine.models.hummuss.action.HumMUSSAction` is one."""

    causal: bool

    def __call__(self, u: Tensor, rate: float, *, return_representation: bool) -> Tensor: ...
    def pooled(self, x: Tensor, rate: float) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class Features:
    """Means (N, J, R), float16, and the clip (N,) that each is of."""

    means: NDArray[np.float16]
    clips: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path, trunk: str) -> Features | None:
        """Those that were found with a trunk; None where there are none."""
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["means"], arrays["clips"]) if str(arrays["trunk"]) == trunk else None

    def save(self, path: Path, trunk: str) -> None:
        with written_beside(path) as part:
            np.savez(part, means=self.means, clips=self.clips, trunk=np.array(trunk))


def random_features(trunk: Trunk, clips: ActionClips, windows: int, seed: int = 0) -> Features:
    """`AT` moments of each of so many random windows, as many of each label, and of each of its people."""
    found, of = [], []
    for number in range(windows):
        rng = np.random.default_rng((seed, number))
        clip = _drawn(clips, number, rng)
        inputs, hz = _window(clips.clip(clip), trunk.causal, rng)
        means = _means(trunk, inputs, hz)
        found.append(means[rng.integers(0, len(means), AT)])
        of += [clip] * AT
    return Features(np.concatenate(found), np.array(of))


def plain_features(trunk: Trunk, clips: ActionClips) -> Features:
    """Moments of every clip, `EVERY_S` apart, as `CAMERA` sees it."""
    found, of = [], []
    for number in range(len(clips)):
        positions = clips.clip(number).astype(float)
        clip = MotionClip("clip", np.arange(len(positions)) / SOURCE_HZ, positions, LAYOUT)
        trial = observe(clip, CAMERA)
        kept = trial.observation.take(slice(None, None, round(SOURCE_HZ / PLAIN_HZ)))
        seen = FollowCamera(causal=trunk.causal).whole(kept, Context(trial.height.metres))
        means = _means(trunk, seen.inputs.astype(np.float32), PLAIN_HZ)[:: round(EVERY_S * PLAIN_HZ)]
        found.append(means)
        of += [number] * len(means)
    return Features(np.concatenate(found), np.array(of))


def _means(trunk: Trunk, inputs: Float, hz: float) -> NDArray[np.float16]:
    """(F, J, R) of inputs (F, J, 3)."""
    rate = SOURCE_HZ / hz
    with torch.inference_mode():
        seen = trunk(torch.from_numpy(inputs)[None], rate, return_representation=True)
        means = trunk.pooled(seen.flatten(-2), rate)[0]
    return np.asarray(torch.unflatten(means, -1, seen.shape[-2:]).half().numpy())


def _drawn(clips: ActionClips, number: int, rng: np.random.Generator) -> int:
    """The number of a clip: labels take turns, then any of its people, then any of their frames."""
    classes = np.unique(clips.labels)
    of_label = clips.labels == classes[number % len(classes)]
    person = rng.choice(np.unique(clips.people[of_label]))
    fits = np.flatnonzero(of_label & (clips.people == person))
    frames = np.diff(clips.starts)[fits]
    return int(rng.choice(fits, p=frames / frames.sum()))


def _window(clip: Float, causal: bool, rng: np.random.Generator) -> tuple[Float, float]:
    """Inputs (F, J, 3) of a random part of a clip, as a random camera sees it, and their rate."""
    hz = float(rng.choice(RATES_HZ))
    speed = float(np.exp(rng.uniform(-1, 1) * np.log(WARP)))
    lasts = (len(clip) - 1) / SOURCE_HZ / speed
    seconds = min(LONGEST_S, lasts)
    frames = int(seconds * hz + 1e-6) + 1
    where = SOURCE_HZ * speed * (rng.uniform(0, max(lasts - seconds, 1e-9)) + np.arange(frames) / hz)
    low = np.clip(where.astype(int), 0, len(clip) - 2)
    part = np.clip(where - low, 0, 1).astype(np.float32)[:, None, None]
    world = (clip[low] * (1 - part) + clip[low + 1] * part)[None]
    if rng.random() < 0.5:
        world = world[:, :, list(LAYOUT.mirror)] * np.array([-1, 1, 1], np.float32)
    world = vary_body(world, rng)
    camera = in_cameras(world, *random_cameras(world, rng))
    settings = WindowSettings(frames, hz, causal, 1)
    rays, confidence = degrade(camera[..., :2] / camera[..., 2:], np.ones(camera.shape[:-1], np.float32), settings, rng)
    times = settings.times[None]
    seen = follow(rays.astype(float), confidence.astype(float), times, causal=causal)
    return seen.inputs[0].astype(np.float32), hz
