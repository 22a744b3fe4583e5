"""The experiment: this observation, at this frame rate, degraded like this, through these models.

One plain object says it all: the window edits it, the command line builds it, a session is its JSON.
`engine.experiment.pipeline.run` carries it out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine.cameras.pinhole import Camera
from engine.stress.bar import Direction

BUILTIN = "builtin:"
"""Before the name of a clip that comes with the program."""


class Settings(BaseModel):
    """Base of everything that a session file holds: unchangeable, and unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InputSettings(Settings):
    """How the observation is thinned out and degraded before a model sees it.

    subsample     keep one frame in r
    noise_px      standard deviation of Gaussian noise on x and y, pixels
    mask          share of the (frame, joint) entries whose confidence is set to 0
    limbs         share of the time during which each arm and leg is hidden, for a second or more on end
    bar           width of a bar that sweeps over the picture and hides what is beneath, share of the picture's side
    bar_direction an upright bar moves sideways, a level one up and down
    drop          share of the frames that get lost at random, after sub-sampling; never the first
    clock_jitter  how early or late a frame is taken at most, in periods of the sub-sampled rate; its timestamp is true
    seed          of all that is random
    resample      give models the input interpolated to their trained rate, and read the prediction off in between
    """

    subsample: Annotated[int, Field(ge=1)] = 1
    noise_px: Annotated[float, Field(ge=0)] = 0.0
    mask: Annotated[float, Field(ge=0, le=1)] = 0.0
    limbs: Annotated[float, Field(ge=0, le=1)] = 0.0
    bar: Annotated[float, Field(ge=0, le=1)] = 0.0
    bar_direction: Direction = "upright"
    drop: Annotated[float, Field(ge=0, lt=1)] = 0.0
    clock_jitter: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    seed: Annotated[int, Field(ge=0)] = 0
    resample: bool = False

    def mean_hz(self, source_hz: float) -> float:
        """The mean rate of the frames that are left of an observation at `source_hz`, before any resampling."""
        return (1 - self.drop) * source_hz / self.subsample


class DeltaSetting(Settings):
    """What the SSM's Δ is multiplied by.

    "auto" follows the timestamps, frame by frame where they are irregular; "nominal" is one number, from the median
    frame period; "trained" leaves Δ as it is; "factor" sets it.
    """

    mode: Literal["auto", "nominal", "trained", "factor"] = "auto"
    factor: Annotated[float, Field(gt=0)] = 1.0

    def __str__(self) -> str:
        return f"×{self.factor:g}" if self.mode == "factor" else self.mode


class ModelChoice(Settings):
    """One model to run, and on what; None takes the experiment's own setting."""

    name: str
    delta: DeltaSetting | None = None
    resample: bool | None = None
    device: Literal["cpu", "cuda"] = "cpu"

    @property
    def key(self) -> str:
        """Tells loaded models apart: the name, unless it does not run on the CPU."""
        return self.name if self.device == "cpu" else f"{self.name} on {self.device}"

    @property
    def label(self) -> str:
        """The key, with what this choice sets for itself: tells two runs of one model apart."""
        parts = [self.key]
        if self.delta is not None:
            parts.append(f"Δ {self.delta}")
        if self.resample is not None:
            parts.append("resampled" if self.resample else "as sampled")
        return " · ".join(parts)


class CameraSettings(Settings):
    """A camera of its own, as the viewport's; fields as in `engine.cameras.pinhole.Camera`."""

    name: str
    rotation: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    centre: tuple[float, float, float]
    focal: tuple[float, float]
    principal: tuple[float, float]
    image_size: tuple[int, int]
    distortion: tuple[float, ...] = ()

    @classmethod
    def of(cls, camera: Camera) -> CameraSettings:
        return cls(
            name=camera.name,
            rotation=camera.rotation.tolist(),
            centre=camera.centre.tolist(),
            focal=camera.focal,
            principal=camera.principal,
            image_size=camera.image_size,
            distortion=camera.distortion,
        )

    def camera(self) -> Camera:
        return Camera(
            self.name,
            np.array(self.rotation),
            np.array(self.centre),
            self.focal,
            self.principal,
            self.image_size,
            self.distortion,
        )


class Experiment(Settings):
    """Everything that decides a result, and (`view`) how the window showed it.

    clip      a path, or "builtin:walk"
    select    one sequence of a file, or one clip of a folder or archive, that holds several
    rate_hz, unit, up   override what the file says
    camera    a preset's name, "file" or "file:NAME" for the clip's own camera, or a camera
    height_m  the person's standing height; None takes it from the clip's skeleton
    frames    (first, stop) frames of the clip, before sub-sampling; None takes all
    The last five are filled in when a session is saved (`engine.experiment.session`).
    """

    clip: str = f"{BUILTIN}walk"
    select: str | None = None
    rate_hz: Annotated[float, Field(gt=0)] | None = None
    unit: str | None = None
    up: str | None = None
    camera: str | CameraSettings = "front"
    input: InputSettings = InputSettings()
    delta: DeltaSetting = DeltaSetting()
    models: tuple[ModelChoice, ...] = ()
    height_m: Annotated[float, Field(gt=0.1, lt=10)] | None = None
    frames: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]] | None = None

    version: Literal[1] = 1
    kinestate: str = ""
    clip_sha256: str = ""
    weights_sha256: dict[str, str] = {}
    view: dict[str, Any] = {}

    def way_of(self, choice: ModelChoice) -> tuple[DeltaSetting, bool]:
        """The choice's Δ and whether its input is resampled: its own settings, else the experiment's."""
        resample = self.input.resample if choice.resample is None else choice.resample
        return choice.delta or self.delta, resample
