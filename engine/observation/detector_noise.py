"""The errors of a 2D detector, as they were measured on people in several views (detector.md, section 2.4).

A joint's error is a constant bias of camera and joint, a slow part with a memory of 0.1 s, and a white part; both of
the latter have a Student distribution's tails, in runs, since what is hard to see stays hard for a while. Joints of a
limb err together. There are gross errors and missing joints, and cameras that exchange left and right, all in runs,
and cameras whose calibration is a little off. Sizes are fractions of the person's height in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

MEMORY_S, TAIL_MEMORY_S, SWAP_MEMORY_S = 0.2, 0.5, 0.15
"""With white parts, tails and the mean of 100 frames taken away, errors come near the measured memory of 0.1 s."""
LARGEST_TAIL = 12.0
"""Of the Student factor."""
WRISTS = tuple(H36M_17.index(name) for name in ("left wrist", "right wrist"))

_KINDS = ("nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_OF_JOINT = ("hip", "hip", "knee", "ankle", "hip", "knee", "ankle", "hip", "shoulder", "nose", "nose",
             "shoulder", "elbow", "wrist", "shoulder", "elbow", "wrist")  # fmt: skip
_WITH = {"ankle": ("knee", 0.7), "knee": ("hip", 0.65), "wrist": ("elbow", 0.75), "elbow": ("shoulder", 0.6)}
"""A joint errs with the next one on its limb; tails and white parts, which are its own, leave 0.3 to 0.5 of it."""


@dataclass(frozen=True)
class Detector:
    """One detector's errors, in per cent of the person's height, in the order of `_KINDS`.

    bias   mean length of the constant one
    total  standard deviation of an axis, slow and white together, and white of the white part alone
    freedom  degrees of freedom of the tails, and what the deviations are multiplied by with them: those measured leave
             the tails out
    gross  share of joints that are 5 to 20 % off; three times as many wrists
    missing  share of joints that are not seen
    """

    name: str
    bias: tuple[float, ...]
    total: tuple[float, ...]
    white: tuple[float, ...]
    freedom: int
    scale: float
    gross: float
    missing: float


HEAVY = Detector("heavy", (1.2, 0.33, 0.49, 0.46, 0.66, 0.38, 0.26), (0.71, 0.39, 0.75, 0.83, 0.48, 0.81, 0.51),
                 (0.31, 0.14, 0.20, 0.20, 0.13, 0.19, 0.18), 3, 0.7, 0.001, 0.042)  # fmt: skip
FULL = Detector("full", (1.1, 0.6, 0.8, 0.8, 0.9, 0.7, 0.6), (1.44, 0.84, 1.29, 1.11, 0.86, 1.19, 1.23),
                (0.34, 0.17, 0.26, 0.25, 0.20, 0.25, 0.27), 2, 0.55, 0.006, 0.009)  # fmt: skip
LITE = Detector("lite", (1.3, 0.9, 0.9, 0.9, 1.0, 0.9, 0.9), (1.15, 1.18, 1.54, 1.58, 1.09, 1.39, 1.77),
                (0.34, 0.23, 0.35, 0.37, 0.20, 0.32, 0.38), 2, 0.65, 0.03, 0.006)  # fmt: skip
DETECTORS = {detector.name: detector for detector in (HEAVY, FULL, LITE)}


@dataclass(frozen=True)
class Noise:
    """A detector in the cameras of a rig.

    shifted     share of recordings whose cameras are off by a constant 0.5 to 2 % each
    swapping    share of recordings with one camera that exchanges left and right, in `exchanged` of the frames
    blind       share of recordings in which one of three or more cameras sees nothing
    missing     share of joints that are not seen; None: the detector's
    """

    detector: Detector = FULL
    shifted: float = 0.5
    swapping: float = 0.1
    exchanged: float = 0.5
    blind: float = 0.0
    missing: float | None = None

    def times(self, factor: float) -> Noise:
        """With so many times the errors of the detector; 0 is a perfect one."""
        d = self.detector
        bias, total, white = (tuple(factor * x for x in sizes) for sizes in (d.bias, d.total, d.white))
        gross, missing = min(factor * d.gross, 0.2), min(factor * d.missing, 0.5)
        detector = replace(d, bias=bias, total=total, white=white, gross=gross, missing=missing)
        some = float(factor > 0)
        return replace(self, detector=detector, shifted=some * self.shifted, swapping=some * self.swapping)


PERFECT = Noise().times(0)


@dataclass(frozen=True, eq=False)
class Errors:
    """What goes wrong in N recordings of V cameras and T frames.

    offset      (N, V, T, J, 2) fractions of the person's height
    missing     (N, V, T, J) joints that are not seen
    exchanged   (N, V, T) frames in which left and right are exchanged
    confidence  (N, V, T, J) what the detector says, in (0, 1), 0 for missing joints
    """

    offset: Float
    missing: Bool
    exchanged: Bool
    confidence: Float

    def take(self, frames: slice) -> Errors:
        """Those of some of the frames."""
        return Errors(
            self.offset[:, :, frames],
            self.missing[:, :, frames],
            self.exchanged[:, :, frames],
            self.confidence[:, :, frames],
        )


def detector_errors(noise: Noise, recordings: int, views: int, times: Float, rng: np.random.Generator) -> Errors:
    """Errors of H36M-17 in N recordings of V views at times (T,) seconds."""
    detector, joints = noise.detector, len(H36M_17)
    bias, total, white = (_by_joint(x) for x in (detector.bias, detector.total, detector.white))
    walks = _walk((recordings, views), (joints, 7), times, MEMORY_S, rng)
    tails = _walk((recordings, views), (joints, detector.freedom), times, TAIL_MEMORY_S, rng)
    slow, gross = walks[..., :2], walks[..., 2:4]
    gross_gate, missing_gate, sure = (walks[..., k] for k in (4, 5, 6))
    shape = slow.shape
    tail = np.sqrt(detector.freedom / np.maximum((tails**2).sum(-1), detector.freedom / LARGEST_TAIL**2))[..., None]
    slow_sd = np.sqrt(np.maximum(total**2 - white**2, 0))[:, None]
    moving = slow_sd * _along_limbs(slow) + white[:, None] * rng.standard_normal(shape, np.float32)
    constant = 0.8 * bias[:, None] * rng.standard_normal((*shape[:2], 1, joints, 2), np.float32)  # 0.8: mean length 1
    offset = constant + detector.scale * tail * moving
    share = np.full(joints, detector.gross)
    share[list(WRISTS)] *= 3
    length = np.linalg.norm(gross, axis=-1, keepdims=True)
    far = (0.05 + 0.15 * (1 - np.exp(-(length**2) / 2))) / np.maximum(length, 1e-6)  # uniform from 5 to 20 %
    offset = np.where((gross_gate < _threshold(share))[..., None], far * gross, offset)
    confidence = 1 / (1 + np.exp(18 * np.linalg.norm(offset, axis=-1) - 2.5 - sure))
    offset = offset + _shifts(noise, recordings, views, rng)
    lost = detector.missing if noise.missing is None else noise.missing
    missing = (missing_gate < _threshold(np.full(joints, lost))) | _blind(noise, recordings, views, rng)
    exchanged = _exchanged(noise, recordings, views, times, rng)
    return Errors(offset, missing, exchanged, np.where(missing, 0.0, confidence))


def _walk(
    lead: tuple[int, int], tail: tuple[int, ...], times: Float, memory_s: float, rng: np.random.Generator
) -> Float:
    """Normal numbers (*lead, T, *tail) of variance 1 whose correlation falls to 1/e in `memory_s`: AR(1)."""
    walk = rng.standard_normal((len(times), *lead, *tail), np.float32)
    kept = np.exp(-np.abs(np.diff(times)) / memory_s)  # an unsteady clock may have frames change places
    for frame, share in enumerate(kept, 1):
        walk[frame] = share * walk[frame - 1] + np.sqrt(1 - share**2) * walk[frame]
    return np.asarray(np.moveaxis(walk, 0, 2))


def _along_limbs(errors: Float) -> Float:
    """Errors (..., J, 2), of which those of a limb go together."""
    out = errors.copy()
    for joint in H36M_17.order:
        kind, parent = _OF_JOINT[joint], H36M_17.parents[joint]
        other, share = _WITH.get(kind, ("", 0.0))
        if parent >= 0 and _OF_JOINT[parent] == other:
            out[..., joint, :] = share * out[..., parent, :] + np.sqrt(1 - share**2) * errors[..., joint, :]
    return out


def _shifts(noise: Noise, recordings: int, views: int, rng: np.random.Generator) -> Float:
    """(N, V, 1, 1, 2) of cameras whose calibration is off."""
    off = rng.random((recordings, 1)) < noise.shifted
    length, angle = rng.uniform(0.005, 0.02, (recordings, views)), rng.uniform(0, 2 * np.pi, (recordings, views))
    shift = np.stack([np.cos(angle), np.sin(angle)], -1) * (length * off)[..., None]
    return np.asarray(shift[:, :, None, None].astype(np.float32))


def _blind(noise: Noise, recordings: int, views: int, rng: np.random.Generator) -> Bool:
    """(N, V, 1, 1) cameras that see nothing."""
    one = (np.arange(views) == rng.integers(views, size=(recordings, 1))) & (views > 2)
    return np.asarray((one & (rng.random((recordings, 1)) < noise.blind))[:, :, None, None])


def _exchanged(noise: Noise, recordings: int, views: int, times: Float, rng: np.random.Generator) -> Bool:
    """(N, V, T)."""
    one = np.arange(views) == rng.integers(views, size=(recordings, 1))
    bad = one & (rng.random((recordings, 1)) < noise.swapping)
    return np.asarray(bad[..., None] & exchanges(noise.exchanged, recordings, times, rng))


def exchanges(share: float, recordings: int, times: Float, rng: np.random.Generator) -> Bool:
    """(N, 1, T) that share of the frames, in runs: when a camera that does so exchanges left and right.

    With the same draws a larger share contains a smaller one.
    """
    return np.asarray(_walk((recordings, 1), (), times, SWAP_MEMORY_S, rng) < _threshold(np.array(share)))


def _by_joint(of_kinds: tuple[float, ...]) -> Float:
    """(J,) fractions from per cent by kind."""
    return np.array([of_kinds[_KINDS.index(kind)] / 100 for kind in _OF_JOINT], np.float32)


def _threshold(share: Float) -> Float:
    """Below which that share of normal numbers lies."""
    normal = NormalDist()
    return np.vectorize(lambda p: -np.inf if p <= 0 else np.inf if p >= 1 else normal.inv_cdf(p), otypes=[float])(share)
