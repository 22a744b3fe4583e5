"""Experiments as plain values: this source, seen like this, at this frame rate, degraded like this, by these models.

One object says it all: the window edits it, the command line builds it, a session is its JSON.
`engine.experiment.run` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Discriminator, Field, Tag, field_serializer, field_validator, model_validator

from engine.cameras.lens import check_coefficients
from engine.cameras.pinhole import Camera
from engine.errors import InputError, without_login
from engine.experiment.plain import Plain
from engine.experiment.rate import RatePolicy
from engine.experiment.sources import BUILTIN
from engine.motion.joint_maps import ROLES
from engine.observation.mount import Mount
from engine.observation.virtual_rig import Arrangement
from engine.stress.catalogue import STRESSES


class Overrides(Plain):
    """What replaces what a file says: frame rate, unit of length ("cm", "0.039", ...), axis that points up.

    joints    a rig's joints by role ("left knee"); None takes the map that is remembered for the rig, {} none
    detector  of people in a video, its name or its ONNX file; None takes the most exact one that is set up
    """

    rate_hz: Annotated[float, Field(gt=0)] | None = None
    unit: str | None = None
    up: str | None = None
    joints: dict[str, str] | None = None
    detector: Annotated[str, Field(min_length=1)] | None = None

    def of_reader(self) -> dict[str, Any]:
        """What a recording is opened with once it is found (`engine.data.registry.Source.open`)."""
        return self.model_dump(exclude={"detector"})

    @field_validator("joints")
    @classmethod
    def _known_roles(cls, joints: dict[str, str] | None) -> dict[str, str] | None:
        for role in joints or ():
            if role not in ROLES:
                raise ValueError(f"there is no joint {role}; choose one of {', '.join(ROLES)}")
        return joints


class Standing(Plain):
    """What is known of how a camera stands that is not calibrated (`engine.observation.mount`); None is estimated.

    camera_pitch, camera_roll, camera_height  in degrees and metres
    foot_lock                                 whether the foot that stands is kept on its spot
    """

    camera_pitch: Annotated[float, Field(ge=-60, le=60)] | None = None
    camera_roll: Annotated[float, Field(ge=-180, le=180)] | None = None
    camera_height: Annotated[float, Field(gt=0, le=20)] | None = None
    foot_lock: bool = False

    @property
    def mount(self) -> Mount:
        """How it stands, as far as somebody said."""
        return Mount(self.camera_pitch, self.camera_roll, self.camera_height, self.foot_lock)


class FileSource(Standing):
    """A recording on disk.

    path    a file, a folder or an archive, or "builtin:walk"
    select  one sequence of a file, or one clip of a folder or archive, that holds several
    frames  (first, stop) frames of the recording, before sub-sampling; None takes all
    """

    kind: Literal["file"] = "file"
    path: str = f"{BUILTIN}walk"
    select: str | None = None
    overrides: Overrides = Overrides()
    frames: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]] | None = None


class LiveSource(Plain):
    """Trackers that come over the network; a session that holds one connects to nothing by being opened.

    address        of this machine, where it listens, with the UDP port
    left, right    names of the hands' devices; "" goes by the words in their names
    look_ahead_ms  later frames that models which look both ways see of each, at their own rate
    """

    kind: Literal["live"] = "live"
    feed: Literal["osc"] = "osc"
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 39539
    left: str = ""
    right: str = ""
    look_ahead_ms: Annotated[float, Field(ge=0, le=1000)] = 0.0

    @property
    def where(self) -> str:
        """Address and port."""
        return f"{self.address}:{self.port}"


MOST_PEOPLE = 20
"""In one camera's pictures, each of whom the detector looks at by themselves."""


