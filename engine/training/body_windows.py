"""Training windows of bodies seen by a headset and two controllers, as batches for a model of trackers.

Random, per window: the clip and where in it, the speed (time-warp), left/right mirror, whose arms, the heading, the
place, every bone's length. Everything is vectorised over the batch in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.models.smpl_form import to_smpl_form
from engine.models.ssd_poser.config import JOINTS
from engine.models.ssd_poser.headset import STATURE_M, heading_of, in_own_form
from engine.models.ssd_poser.whole_body import person
from engine.motion.kinematics import forward_kinematics
from engine.motion.rotations import IDENTITY, conjugate, multiply
from engine.motion.skeleton import SMPL_24
from engine.motion.stature import ANKLE_HEIGHT_M
from engine.observation.headset_features import headset_features
from engine.observation.virtual_trackers import JOINTS as WORN
from engine.training.body_motions import BodyMotions

Float = NDArray[np.float64]

UNTRUSTED = tuple(
    [SMPL_24.index(joint) for joint in names]
    for names in (("neck", "head"), ("left elbow", "right elbow", "left wrist", "right wrist"))
)
"""The joints that are not learnt where the rotations of the head, and of the hands, cannot be trusted."""
ARMS = [*map(SMPL_24.index, ("left collar", "right collar")), *range(SMPL_24.index("left shoulder"), len(SMPL_24))]
LEG = [SMPL_24.index(joint) for joint in ("left knee", "left ankle", "right knee", "right ankle")]
TRUNK = [SMPL_24.index(joint) for joint in ("spine1", "spine2", "spine3", "neck", "head")]


@dataclass(frozen=True)
class BodyWindowSettings:
    """B windows of F frames.

    periods    (F,) of the model that pass before each frame, 1/60 s each; None: one
    own        whether inputs are in the networks' own form (`engine.models.ssd_poser.headset`)
    warp       largest change of speed, up or down;  sizes: of a person's size;  bones: spread of each bone's length
    exchange   share of windows that get another window's arms: the clips hold few of the ways in which arms can move
    heights    spread of what is known of a person's height
    beginning  share of windows that begin as a stream does, without a frame before
    untrusted  share of windows from clips whose head or hands cannot be trusted: their joints are left out of the loss,
               though their rotations are shown
    plain      as they are in the clips: nothing of this is changed
    """

    frames: int
    batch: int
    own: bool
    periods: NDArray[np.float64] | None = None
    warp: float = 1.25
    sizes: float = 1.15
    bones: float = 0.04
    exchange: float = 0.3
    heights: float = 0.01
    beginning: float = 0.05
    untrusted: float = 0.0
    plain: bool = False

    @property
    def gaps(self) -> NDArray[np.float64]:
        """(F,) `periods`, one each where there are none."""
        return np.ones(self.frames) if self.periods is None else self.periods

    @property
    def elapsed(self) -> NDArray[np.float64]:
        """(F + 1,) periods since the frame before the window."""
        return np.concatenate([[0.0], np.cumsum(self.gaps)])


@dataclass(frozen=True, eq=False)
class BodyBatch:
    """B windows of F frames.

    inputs   (B, F, 54);  targets (B, F, 132), NaN where the truth cannot be trusted
    heading  (B, F, 4) along which the targets' root is turned: none in the published form
    offsets  (B, 24, 3) of the people;  root (B, F, 3) its places, metres
    """

    inputs: NDArray[np.float32]
    targets: NDArray[np.float32]
    heading: Float
    offsets: Float
    root: Float


@dataclass(frozen=True, eq=False)
class BodyWindows:
    """Windows of clips, drawn at random. Raises ValueError where no clip of the motions is long enough."""

    motions: BodyMotions
    _runs: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_runs", self.motions.runs())

    def starts(self, frames: int, *, trusted: bool = True) -> NDArray[np.int64]:
        """Where a window of so many good frames can start, in clips whose head and hands can be trusted or cannot."""
        fits = np.flatnonzero(self._runs >= frames)
        wanted: NDArray[np.bool_] = np.all(self.motions.trusted, axis=1) == trusted
        return fits[wanted[self.motions.clips(fits)]]

    def draw(self, settings: BodyWindowSettings, rng: np.random.Generator) -> BodyBatch:
        """One batch, and the frame before each window with it."""
        elapsed = settings.elapsed
        least = int(np.ceil(elapsed[-1] / settings.warp)) + 2
        first = self._pick(least, settings, rng)
        speed = np.exp(rng.uniform(-1, 1, settings.batch) * np.log(settings.warp))
        speed = np.clip(speed, None, (self._runs[first] - 1.001) / elapsed[-1])
        return self.seen(settings, first, speed, rng)

    def seen(
        self, settings: BodyWindowSettings, first: NDArray[np.int64], speed: Float, rng: np.random.Generator
    ) -> BodyBatch:
        """The windows that start at frames first (B,), played at speed (B,)."""
        rotations, root, offsets, trusted = self.played(settings, first, speed[:, None] * settings.elapsed, rng)
        places, turned = _trackers(rotations, root, offsets)
        begins = rng.random(settings.batch) < settings.beginning
        for array in (places, turned):
            array[begins, 0] = array[begins, 1]
        inputs = headset_features(places, turned, settings.gaps)
        heading = np.broadcast_to(IDENTITY, (*inputs.shape[:2], 4))
        if settings.own:
            heading = heading_of(turned[:, 1:, 0])
            height_m = stature_of(offsets)
            if not settings.plain:
                height_m = height_m * np.exp(rng.normal(0, settings.heights, settings.batch))
            inputs = in_own_form(inputs, height_m[:, None], heading)
        answer = rotations[:, 1:, :JOINTS].copy()
        answer[:, :, 0] = multiply(conjugate(heading), answer[:, :, 0])
        targets = to_smpl_form(answer)
        for known, joints in zip(trusted.T, UNTRUSTED, strict=True):
            targets[np.ix_(~known, range(settings.frames), joints)] = np.nan
        targets = targets.reshape(*inputs.shape[:2], -1)
        return BodyBatch(inputs.astype(np.float32), targets.astype(np.float32), heading, offsets, root[:, 1:])

    def played(
        self, settings: BodyWindowSettings, first: NDArray[np.int64], ahead: Float, rng: np.random.Generator
    ) -> tuple[Float, Float, Float, NDArray[np.bool_]]:
        """Windows at `ahead` (B, F) frames after frames first (B,), changed as the settings say.

        Rotations (B, F, 24, 4), root (B, F, 3) and rest offsets (B, 24, 3), metres, in the world, and (B, 2) whether
        head and hands can be trusted.
        """
        rotations, root = self._at(first[:, None] + ahead)
        clip = self.motions.clips(first)
        offsets, trusted = self.motions.offsets[clip].astype(float), self.motions.trusted[clip]
        if not settings.plain:
            rotations, trusted = _exchanged(rotations, trusted, settings.exchange, rng)
            rotations, root, offsets = _moved(rotations, *_resized(root, offsets, settings, rng), rng)
        return rotations, root, offsets, trusted

    def _pick(self, least: int, settings: BodyWindowSettings, rng: np.random.Generator) -> NDArray[np.int64]:
        trusted = self.starts(least)
        if not len(trusted):
            raise ValueError(f"no clip holds {least} good frames whose head and hands can be trusted")
        first = rng.choice(trusted, settings.batch)
        others = self.starts(least, trusted=False) if settings.untrusted else trusted[:0]
        if len(others):
            chosen = rng.random(settings.batch) < settings.untrusted
            first[chosen] = rng.choice(others, int(chosen.sum()))
        return first

    def _at(self, where: Float) -> tuple[Float, Float]:
        """Rotations (B, F, 24, 4) and root (B, F, 3) between the frames, at frames (B, F)."""
        low = np.minimum(where.astype(np.int64), len(self.motions.root) - 2)
        part = (where - low)[..., None]
        root = (1 - part) * self.motions.root[low] + part * self.motions.root[low + 1]
        a, b = self.motions.rotations[low].astype(float), self.motions.rotations[low + 1].astype(float)
        b = np.where(np.sum(a * b, -1, keepdims=True) < 0, -b, b)
        mixed = (1 - part[..., None]) * a + part[..., None] * b  # neighbours are 1/60 s apart: as good as slerp
        return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True), root


def stature_of(offsets: Float) -> Float:
    """About how tall (...,), metres, a person of rest offsets (..., 24, 3) is: bones from head to ankle, compared."""
    chain, of_mannequin = (_chain(o) for o in (offsets, _mannequin()))
    return np.asarray((STATURE_M - ANKLE_HEIGHT_M) * chain / of_mannequin + ANKLE_HEIGHT_M)


def _resized(
    root: Float, offsets: Float, settings: BodyWindowSettings, rng: np.random.Generator
) -> tuple[Float, Float]:
    """Root and offsets of people of another size and of other bones, left and right alike; their feet stay down."""
    batch = len(offsets)
    factor = np.exp(
        rng.uniform(-1, 1, (batch, 1)) * np.log(settings.sizes) + rng.normal(0, settings.bones, (batch, 24))
    )
    factor[:, list(SMPL_24.right)] = factor[:, list(SMPL_24.left)]
    resized = offsets * factor[..., None]
    return root * (_length(resized, LEG) / _length(offsets, LEG))[:, None, None], resized


def _exchanged(
    rotations: Float, trusted: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> tuple[Float, NDArray[np.bool_]]:
    """Some windows with another window's arms, as they turn about its chest; whether head and hands can be trusted."""
    chosen = rng.random(len(rotations)) < share
    rotations, trusted = rotations.copy(), trusted.copy()
    both = np.ix_(chosen, np.arange(rotations.shape[1]), ARMS)
    rotations[both] = np.roll(rotations, 1, 0)[both]
    trusted[chosen, 1] &= np.roll(trusted[:, 1], 1)[chosen]
    return rotations, trusted


