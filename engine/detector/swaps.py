"""Left and right that a detector exchanged, found and put back, looking back only.

Detectors exchange left and right of the arms, of the legs, or of both, for runs of frames. People turn slowly: where
shoulders or hips would have turned faster than anybody does, and not so with sides exchanged, they were, which can be
told at low rates too (`engine.detector.facing`). Where that tells nothing, as from the side, and frames follow each
other closely, limbs belong to the side that goes on where the frames before leave off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.detector.facing import Facing
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.progress import passing

Float = NDArray[np.float64]

SURE = np.radians(7.0)
"""By which the angle of a pair has to fit better on one side."""
TOGETHER = np.radians(11.0)
"""What counts against arms and legs that are not exchanged together."""
LONGEST_S, MOST_S = 0.15, 0.12
"""Between two frames: after longer ones people may have turned, or their limbs may be anywhere."""
HELD_S = 1.0
"""So long limbs are put back without a break; then the detector is believed."""
MARGIN, FARTHEST = 0.05, 1.0
"""In sizes of the person: how much nearer the other side has to be in the mean of a limb's joints, and the most that
one joint counts."""
SHARE = 0.5
"""Of the distance as the detector has it: the other side's has to be less."""
SMOOTH = 0.5
"""Of the velocity: the share of the newest step."""
LIMBS = {"arms": ("shoulder", "elbow", "wrist"), "legs": ("hip", "knee", "ankle")}
_JOINTS = {
    limb: np.array([H36M_17.index(f"{side} {joint}") for side in ("left", "right") for joint in joints])
    for limb, joints in LIMBS.items()
}
_MIRROR = H36M_17.mirror


@dataclass
class _Before:
    """The frame before, put right: seconds, (17, 2) pixels and their velocity, which joints were seen, size."""

    time: float
    xy: Float
    velocity: Float
    seen: NDArray[np.bool_]
    size: float


class Swaps:
    """On H36M-17 keypoints of one person, as they come.

    found  frames so far in which something was put back
    """

    def __init__(self) -> None:
        self.found = 0
        self._before: _Before | None = None
        self._facing = Facing()
        self._since: dict[str, float] = {}

    def push(self, xy: Float, confidence: Float, time: float) -> tuple[Float, Float, tuple[str, ...]]:
        """Keypoints (17, 2), confidence (17,) of a frame -> the same put right, and the limbs that were exchanged."""
        seen, size = confidence > 0, size_of(xy, confidence > 0)
        before = self._before
        swapped: tuple[str, ...] = ()
        if before is None or time - before.time > LONGEST_S or not size:
            self._facing, before = Facing(), None
            self._since.clear()
        if size:
            angles = self._facing.angles(xy, seen, size, time)
            if before is not None:
                swapped = self._held(_exchanged(self._facing, angles, before, xy, seen, time), time)
            exchanged = [limb in swapped for limb in LIMBS]
            self._facing.push(np.where(exchanged, np.pi - angles, angles), time)
        order = np.arange(len(H36M_17))
        for limb in swapped:
            order[_JOINTS[limb]] = _MIRROR[_JOINTS[limb]]
        xy, confidence, seen = xy[order], confidence[order], seen[order]
        self._before = _after(before, xy, seen, size, time)
        self.found += bool(swapped)
        return xy, confidence, swapped

    def _held(self, exchanged: tuple[str, ...], time: float) -> tuple[str, ...]:
        """Those that were not put back for too long; the others begin anew as the detector has them."""
        self._since = {limb: self._since.get(limb, time) for limb in exchanged}
        for pair, limb in enumerate(LIMBS):
            if time - self._since.get(limb, time) > HELD_S:
                self._facing.turn_over(pair)
                del self._since[limb]
        return tuple(self._since)


def put_right(keypoints: Keypoints2D) -> tuple[Keypoints2D, NDArray[np.intp]]:
    """The keypoints of a recording with sides put right, and the frames in which something was put back."""
    swaps, xy, sure = Swaps(), np.empty_like(keypoints.xy), np.empty_like(keypoints.confidence)
    changed = np.zeros(len(keypoints), bool)
    for k, time in enumerate(keypoints.times):
        passing()
        xy[k], sure[k], swapped = swaps.push(keypoints.xy[k], keypoints.confidence[k], float(time))
        changed[k] = bool(swapped)
    return replace(keypoints, xy=xy, confidence=sure), np.flatnonzero(changed)


def _exchanged(
    facing: Facing, angles: Float, before: _Before, xy: Float, seen: NDArray[np.bool_], time: float
) -> tuple[str, ...]:
    arms, legs = better = facing.too_fast(angles, time) - facing.too_fast(np.pi - angles, time)
    worth = {
        (): 0.0,
        ("arms",): arms - SURE - TOGETHER,
        ("legs",): legs - SURE - TOGETHER,
        ("arms", "legs"): arms + legs - 2 * SURE,
    }
    found = max(worth, key=lambda limbs: worth[limbs])
    if time - before.time > MOST_S:
        return found
    expected = before.xy + before.velocity * (time - before.time)
    beside = limbs_exchanged(xy, seen & seen[_MIRROR] & before.seen, expected, before.size)
    return tuple(
        limb
        for limb, sure in zip(LIMBS, better, strict=True)
        if limb in found or (limb in beside and abs(sure) <= SURE)
    )


def limbs_exchanged(xy: Float, known: NDArray[np.bool_], expected: Float, size: float) -> tuple[str, ...]:
    """The limbs of keypoints (17, 2) whose other side is clearly nearer to where they are expected (17, 2).

    known (17,): joints that are compared; size of the person, in pixels.
    """
    found = []
    for limb, joints in _JOINTS.items():
        of = joints[known[joints]]
        if len(of):
            kept, other = (
                np.minimum(np.linalg.norm(xy[at] - expected[of], axis=-1), FARTHEST * size) for at in (of, _MIRROR[of])
            )
            if (kept - other).mean() > MARGIN * size and other.mean() < SHARE * kept.mean():
                found.append(limb)
    return tuple(found)


def _after(before: _Before | None, xy: Float, seen: NDArray[np.bool_], size: float, time: float) -> _Before:
    velocity = np.zeros_like(xy)
    if before is not None and time - before.time <= MOST_S:
        both = (seen & before.seen)[:, None]
        newest = np.where(both, (xy - before.xy) / max(time - before.time, 1e-3), 0.0)
        velocity = SMOOTH * newest + (1 - SMOOTH) * before.velocity
    return _Before(time, xy, velocity, seen, size)


def size_of(xy: Float, seen: NDArray[np.bool_]) -> float:
    """The longer side of the box around the joints that are seen, in pixels; 0 where there are none."""
    return float(np.ptp(xy[seen], axis=0).max()) if seen.any() else 0.0
