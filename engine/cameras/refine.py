"""Cameras refined on what they see: joints of a person, or any points that several of them detect.

A tripod that was touched, or a calibration that was made at another time, shows as errors that hardly change from
frame to frame. Cameras and points are adjusted together, with a prior on the given poses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.cameras.bundle import Prior, moved_by
from engine.cameras.bundle_frames import adjust_on_frames, evenly
from engine.cameras.pinhole import Camera
from engine.cameras.swaps import Pairs
from engine.cameras.triangulation import Triangulated, triangulate
from engine.errors import InputError

Float = NDArray[np.float64]

PASSES = 2
WIDTH_PX = 20.0


@dataclass(frozen=True, eq=False)
class Refined:
    """Cameras before and after, with the median error of each view in pixels.

    moved   (V, 2) degrees and metres
    before, after   triangulations with the given and with the refined cameras
    """

    cameras: tuple[Camera, ...]
    moved: Float
    before: Triangulated
    after: Triangulated


def refine_cameras(
    cameras: Sequence[Camera],
    points: Float,
    confidences: Float,
    groups: Sequence[Pairs] = (),
    *,
    prior: Prior | Sequence[Prior] = Prior(),  # noqa: B008  a constant
    least_confidence: float = 0.0,
) -> Refined:
    """Refine the poses of cameras on detections points (T, V, J, 2) px with confidences (T, V, J).

    Exchanged sides are undone first, and gross errors weigh little. Frames are taken `evenly`.
    Raises InputError where fewer than ten points are seen by two cameras.
    """
    before = triangulate(cameras, points, confidences, groups, least_confidence=least_confidence)
    frames, views, joints = confidences.shape
    chosen = evenly(frames, joints)
    now, found = tuple(cameras), before
    priors = [prior] * views if isinstance(prior, Prior) else list(prior)
    for _ in range(PASSES):
        pixels = found.unswapped(points, groups)[chosen]
        weights = found.unswapped(np.where(confidences > least_confidence, confidences, 0.0), groups)[chosen]
        start = found.points[chosen]
        known = np.isfinite(start[..., 0]).sum()
        if known < 10:
            raise InputError(f"{known} points are seen by two cameras; refining needs 10 or more.")
        spread = _thinned(priors, len(chosen))
        now = adjust_on_frames(cameras, pixels, weights, start, prior=spread, width_px=WIDTH_PX)
        found = triangulate(now, points, confidences, groups, least_confidence=least_confidence)
    return Refined(now, moved_by(cameras, now), before, found)


def _thinned(spread: Sequence[Prior], frames: int) -> list[Prior]:
    """The prior weighed by the number of frames: their errors repeat themselves, so that they count as about ten."""
    share = np.sqrt(min(10.0 / frames, 1.0))
    return [Prior(p.rotation * share, p.centre * share, p.focal * share) for p in spread]
