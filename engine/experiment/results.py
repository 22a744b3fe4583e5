"""What an experiment finds: what there was to see, what a model made of it, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.experiment.settings import ModelChoice
from engine.motion.clip import MotionClip, rate_hz
from engine.observation.keypoints import Keypoints2D

Float = NDArray[np.float64]


class LifterCard(Protocol):
    """What a result tells of its model; `engine.models.card.ModelCard` is one."""

    @property
    def trained_hz(self) -> float: ...
    @property
    def has_delta(self) -> bool: ...
    @property
    def params(self) -> int: ...
    @property
    def macs_per_frame(self) -> int: ...


@dataclass(frozen=True)
class Observation:
    """What there is to see: the clean keypoints and, where it is known, the truth behind them.

    truth      H36M-17, world; None for a file of 2D keypoints
    stature_m  the person's standing height by the skeleton of the whole clip; None without truth
    """

    name: str
    keypoints: Keypoints2D
    truth: MotionClip | None = None
    stature_m: float | None = None

    @property
    def source_hz(self) -> float:
        return rate_hz(self.keypoints.times)


@dataclass(frozen=True)
class Prediction:
    """positions (T, 17, 3) metres, root-relative, in the camera's axes; rate as it was given; seconds it took."""

    positions: Float
    rate: float | Float
    seconds: float
    card: LifterCard


@dataclass(frozen=True)
class ModelResult:
    """One model's prediction and what it is worth, at the frames that were kept.

    prediction_world  (T, 17, 3) metres, world: in the pose the model gave, standing where the truth stands
    joint_error_mm    (T, 17) root-relative; NaN without truth
    jitter_m_s3       (T,) of the pose about its pelvis, from this frame and the three before; NaN for the first three
    summary           the metrics' means over frames and joints, keys of `engine.metrics.summary.METRICS`, and
                      ms_per_frame: time of the whole prediction, weights loaded, over the frames kept
    """

    choice: ModelChoice
    card: LifterCard
    rate: float | Float
    prediction_world: Float
    joint_error_mm: Float
    jitter_m_s3: Float
    summary: dict[str, float]

    @property
    def name(self) -> str:
        return self.choice.name

    @property
    def label(self) -> str:
        return self.choice.label

    @property
    def figures(self) -> dict[str, float]:
        """The summary with the model's size: params and macs_per_frame of its card."""
        return self.summary | {"params": self.card.params, "macs_per_frame": self.card.macs_per_frame}

    @property
    def mpjpe_mm(self) -> Float:
        """(T,)"""
        return np.asarray(self.joint_error_mm.mean(1))

    @property
    def delta(self) -> float | Literal["per frame"] | None:
        """What Δ was multiplied by; None for a model that has none to follow the rate."""
        if not self.card.has_delta:
            return None
        return self.rate if isinstance(self.rate, float) else "per frame"


HeightSource = Literal["clip skeleton", "given", "assumed 1.70 m"]


@dataclass(frozen=True)
class Results:
    """What `run` found. All arrays are at the T frames that were kept, at `times` (T,) seconds.

    truth            (T, 17, 3) metres, world; None for 2D input
    keypoints_clean  what the camera saw; keypoints: the same after noise and hiding, as the models got it
    """

    clip_name: str
    source_hz: float
    input_hz: float
    height_m: float
    height_source: HeightSource
    times: Float
    truth: Float | None
    jitter_truth_m_s3: Float
    keypoints_clean: Keypoints2D
    keypoints: Keypoints2D
    models: tuple[ModelResult, ...]

    @property
    def frames(self) -> int:
        return len(self.times)

    @property
    def camera(self) -> Camera | None:
        return self.keypoints.camera

    @property
    def caption(self) -> str:
        """What the figures are about, in one line."""
        return (
            f"{self.clip_name}: {self.frames} frames at {self.input_hz:.4g} Hz (source {self.source_hz:.4g} Hz), "
            f"camera {self.camera.name if self.camera else 'unknown'}, "
            f"height {self.height_m:.2f} m ({self.height_source})"
        )

    def to_json(self) -> dict[str, Any]:
        """The figures, as `kinestate eval --json` writes them; what could not be measured is null."""
        return {
            "clip": self.clip_name,
            "source_hz": self.source_hz,
            "input_hz": self.input_hz,
            "frames": self.frames,
            "height_m": self.height_m,
            "height_source": self.height_source,
            "camera": self.camera.name if self.camera else None,
            "models": [
                {"name": m.name, "label": m.label, "delta": m.delta, **without_nan(m.figures)} for m in self.models
            ],
        }


def without_nan(figures: Mapping[str, float]) -> dict[str, float | None]:
    """JSON knows no NaN: None instead."""
    return {key: None if np.isnan(value) else value for key, value in figures.items()}
