"""The follow camera: how 2D keypoints are brought into the form that a lifting model reads.

A virtual camera turns towards the person and zooms so that the person has unit size. Aim and zoom are weighted
means over time (exponential weights, time constant `SMOOTHING_S` on real time), so that they neither jump when
joints are masked nor depend on the frame rate. A bidirectional model may look both ways in time, a causal one only
back; frame by frame the causal form is a two-number recurrence (`FollowState`).

Turning the camera, rather than shifting the picture, keeps perspective exact: what the model predicts in the
follow camera's axes is rotated back into the real camera's with the same matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.models.encoding import Check, Encoded, EncoderStream, Float, go_on
from engine.models.lifting.assumed import require_h36m17
from engine.observation.assumed_camera import default_camera
from engine.observation.keypoints import Keypoints2D
from engine.observation.trial import Context
from engine.pieces import PIECE, by_pieces

SMOOTHING_S = 1.0
"""Time constant of aim and zoom, seconds: long against a step, short against a walk across the room."""
CHECK_EVERY = 1000
"""Frames between two questions whether the work is cancelled."""


@dataclass(frozen=True)
class Followed:
    """Keypoints as the follow camera sees them.

    inputs    (..., T, J, 3) x, y in units of the person's apparent size, and confidence; unseen joints are zero
    rotation  (..., T, 3, 3) real camera -> follow camera, acting on column vectors
    """

    inputs: Float
    rotation: Float


class FollowCamera:
    """The encoder of networks that were trained on what the follow camera sees; causal where it looks back only."""

    def __init__(self, *, causal: bool) -> None:
        self.causal = causal

    def whole(self, keypoints: Keypoints2D, context: Context, /, *, check: Check = go_on) -> Encoded:
        if len(keypoints) > 2 * PIECE:
            return _follow_long(keypoints, causal=self.causal, check=check)
        seen = follow(_rays(keypoints), keypoints.confidence, keypoints.times, causal=self.causal, check=check)
        return Encoded(keypoints.times, seen.inputs, seen.rotation)

    def stream(self, context: Context, /) -> EncoderStream:
        """The causal camera's; ValueError for one that looks ahead."""
        if not self.causal:
            raise ValueError("a follow camera that looks both ways in time cannot be streamed")
        return FollowStream()


class FollowStream:
    """The causal follow camera on frames as they come."""

    def __init__(self) -> None:
        self.state = FollowState()

    def step(self, keypoints: Keypoints2D, /) -> Encoded:
        rays, times = _rays(keypoints), keypoints.times
        if len(times) == 1:
            one = self.state.push(rays[0], keypoints.confidence[0], float(times[0]))
            return Encoded(times, one.inputs[None], one.rotation[None])
        seen = self.state.push_some(rays, keypoints.confidence, times)
        return Encoded(times, seen.inputs, seen.rotation)


def follow(rays: Float, confidence: Float, times: Float, *, causal: bool, check: Check = go_on) -> Followed:
    """See undistorted rays x/z, y/z (..., T, J, 2) through the follow camera.

    confidence (..., T, J), 0 = unseen; times (..., T) seconds.
    """
    seen = (confidence > 0).astype(rays.dtype)
    count = seen.sum(-1)
    aim = _running_mean(_sum(rays, seen), count, times, causal, check)
    rotation = aim_rotation(aim)
    turned = turn(rays, rotation)
    size = _running_mean(_square_spread(turned, seen)[..., None], count, times, causal, check)[..., 0]
    return Followed(_inputs(turned, np.sqrt(size), confidence), rotation)


def _follow_long(keypoints: Keypoints2D, *, causal: bool, check: Check) -> Encoded:
    """`follow` of keypoints a piece after the other: beside the result, only sums over joints are as long as the clip.

    Inputs in single precision, in which networks read them.
    """
    frames, times = len(keypoints), keypoints.times

    def seen(part: slice) -> Float:
        return (keypoints.confidence[part] > 0).astype(float)

    def aimed(part: slice) -> Float:
        check()
        return _sum(_rays(keypoints.take(part)), seen(part))

    count = by_pieces(lambda part: seen(part).sum(-1), frames)
    rotation = aim_rotation(_running_mean(by_pieces(aimed, frames), count, times, causal, check))

    def turned(part: slice) -> Float:
        check()
        return turn(_rays(keypoints.take(part)), rotation[part])

    spread = by_pieces(lambda part: _square_spread(turned(part), seen(part)), frames)
    size = np.sqrt(_running_mean(spread[:, None], count, times, causal, check)[:, 0])

    def read(part: slice) -> Float:
        return _inputs(turned(part), size[part], keypoints.confidence[part]).astype(np.float32)

    return Encoded(times, by_pieces(read, frames), rotation)