class CameraSource(Standing):
    """A camera whose people a detector finds; a session that holds one opens no camera by being opened.

    where          a video, a folder, an address, camera:NAME or synthetic:CLIP (`engine.live.feeds.cameras.opening`)
    detector       its name, or the path of an ONNX file; people: how many it looks for
    follow         one of them, or each
    size, hz       asked of a webcam or a painted clip; view: of a painted clip, a preset's name
    look_ahead_ms  as of a `LiveSource`
    several        whether `where` is of several cameras: a folder of videos, or one for each, with commas between them.
                   They are those of the file calibration, or around a painted clip as the viewpoint's rig says
    """

    kind: Literal["camera"] = "camera"
    where: Annotated[str, Field(min_length=1)] = "synthetic:walk"
    detector: Annotated[str, Field(min_length=1)] = "full"
    people: Annotated[int, Field(ge=1, le=MOST_PEOPLE)] = 1
    follow: Literal["one", "each"] = "one"
    size: tuple[Annotated[int, Field(ge=64, le=16384)], Annotated[int, Field(ge=64, le=16384)]] | None = None
    hz: Annotated[float, Field(ge=1, le=240)] | None = None
    view: str = "front"
    look_ahead_ms: Annotated[float, Field(ge=0, le=1000)] = 0.0
    several: bool = False
    calibration: str = ""

    @field_serializer("where", when_used="json")
    def _without_login(self, where: str) -> str:
        """Files do not hold the login of an address."""
        return without_login(where)


def _kind(source: Any) -> str:
    """A file's where nothing is said: sessions of before held no other."""
    return source.get("kind", "file") if isinstance(source, dict) else getattr(source, "kind", "file")


Source = Annotated[
    Annotated[FileSource, Tag("file")] | Annotated[LiveSource, Tag("live")] | Annotated[CameraSource, Tag("camera")],
    Discriminator(_kind, custom_error_type="kind", custom_error_message="choose file, live or camera"),
]


class CameraSettings(Plain):
    """A camera of its own, as the viewport's; fields as in `engine.cameras.pinhole.Camera`."""

    name: str
    rotation: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    centre: tuple[float, float, float]
    focal: tuple[float, float]
    principal: tuple[float, float]
    image_size: tuple[int, int]
    distortion: tuple[float, ...] = ()

    @field_validator("distortion")
    @classmethod
    def _known_lens(cls, coefficients: tuple[float, ...]) -> tuple[float, ...]:
        check_coefficients(coefficients)
        return coefficients

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


class VirtualRig(Plain):
    """Cameras set up around a clip's path (`engine.observation.virtual_rig`); the seed places them."""

    arrangement: Arrangement = "ring"
    views: Annotated[int, Field(ge=2, le=8)] = 4
    seed: Annotated[int, Field(ge=0)] = 0

    def __str__(self) -> str:
        return f"{self.arrangement}:{self.views}" + (f":{self.seed}" if self.seed else "")


MOST_TOGETHER = 4
"""In the views of a rig around a clip, its own person counted."""

OwnCameras = Annotated[str, Field(pattern="^file(:.+)?$")]
Rig = VirtualRig | OwnCameras | Annotated[tuple[CameraSettings, ...], Field(min_length=2)]


class Viewpoint(Plain):
    """How a 3D clip becomes an observation.

    camera  of models of one view: a preset's name, "file" or "file:NAME" for the clip's own camera, or a camera
    rig     of models of several: cameras around the clip, "file" or "file:NAME,NAME" for the clip's own, or cameras
    people  in the pictures of the rig: the clip's own, and others beside them (`engine.observation.several_people`)
    """

    camera: str | CameraSettings = "front"
    rig: Rig = VirtualRig()
    people: Annotated[int, Field(ge=1, le=MOST_TOGETHER)] = 1

    def seen_from(self, camera: str | CameraSettings) -> Self:
        """The same with another camera of one view."""
        return self.model_copy(update={"camera": camera})

    @property
    def rig_text(self) -> str:
        """The rig in short: "ring:4", "file", or how many cameras were given."""
        return f"{len(self.rig)} cameras" if isinstance(self.rig, tuple) else str(self.rig)


