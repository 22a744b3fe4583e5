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
from engine.observation.trial import Context
from engine.observation.vertical import pitch_and_roll, turn_of, up_of
from engine.progress import Progress
from engine.report.chain.painted import painted
from engine.report.chain.watched import Watched, detected, truly_seen
from engine.stress.noise import add_noise

Float = NDArray[np.float64]

PITCHES_DEG, ROLLS_DEG = (0.0, 15.0, 30.0), (0.0, 10.0)
MIDDLE_M, AWAY_M = 0.9, 4.0
"""What a camera looks at, above where the person is, and from how far."""
NOISE = 0.01
"""Of keypoints that no detector found: standard deviation, of the person's mean height in the picture."""
WAYS = ("level", "estimated", "given")
"""How a camera is taken to stand."""
THORAX = H36M_17.index("thorax")


@dataclass(frozen=True)
class RoomRow:
    """One clip before all cameras, means over frames; by `WAYS`.

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
    clips: Sequence[str],
    seconds: float,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[RoomRow]:
    """Somebody on the spot at 30 Hz before a camera of each `PITCHES_DEG` and `ROLLS_DEG`, which the model is not told.

    detector: painted, and found by it; None: keypoints with `NOISE`. Raises InputError for a clip or a detector that is
    not there.
    """
    leans = [(pitch, roll) for pitch in PITCHES_DEG for roll in ROLLS_DEG]
    rows = []
    for n, clip in enumerate(clips):
        measured = []
        for k, (pitch, roll) in enumerate(leans):
            camera = leaning_camera(pitch, roll)
            if progress is not None:
                progress((n + k / len(leans)) / len(clips), f"{clip}, {camera.name}")
            watched = painted(clip, camera, seconds)
            seen = _noisy(watched, [seed, n, k]) if detector is None else detected(watched, detector).keypoints
            measured.append(_measured(model, watched, replace(seen, camera=None), pitch, roll))
        pitch_off, roll_off, *of_ways = np.mean(measured, axis=0).tolist()
        trunks, errors = of_ways[: len(WAYS)], of_ways[len(WAYS) :]
        rows.append(
            RoomRow(
                clip, (pitch_off, roll_off), dict(zip(WAYS, trunks, strict=True)), dict(zip(WAYS, errors, strict=True))
            )
        )
    return rows


def room_table(rows: Sequence[RoomRow]) -> str:
    """A row for each clip."""
    head = ["", "pitch and roll off", *(f"trunk off, {way}" for way in WAYS),
            *(f"error in world axes, {way}" for way in WAYS)]  # fmt: skip
    lines = [
        [row.clip, f"{row.found_deg[0]:.1f}° {row.found_deg[1]:.1f}°",
         *(f"{angle:.1f}°" for angle in row.trunk_deg.values()), *(f"{mm:.0f} mm" for mm in row.error_mm.values())]
        for row in rows
    ]  # fmt: skip
    return markdown_table(head, lines)


def _noisy(watched: Watched, seed: Sequence[int]) -> Keypoints2D:
    seen = truly_seen(watched).keypoints
    tall = float(np.ptp(seen.xy[..., 1], axis=1).mean())
    return add_noise(seen, NOISE * tall, np.random.default_rng(seed))


def _measured(model: Model, watched: Watched, seen: Keypoints2D, pitch: float, roll: float) -> list[float]:
    """Degrees that pitch and roll are found off; then degrees of the trunk of each of `WAYS`, and mm of each."""
    predicted = predict(model, seen, RatePolicy(), Context(watched.height_m)).prediction
    poses = as_joints(predicted, H36M_17).positions
    truth = watched.truth.at(seen.times).positions
    truth = truth - truth[:, :1]
    found, trunks, errors = [0.0, 0.0], [], []
    for mount in (Mount(0.0, 0.0), ESTIMATED, Mount(pitch, roll)):
        placed = place_in_world(poses, seen, None, mount)
        world = (poses - poses[:, :1]) @ np.swapaxes(placed.turn, -1, -2)
        trunks.append(_angle_deg(world[:, THORAX], truth[:, THORAX]))
        errors.append(float(1000 * np.linalg.norm(world - truth, axis=-1).mean()))
        if mount is ESTIMATED and placed.camera is not None:
            there = np.degrees(pitch_and_roll(placed.camera.rotation[:, 2]))
            found = np.abs(there - [pitch, roll]).tolist()
    return [*found, *trunks, *errors]


def _angle_deg(ones: Float, others: Float) -> float:
    """Mean angle between directions (T, 3)."""
    cosine = (ones * others).sum(-1) / (np.linalg.norm(ones, axis=-1) * np.linalg.norm(others, axis=-1))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).mean())
