"""Training windows: motion capture seen by random cameras, as batches for a lifting model.

Everything is vectorised over the batch in NumPy; a batch of 32 windows takes a few milliseconds. What is random,
per window: the clip and where in it, the speed (time-warp), left/right mirror, whose limbs, every bone's length,
the camera's azimuth, height, distance, roll and field of view, pixel noise, and which joints are hidden; what more
people and cameras differ by is in `engine.training.variety`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.models.lifting.follow import follow
from engine.models.lifting.layout import LAYOUT
from engine.motion.stature import bone_chain_length
from engine.training.damaged import reading
from engine.training.variety import PLAIN, Variety, detect, tumble, with_eyes

Float = NDArray[np.float32]

SOURCE_HZ = 60.0
ELEVATION_DEG, AWAY_M = (-30.0, 85.0), (0.4, 12.0)
"""Of cameras that stand anywhere: above the horizon, and from the nearest that the person comes."""


@dataclass(frozen=True)
class Motions:
    """Clips laid end to end: positions (N, 17, 3) metres at 60 Hz, H36M-17, and where each clip starts (K + 1)."""

    positions: Float
    starts: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> Motions:
        """Read the cache that `engine.data.cmu.cache_split` writes."""
        with reading(path), np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["positions"].astype(np.float32), arrays["starts"].astype(np.int64))


@dataclass(frozen=True)
class WindowSettings:
    """frames per window at `hz`; causal decides which way the follow camera looks.

    clean: share of windows without noise or hidden joints (evaluation on true 2D stays in distribution);
    the others get Gaussian noise of up to `noise` (in units of the person's apparent size, RMS joint distance)
    and `mask` of their (frame, joint) entries hidden, as in HumMUSS section 4.4. exchange: share of windows that get
    the arms, and share that get the legs, of another window's person. warp: largest change of speed, up or down.
    gaps: where sampling is irregular, the periods (F,) of `hz` that passed before each frame, of every window alike.
    variety: what else some of the windows show.
    """

    frames: int
    hz: float
    causal: bool
    batch: int = 32
    clean: float = 0.4
    noise: float = 0.03
    mask: float = 0.15
    exchange: float = 0.3
    warp: float = 1.25
    gaps: NDArray[np.float64] | None = None
    variety: Variety = PLAIN

    @property
    def times(self) -> NDArray[np.float64]:
        """(F,) seconds since the window's first frame."""
        if self.gaps is None:
            return np.arange(self.frames) / self.hz
        return (np.cumsum(self.gaps) - self.gaps[0]) / self.hz


def irregular_gaps(frames: int, *, drop: float, jitter: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Gaps (F,) before each frame, in frame periods, of a camera that drops frames and whose clock is unsteady.

    drop: share of frames that are lost; jitter: largest shift of a frame, up or down, in periods (below one half, so
    that the order stays). The first gap is nominal.
    """
    instants = np.cumsum(rng.geometric(1 - drop, frames)) + rng.uniform(-jitter, jitter, frames)
    return np.concatenate([[1.0], np.diff(instants)])


@dataclass(frozen=True)
class Batch:
    """inputs (B, F, 17, 3) follow-camera x, y, confidence; targets (B, F, 17, 3) root-relative, in statures."""

    inputs: Float
    targets: Float


def make_batch(motions: Motions, settings: WindowSettings, rng: np.random.Generator) -> Batch:
    """One batch: sample, augment the body, place a camera, project, degrade, follow."""
    world = sample_windows(motions, settings, rng)
    world = exchange_limbs(world, settings.exchange, rng)
    variety = settings.variety
    world = tumble(vary_body(world, rng), variety.tumbled, rng)
    camera = in_cameras(world, *random_cameras(world, rng, anywhere=variety.anywhere))
    rays, confidence = _seen(with_eyes(camera, variety.eyes, rng), bone_chain_length(world[:, 0]), settings, rng)
    times = np.broadcast_to(settings.times, rays.shape[:2])
    seen = follow(rays.astype(float), confidence.astype(float), times, causal=settings.causal)
    relative = camera - camera[:, :, :1]
    size = bone_chain_length(world[:, 0]).astype(np.float32)[:, None, None, None]
    targets = (relative @ np.swapaxes(seen.rotation, -1, -2)) / size
    return Batch(seen.inputs.astype(np.float32), targets.astype(np.float32))


def _seen(
    camera: Float, chain_m: NDArray[np.float64], settings: WindowSettings, rng: np.random.Generator
) -> tuple[Float, Float]:
    """Rays (B, F, J, 2) and confidence (B, F, J) of points in the camera's axes, degraded or detected."""
    rays = camera[..., :2] / camera[..., 2:]
    confidence = np.ones(rays.shape[:-1], np.float32)
    given = degrade(rays, confidence, settings, rng)
    if settings.variety.detected == 0:
        return given
    depth = camera[:, :, 0, 2].astype(float)
    found, said, detected = detect(rays, confidence, depth, chain_m, settings.times, settings.variety.detected, rng)
    which = detected[:, None, None]
    return np.where(which[..., None], found, given[0]), np.where(which, said, given[1])


def sample_windows(motions: Motions, settings: WindowSettings, rng: np.random.Generator) -> Float:
    """(B, F, 17, 3) windows, uniform over all frames of all clips, linearly interpolated at the warped times.

    A clip shorter than the window is read to its end and back again (a person rewinding is a motion too).
    """
    batch, frames = settings.batch, settings.frames
    centre = rng.integers(0, len(motions.positions), batch)
    clip = np.searchsorted(motions.starts, centre, side="right") - 1
    first, last = motions.starts[clip], motions.starts[clip + 1] - 1
    speed = np.exp(rng.uniform(-1, 1, batch) * np.log(settings.warp))
    elapsed = settings.times - settings.times[rng.integers(0, frames, batch)][:, None]
    speed = np.where(rng.random(batch) < 0.5, speed, -speed)  # played backwards half of the time
    where = (centre - first)[:, None] + SOURCE_HZ * elapsed * speed[:, None]
    length = np.maximum(last - first, 1)[:, None].astype(float)
    where = np.abs((where + length) % (2 * length) - length)  # reflected at both ends of the clip
    low = np.minimum(where.astype(np.int64), (last - first - 1).clip(0)[:, None])
    part = (where - low).astype(np.float32)[..., None, None]
    base = first[:, None] + low
    high = np.minimum(base + 1, last[:, None])
    world = motions.positions[base] * (1 - part) + motions.positions[high] * part
    mirrored = world[:, :, LAYOUT.mirror] * np.array([-1, 1, 1], np.float32)
    return np.where(rng.random((batch, 1, 1, 1)) < 0.5, mirrored, world)


def exchange_limbs(world: Float, share: float, rng: np.random.Generator) -> Float:
    """Give some people another window's arms, some another's legs: poses that 36 minutes of capture do not hold.

    A limb keeps its motion relative to the body part that it hangs from (shoulders and upper spine, or hips and lower
    spine) and is hung onto the new body's.
    """
    out = world.copy()
    for left, right, low, high, limbs in (
        (11, 14, 7, 8, ((11, (12, 13)), (14, (15, 16)))),
        (4, 1, 0, 7, ((4, (5, 6)), (1, (2, 3)))),
    ):
        axes = _body_axes(world[:, :, left] - world[:, :, right], world[:, :, high] - world[:, :, low])
        turn = axes @ np.swapaxes(np.roll(axes, 1, 0), -1, -2)  # the other window's body -> this one's
        chosen = (rng.random(len(world)) < share)[:, None, None]
        for anchor, joints in limbs:
            for joint in joints:
                other = np.roll(world[:, :, joint] - world[:, :, anchor], 1, 0)
                moved = world[:, :, anchor] + (turn @ other[..., None])[..., 0]
                out[:, :, joint] = np.where(chosen, moved, world[:, :, joint])
    return out


def _body_axes(across: Float, up: Float) -> Float:
    """Rotations (..., 3, 3) whose columns are a body part's left, back and up, from two of its vectors (..., 3)."""
    x = across / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    z = up - (up * x).sum(-1, keepdims=True) * x
    z = z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-6)
    return np.stack([x, np.cross(z, x), z], -1)


def vary_body(world: Float, rng: np.random.Generator) -> Float:
    """Other bone lengths, left and right alike: every bone is stretched along itself by a factor of its own."""
    batch, joints = len(world), len(LAYOUT)
    parents = np.asarray(LAYOUT.parents)
    factor = np.exp(rng.normal(0, 0.06, (batch, joints)))
    factor[:, LAYOUT.right] = factor[:, LAYOUT.left]
    out = world.copy()
    for joint in LAYOUT.order[1:]:
        bone = world[:, :, joint] - world[:, :, parents[joint]]
        out[:, :, joint] = out[:, :, parents[joint]] + factor[:, None, joint, None].astype(np.float32) * bone
    return out


def in_cameras(world: Float, axes: Float, centre: Float) -> Float:
    """World windows (B, F, J, 3) in the coordinates of a camera each (x right, y down, z forward)."""
    relative: Float = world - centre[:, None, None]
    camera: Float = relative @ np.swapaxes(axes, 1, 2)[:, None]
    return camera


def random_cameras(world: Float, rng: np.random.Generator, *, anywhere: float = 0.0) -> tuple[Float, Float]:
    """Axes (B, 3, 3), world -> camera on column vectors, and centres (B, 3), metres, of random perspective cameras.

    Each stands anywhere around the person of a window, aims near the middle of the path, and never stands in it; near
    eye level, but for the share `anywhere`, which stand from the floor to above the head, and nearer or farther.
    """
    batch = len(world)
    middle = world[:, :, 0].mean(1) + rng.normal(0, [0.3, 0.3, 0.15], (batch, 3))
    radius = np.linalg.norm(world - middle[:, None, None].astype(np.float32), axis=-1).max((1, 2))
    distance = radius + np.exp(rng.uniform(np.log(1.0), np.log(9.0), batch))
    azimuth = rng.uniform(-np.pi, np.pi, batch)
    elevation = np.radians(np.clip(rng.normal(10, 13, batch), -25, 60))
    roll = np.radians(rng.normal(0, 3, batch))
    if anywhere > 0:
        chosen = rng.random(batch) < anywhere
        elevation = np.where(chosen, np.radians(rng.uniform(*ELEVATION_DEG, batch)), elevation)
        nearest, farthest = np.log(AWAY_M)
        away = np.exp(rng.uniform(nearest, farthest, batch))
        distance = np.where(chosen, radius + away, distance)
    out = np.stack([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], -1)
    forward = -out
    right = np.stack([-np.sin(azimuth), np.cos(azimuth), np.zeros(batch)], -1)
    down = np.cross(forward, right)
    cos_roll, sin_roll = np.cos(roll)[:, None], np.sin(roll)[:, None]
    axes = np.stack([cos_roll * right + sin_roll * down, cos_roll * down - sin_roll * right, forward], 1)
    centre = middle + distance[:, None] * out
    return axes.astype(np.float32), centre.astype(np.float32)


def degrade(rays: Float, confidence: Float, settings: WindowSettings, rng: np.random.Generator) -> tuple[Float, Float]:
    """Pixel noise (part white, part slow, as detectors err) and hidden joints on the windows that are not clean."""
    batch, _, joints = confidence.shape
    dirty = rng.random((batch, 1, 1)) >= settings.clean
    centre = rays.mean((1, 2), keepdims=True)
    size = np.sqrt(((rays - rays.mean(2, keepdims=True)) ** 2).sum(-1).mean((1, 2)))[:, None, None, None]
    level = dirty[..., None] * rng.uniform(0, settings.noise, (batch, 1, 1, 1)) * size
    keys = rng.standard_normal((batch, 6, joints, 2), np.float32)
    position = 4.999 * settings.times / max(settings.times[-1], 1e-9)
    low = position.astype(int)
    part = (position - low).astype(np.float32)[:, None, None]
    slow = keys[:, low] * (1 - part) + keys[:, low + 1] * part
    white = rng.standard_normal(rays.shape, np.float32)
    rays = rays + level.astype(np.float32) * (0.7 * slow + 0.7 * white)
    hidden = rng.random(confidence.shape) < settings.mask * rng.uniform(0.3, 1.7, (batch, 1, 1))
    confidence = np.where(dirty & hidden, np.float32(0), confidence)
    return np.where(confidence[..., None] > 0, rays, centre), confidence