class InputSettings(Plain):
    """How the observation is thinned out and degraded before a model sees it.

    subsample  keep one frame in r
    levels     of the stresses in `engine.stress.catalogue`, by field; one that is missing is at zero
    options    of those stresses that have a choice, by field
    seed       of all that is random
    """

    subsample: Annotated[int, Field(ge=1)] = 1
    levels: dict[str, float] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _known(self) -> Self:
        for field, level in self.levels.items():
            if field not in STRESSES:
                raise ValueError(f"there is no stress {field}; choose one of {', '.join(STRESSES)}")
            if level not in STRESSES[field].range:
                raise ValueError(f"{field} is {level:g}; give {STRESSES[field].range}")
        choices = {option.field: option.choices for stress in STRESSES.values() for option in stress.options}
        for field, choice in self.options.items():
            if choice not in choices.get(field, ()):
                known = ", ".join(choices.get(field, ())) or "none: there is no such option"
                raise ValueError(f"{field} is {choice}; choose one of {known}")
        return self

    @field_validator("levels")
    @classmethod
    def _without_zeros(cls, levels: dict[str, float]) -> dict[str, float]:
        return {field: level for field, level in sorted(levels.items()) if level != 0}

    def level(self, field: str) -> float:
        """The level of a stress; 0 where it is not set."""
        return self.levels.get(field, 0.0)

    def with_levels(self, levels: Mapping[str, float]) -> Self:
        """The settings with some levels changed. Raises ValueError for one that is out of range."""
        return type(self).model_validate(self.model_dump() | {"levels": self.levels | dict(levels)})

    def mean_hz(self, source_hz: float) -> float:
        """The mean rate of the frames that are left of an observation at `source_hz`, before any resampling."""
        return (1 - self.level("drop")) * source_hz / self.subsample


Hands = Literal["as predicted", "seen"]


class ModelChoice(Plain):
    """One model to run, and on what.

    rate   None takes the experiment's own policy
    hands  of models that observe trackers: as the network has them, or where they were seen, by arms that are bent
    flip   of models that lift keypoints: whether the answer is the mean with that to the mirrored input
    """

    name: str
    rate: RatePolicy | None = None
    device: Literal["cpu", "cuda"] = "cpu"
    hands: Hands = "as predicted"
    flip: bool = False

    @property
    def bare(self) -> Self:
        """The choice without what is done to its answer: whose weights are loaded."""
        return self.model_copy(update={"hands": "as predicted", "flip": False})

    @property
    def variant(self) -> str:
        """Tells models apart that answer differently: the name, with what is done to its answer."""
        done = [f"{self.hands} hands"] * (self.hands != "as predicted") + ["flip averaged"] * self.flip
        return " · ".join((self.name, *done))

    @property
    def key(self) -> str:
        """Tells loaded models apart: the variant, unless it does not run on the CPU."""
        return self.variant if self.device == "cpu" else f"{self.variant} on {self.device}"

    @property
    def label(self) -> str:
        """The key, with the policy that this choice sets for itself: tells two runs of one model apart."""
        return self.key if self.rate is None else f"{self.key} · {self.rate}"


class Experiment(Plain):
    """Everything that decides a result.

    height_m  the person's standing height; None takes it from the recording's skeleton
    """

    source: Source = FileSource()
    viewpoint: Viewpoint = Viewpoint()
    input: InputSettings = InputSettings()
    rate: RatePolicy = RatePolicy()
    models: tuple[ModelChoice, ...] = ()
    height_m: Annotated[float, Field(gt=0.1, lt=10)] | None = None

    @property
    def file(self) -> FileSource:
        """The recording that it is about. Raises InputError for a live one."""
        if not isinstance(self.source, FileSource):
            raise InputError(
                f"The session is live, on {self.source.where}, and has no recording; run it with `kinestate live "
                "--session`, or open it in the window."
            )
        return self.source

    @property
    def live(self) -> LiveSource:
        """Where it listens. Raises InputError for one about a recording or a camera."""
        if isinstance(self.source, LiveSource):
            return self.source
        raise self._other("--feed osc")

    @property
    def camera(self) -> CameraSource:
        """What it watches. Raises InputError for one about a recording or trackers."""
        if isinstance(self.source, CameraSource):
            return self.source
        raise self._other("a --feed of a camera")

    def _other(self, wanted: str) -> InputError:
        if isinstance(self.source, FileSource):
            return InputError(f"The session is about {self.source.path}, a recording; run it with `kinestate eval`.")
        return InputError(f"The session is live, on {self.source.where}; it does not go with {wanted}.")

    def policy_of(self, choice: ModelChoice) -> RatePolicy:
        """The choice's own rate policy, else the experiment's."""
        return choice.rate or self.rate

    def with_source(self, **changes: object) -> Self:
        """The experiment with some fields of its source changed."""
        return self.model_copy(update={"source": self.source.model_copy(update=changes)})

    def with_input(self, **changes: object) -> Self:
        """The experiment with some fields of its input changed."""
        return self.model_copy(update={"input": self.input.model_copy(update=changes)})