def _moved(rotations: Float, root: Float, offsets: Float, rng: np.random.Generator) -> tuple[Float, Float, Float]:
    """The same windows mirrored or not, turned about the vertical, and somewhere else."""
    mirrored = (rng.random(len(root)) < 0.5)[:, None, None]
    order = SMPL_24.mirror
    rotations = np.where(mirrored[..., None], rotations[:, :, order] * [1, 1, -1, -1], rotations)
    offsets = np.where(mirrored, offsets[:, order] * [-1, 1, 1], offsets)
    root = np.where(mirrored, root * [-1, 1, 1], root)
    angle = rng.uniform(-np.pi, np.pi, (len(root), 1))
    turn = np.concatenate([np.cos(angle / 2), 0 * angle, 0 * angle, np.sin(angle / 2)], -1)[:, None]
    rotations[:, :, 0] = multiply(turn, rotations[:, :, 0])
    around = root - root[:, :1] * [1, 1, 0]
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = cos * around[..., 0] - sin * around[..., 1], sin * around[..., 0] + cos * around[..., 1]
    place = rng.normal(0, 1, (len(root), 2, 1))
    return rotations, np.stack([x + place[:, 0], y + place[:, 1], around[..., 2]], -1), offsets


def _trackers(rotations: Float, root: Float, offsets: Float) -> tuple[Float, Float]:
    """Places (B, F, 3, 3) and global rotations (B, F, 3, 4) of head and wrists."""
    batch, frames = rotations.shape[:2]
    bones = np.repeat(offsets, frames, 0)
    places, turned = forward_kinematics(SMPL_24, rotations.reshape(-1, 24, 4), bones, root.reshape(-1, 3))
    chosen = list(WORN)
    return places[:, chosen].reshape(batch, frames, 3, 3), turned[:, chosen].reshape(batch, frames, 3, 4)


def _chain(offsets: Float) -> Float:
    return np.asarray(_length(offsets, TRUNK) + _length(offsets, LEG) / 2)


def _length(offsets: Float, joints: list[int]) -> Float:
    return np.asarray(np.linalg.norm(offsets[..., joints, :], axis=-1).sum(-1))


def _mannequin() -> Float:
    return person(library.MANNEQUIN, STATURE_M)[1]
