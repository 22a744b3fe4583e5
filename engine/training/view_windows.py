"""Windows of motion capture as random rigs see them, through a detector's errors. Vectorised over the batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.models.lifting.layout import LAYOUT
from engine.models.mv_ssm.rig_encoding import packed
from engine.motion.stature import ANKLE_HEIGHT_M, bone_chain_length
from engine.observation.detector_noise import Noise, detector_errors
from engine.observation.virtual_rig import random_rigs, turned
from engine.observation.virtual_views import detected, in_views
from engine.training.motions import SOURCE_HZ, Motions, WindowSettings, exchange_limbs, sample_windows, vary_body

Float = NDArray[np.float32]

STANDS_M = 0.5
"""How far from the middle of the rig a person stands, along x and y."""
LARGER = 1.12
"""People are up to so much larger or smaller."""


@dataclass(frozen=True)
class ViewSettings:
    """How windows are seen.

    views     of every rig
    batch     windows, of `frames` frames at `hz`
    gaps      where sampling is irregular, as `WindowSettings` has it
    noise     the detector's errors, in every camera
    turned    share of windows with a camera that is not where its calibration says, and by how many degrees, at least
              and at most
    late_s    by how much one camera is late
    varied    whether people are varied: other bones, sizes and limbs than those that were recorded
    """

    views: int
    batch: int
    frames: int = 1
    hz: float = SOURCE_HZ
    gaps: NDArray[np.float64] | None = None
    noise: Noise = field(default_factory=Noise)
    turned: float = 0.0
    degrees: tuple[float, float] = (3.0, 3.0)
    late_s: float = 0.0
    varied: bool = False

    @property
    def before(self) -> int:
        """Frames before the window, which a late camera shows."""
        return math.ceil(self.late_s * self.hz)

    @property
    def windows(self) -> WindowSettings:
        frames, warp = self.frames + self.before, 1.25 if self.varied else 1.0
        return WindowSettings(frames, self.hz, True, self.batch, warp=warp, gaps=self.gaps)


@dataclass(frozen=True)
class ViewBatch:
    """inputs (B, F, V, 17, 15) as `packed` has them; targets (B, F, 17, 3) metres in the world; fov (B, V) radians."""

    inputs: Float
    targets: Float
    fov: NDArray[np.float64]


def view_batch(motions: Motions, settings: ViewSettings, rng: np.random.Generator) -> ViewBatch:
    """One batch: people, their rigs, what detectors see, and what the calibration says."""
    world = sample_windows(motions, settings.windows, rng)
    if settings.varied:
        world = vary_body(exchange_limbs(world, settings.windows.exchange, rng), rng)
        world = world * np.exp(rng.uniform(-1, 1, (len(world), 1, 1, 1)) * np.log(LARGER))
    middle = world[:, :, 0, :2].mean(1) + rng.uniform(-STANDS_M, STANDS_M, (len(world), 2))
    world = world - np.pad(middle, ((0, 0), (0, 1)))[:, None, None]
    rigs = random_rigs(len(world), settings.views, rng)
    flat, depth = in_views(world, rigs.axes, rigs.centres)
    if settings.before:
        share = settings.late_s * settings.hz - settings.before + 1
        flat, depth = _with_one_late(flat, depth, settings.before, share, rng)
    errors = detector_errors(settings.noise, len(world), settings.views, settings.windows.times, rng)
    height = bone_chain_length(world[:, 0]) + ANKLE_HEIGHT_M
    flat, confidence = detected(flat, depth, height, errors, LAYOUT.mirror)
    seen = (np.abs(flat).max(-1) <= np.tan(rigs.fov / 2)[..., None, None]) & (depth > 0)
    confidence = np.where(seen, confidence, 0.0)
    axes = _as_calibrated(rigs.axes, settings, rng)
    flat, confidence = np.moveaxis(flat, 1, 2), np.moveaxis(confidence, 1, 2)  # frames before views
    inputs = packed(flat, confidence, axes[:, None], rigs.centres[:, None])[:, settings.before :]
    return ViewBatch(inputs.astype(np.float32), world[:, settings.before :].astype(np.float32), rigs.fov)


def _with_one_late(
    flat: NDArray[np.float64], depth: NDArray[np.float64], late: int, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is seen (B, V, T, J, ...) with one camera of each rig late by `share` between `late - 1` and `late` frames.

    The first frames show what they show.
    """
    one = np.arange(flat.shape[1]) == rng.integers(flat.shape[1], size=(len(flat), 1))

    def between(seen: NDArray[np.float64]) -> NDArray[np.float64]:
        old = seen.copy()
        old[:, :, late:] = share * seen[:, :, :-late] + (1 - share) * seen[:, :, 1 : seen.shape[2] - late + 1]
        return np.where(one.reshape(*one.shape, *[1] * (seen.ndim - 2)), old, seen)

    return between(flat), between(depth)


def _as_calibrated(axes: NDArray[np.float64], settings: ViewSettings, rng: np.random.Generator) -> NDArray[np.float64]:
    """Axes (B, V, 3, 3) of which some rigs have one camera turned."""
    batch, views = axes.shape[:2]
    one = np.arange(views) == rng.integers(views, size=(batch, 1))
    chosen = one & (rng.random((batch, 1)) < settings.turned)
    angle = np.radians(rng.uniform(*settings.degrees, (batch, views)))
    return turned(axes, np.where(chosen, angle, 0.0), rng)