@dataclass
class FollowState:
    """The causal follow camera, frame by frame: running sums of what `follow(causal=True)` averages."""

    time: float = 0.0
    count: float = 0.0
    aim: Float | None = None
    size: float = 0.0

    def push(self, rays: Float, confidence: Float, time: float) -> Followed:
        """One frame: rays (J, 2), confidence (J,), seconds -> inputs (J, 3), rotation (3, 3)."""
        keep = np.exp(-(time - self.time) / SMOOTHING_S) if self.count else 0.0
        seen = (confidence > 0).astype(float)
        total = keep * self.count + seen.sum()
        here = (rays * seen[:, None]).sum(0)
        self.aim = here if self.aim is None else keep * self.aim + here
        rotation = aim_rotation(self.aim / max(total, 1e-9))
        turned = turn(rays, rotation)
        self.size = keep * self.size + float(_square_spread(turned, seen))
        self.time, self.count = time, total
        scale = np.sqrt(self.size / total) if total > 0 else 1.0
        return Followed(_inputs(turned, np.asarray(scale), confidence), rotation)

    def push_some(self, rays: Float, confidence: Float, times: Float) -> Followed:
        """Frames as of `push`, (T, J, 2), (T, J), (T,): what it gives of each in turn."""
        seen = (confidence > 0).astype(float)
        gaps = np.diff(times, prepend=self.time if self.count else times[0])
        keep = np.exp(-gaps / SMOOTHING_S)[:, None]
        aim = np.zeros(2) if self.aim is None else self.aim
        columns = np.concatenate([_sum(rays, seen), seen.sum(-1)[:, None]], -1)
        columns = np.concatenate([np.array([[*aim, self.count]]), columns])
        sums = _decaying_sum(columns, keep, go_on)[1:]
        total = np.maximum(sums[:, 2], 1e-9)
        rotation = aim_rotation(sums[:, :2] / total[:, None])
        turned = turn(rays, rotation)
        spreads = np.concatenate([[self.size], _square_spread(turned, seen)])[:, None]
        sizes = _decaying_sum(spreads, keep, go_on)[1:, 0]
        self.time, self.size = float(times[-1]), float(sizes[-1])
        self.aim, self.count = sums[-1, :2], float(sums[-1, 2])
        return Followed(_inputs(turned, np.sqrt(sizes / total), confidence), rotation)


def aim_rotation(aim: Float) -> Float:
    """Rotations (..., 3, 3) that bring the rays `aim` (..., 2) onto the optical axis: first pan, then tilt."""
    x, y = aim[..., 0], aim[..., 1]
    level = np.sqrt(1 + x * x)
    length = np.sqrt(1 + x * x + y * y)
    cos_pan, sin_pan = 1 / level, x / level
    cos_tilt, sin_tilt = level / length, y / length
    zero = np.zeros_like(x)
    return np.stack(
        [
            np.stack([cos_pan, zero, -sin_pan], -1),
            np.stack([-sin_tilt * sin_pan, cos_tilt, -sin_tilt * cos_pan], -1),
            np.stack([cos_tilt * sin_pan, sin_tilt, cos_tilt * cos_pan], -1),
        ],
        -2,
    )


def turn(rays: Float, rotation: Float) -> Float:
    """Rays (..., J, 2) as seen after a camera rotation (..., 3, 3)."""
    turned = rays @ np.swapaxes(rotation[..., :, :2], -1, -2) + rotation[..., None, :, 2]
    return np.asarray(turned[..., :2] / np.maximum(turned[..., 2:], 1e-3))


def _running_mean(total: Float, count: Float, times: Float, causal: bool, check: Check) -> Float:
    """Weighted mean over frames of per-joint values whose per-frame sums are `total` (..., T, C).

    A frame's weight falls off exponentially with its distance in time, on one side (causal) or on both.
    """
    columns = np.moveaxis(np.concatenate([total, count[..., None]], -1), -2, 0)  # (T, ..., C + 1)
    keep = np.exp(-np.diff(np.moveaxis(times, -1, 0), axis=0) / SMOOTHING_S)[..., None].astype(columns.dtype)
    sums = _decaying_sum(columns, keep, check)
    if not causal:
        sums = sums + _decaying_sum(columns[::-1], keep[::-1], check)[::-1] - columns
    sums = np.moveaxis(sums, 0, -2)
    return np.asarray(sums[..., :-1] / np.maximum(sums[..., -1:], 1e-9))


def _decaying_sum(values: Float, keep: Float, check: Check) -> Float:
    """s[0] = v[0], s[k] = keep[k-1] s[k-1] + v[k] along the first axis."""
    sums = values.copy()
    for k in range(1, len(sums)):
        sums[k] += keep[k - 1] * sums[k - 1]
        if k % CHECK_EVERY == 0:
            check()
    return sums


def _sum(rays: Float, seen: Float) -> Float:
    """Over the joints that are seen: (..., J, 2), (..., J) -> (..., 2)."""
    return np.asarray((rays * seen[..., None]).sum(-2))


def _square_spread(turned: Float, seen: Float) -> Float:
    """Sum over seen joints of their squared distance from their own mean: (..., J, 2) -> (...)."""
    count = np.maximum(seen.sum(-1), 1)[..., None, None]
    centre = (turned * seen[..., None]).sum(-2, keepdims=True) / count
    return np.asarray((((turned - centre) ** 2) * seen[..., None]).sum((-1, -2)))


def _inputs(turned: Float, size: Float, confidence: Float) -> Float:
    scaled = turned / np.maximum(size, 1e-6)[..., None, None]
    seen = confidence[..., None] > 0
    return np.concatenate([np.where(seen, scaled, 0.0), np.where(seen, confidence[..., None], 0.0)], -1)


def _rays(keypoints: Keypoints2D) -> Float:
    """(T, J, 2) undistorted rays of the keypoints' camera, or of the assumed one."""
    require_h36m17(keypoints)
    return (keypoints.camera or default_camera(keypoints.image_size)).rays(keypoints.xy)
