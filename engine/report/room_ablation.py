"""What it is worth to know how a camera stands that nobody calibrated: level, estimated from people, or given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.experiment.pipeline import Model, predict
from engine.experiment.rate import RatePolicy
from engine.export.text_tables import markdown_table
from engine.kinds import as_joints
from engine.motion.skeleton import H36M_17
from engine.observation.assumed_camera import default_camera
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import ESTIMATED, Mount
from engine.observation.placement import place_in_world
from engine.observation.stands import stands
from engine.observation.trial import Context
from engine.observation.vertical import turn_of, up_of
from engine.progress import Progress
from engine.report.chain.painted import painted
from engine.report.chain.watched import Watched, detected, truly_seen

Float = NDArray[np.float64]

CLIPS = ("walk", "turn", "wave")
PITCHES_DEG, ROLLS_DEG = (0.0, 15.0, 30.0), (0.0, 10.0)
MIDDLE_M, AWAY_M = 0.9, 4.0
"""What a camera looks at, above where the person is, and from how far."""
NOISE = 0.01
"""Of keypoints that no detector found: standard deviation, of the person's height in the picture."""
THORAX = H36M_17.index("thorax")


@dataclass(frozen=True)
class RoomRow:
    """One clip before all cameras, means over frames; by "level", "estimated" and "given".

    found_deg  how far pitch and roll are found off, in the mean of the cameras
    trunk_deg  from pelvis to thorax, off the true direction; error_mm: MPJPE in world axes, not aligned
    """

    clip: str
    found_deg: tuple[float, float]
    trunk_deg: dict[str, float]
    error_mm: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def leaning_camera(pitch_deg: float, roll_deg: float, size: tuple[int, int] = (640, 480)) -> Camera:
    """With the assumed lens, looking along +Y at a person's middle above the origin."""
    pitch, roll = np.radians([pitch_deg, roll_deg])
    centre = np.array([0.0, -AWAY_M * np.cos(pitch), MIDDLE_M + AWAY_M * np.sin(pitch)])
    name = f"down-{pitch_deg:g}-turned-{roll_deg:g}"
    return replace(default_camera(size), name=name, rotation=turn_of(up_of(pitch, roll)).T, centre=centre)


def ablate_room(
    model: Model,
    detector: str | None = None,
    *,
    clips: Sequence[str] = CLIPS,
    seconds: float = 5.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[RoomRow]:
    """Somebody on the spot at 30 Hz before a camera of each `PITCHES_DEG` and `ROLLS_DEG`, which the model is not told.

    detector: painted, and found by it; None: keypoints with `NOISE`. Raises InputError for a clip or a detector that is
    not there.
    """
    cameras = [(pitch, roll) for pitch in PITCHES_DEG for roll in ROLLS_DEG]
    rows = []
    for n, clip in enumerate(clips):
        measured = []
        for k, (pitch, roll) in enumerate(cameras):
            if progress is not None:
                progress((n + k / len(cameras)) / len(clips), f"{clip}, {leaning_camera(pitch, roll).name}")
            watched = painted(clip, leaning_camera(pitch, roll), seconds)
            if detector is None:
                seen = _noisy(truly_seen(watched).keypoints, np.random.default_rng((seed, n, k)))
            else:
                seen = detected(watched, detector).keypoints
            measured.append(_measured(model, watched, replace(seen, camera=None), pitch, roll))
        found, trunks, errors = (np.mean(each, axis=0) for each in zip(*measured, strict=True))
        ways = ("level", "estimated", "given")
        rows.append(
            RoomRow(
                clip, (float(found[0]), float(found[1])),
                dict(zip(ways, trunks.tolist(), strict=True)), dict(zip(ways, errors.tolist(), strict=True)),
            )
        )  # fmt: skip
    return rows


def room_table(rows: Sequence[RoomRow]) -> str:
    """A row for each clip."""
    head = ["", "pitch and roll off", *(f"trunk off, {way}" for way in rows[0].trunk_deg),
            *(f"error in world axes, {way}" for way in rows[0].error_mm)]  # fmt: skip
    lines = [
        [row.clip, f"{row.found_deg[0]:.1f}° {row.found_deg[1]:.1f}°",
         *(f"{angle:.1f}°" for angle in row.trunk_deg.values()), *(f"{mm:.0f} mm" for mm in row.error_mm.values())]
        for row in rows
    ]  # fmt: skip
    return markdown_table(head, lines)


def _noisy(keypoints: Keypoints2D, random: np.random.Generator) -> Keypoints2D:
    tall = np.ptp(keypoints.xy[..., 1], axis=1)[:, None, None]
    return replace(keypoints, xy=keypoints.xy + NOISE * tall * random.normal(size=keypoints.xy.shape))


def _measured(
    model: Model, watched: Watched, seen: Keypoints2D, pitch: float, roll: float
) -> tuple[list[float], list[float], list[float]]:
    """Degrees that pitch and roll are off; and of a level, an estimated and a given camera, the trunk's and mm."""
    context = Context(watched.height_m)
    poses = as_joints(predict(model, seen, RatePolicy(), context).prediction, H36M_17).positions
    truth = watched.truth.at(seen.times).positions
    truth = truth - truth[:, :1]
    found, trunks, errors = [0.0, 0.0], [], []
    for mount in (Mount(0.0, 0.0), ESTIMATED, Mount(pitch, roll)):
        placed = place_in_world(poses, seen, None, mount)
        world = (poses - poses[:, :1]) @ np.swapaxes(placed.turn, -1, -2)
        trunks.append(_angle_deg(world[:, THORAX], truth[:, THORAX]))
        errors.append(float(1000 * np.linalg.norm(world - truth, axis=-1).mean()))
        if mount is ESTIMATED and placed.camera is not None:
            numbers = stands(placed.camera)
            found = [abs(float(numbers["pitch_deg"]) - pitch), abs(float(numbers["roll_deg"]) - roll)]
    return found, trunks, errors


def _angle_deg(ones: Float, others: Float) -> float:
    """Mean angle between directions (T, 3)."""
    cosine = (ones * others).sum(-1) / (np.linalg.norm(ones, axis=-1) * np.linalg.norm(others, axis=-1))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).mean())
