"""The steps of an experiment, each a pure function:

    observe -> degrade -> given -> predict -> place -> score

`engine.experiment.run` alone puts them in sequence. Nothing here imports torch until a model is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from engine.cameras.pinhole import Camera
from engine.cameras.rig import CameraRig
from engine.errors import InputError
from engine.experiment.rate import Rate, RatePolicy
from engine.experiment.settings import InputSettings, Viewpoint, VirtualRig
from engine.kinds import as_body, as_joints, first_person
from engine.metrics.catalogue import measure, summarise
from engine.metrics.metric import Series
from engine.models.card import ModelCard
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose, ClassScores, Joints, Prediction
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.mount import ESTIMATED, Mount
from engine.observation.observe import steady_positions
from engine.observation.placement import place_in_world
from engine.observation.trial import Context, Observation, Trial
from engine.observation.virtual_rig import virtual_rig
from engine.progress import Cancel, Progress
from engine.stress.catalogue import STRESSES, apply, clean

Kind = TypeVar("Kind", bound=Observation)


class Stream(Protocol):
    """A model on frames as they come; `engine.models.model.ModelStream` is one."""

    def step(self, observation: Any, rate: Rate = 1.0, /) -> Prediction: ...


class Model(Protocol):
    """What an experiment needs of a model; `engine.models.model.Model` is one."""

    @property
    def card(self) -> ModelCard: ...

    def forward(
        self,
        observation: Any,
        rate: Rate,
        context: Context,
        /,
        *,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> Prediction: ...

    def stream(self, context: Context, /) -> Stream: ...


@dataclass(frozen=True, eq=False)
class Predicted:
    """What was predicted at the frames that were kept, a pose in its own axes; the rate as given; seconds it took."""

    prediction: Prediction
    rate: Rate
    seconds: float


@dataclass(frozen=True, eq=False)
class Scored:
    """A prediction in the world and its metrics, as in `engine.experiment.results.ModelResult`.

    camera  as it was found to stand there, where nobody calibrated it
    """

    placed: Joints | None
    body: BodyPose | None
    series: Mapping[str, Series]
    summary: Mapping[str, float]
    camera: Camera | None = None


def camera_of(viewpoint: Viewpoint) -> str | Camera:
    """The viewpoint's camera, as `engine.observation.observe` takes it."""
    return viewpoint.camera if isinstance(viewpoint.camera, str) else viewpoint.camera.camera()


def rig_of(viewpoint: Viewpoint, clip: MotionClip) -> CameraRig:
    """The viewpoint's rig around an H36M-17 clip, whatever frames of it are chosen. Raises InputError."""
    rig = viewpoint.rig
    if isinstance(rig, VirtualRig):
        return virtual_rig(steady_positions(clip), rig.views, rig.arrangement, seed=rig.seed)
    if not isinstance(rig, str):
        return CameraRig(tuple(each.camera() for each in rig))
    named = {camera.name: camera for camera in clip.cameras}
    wanted = [name.strip() for name in rig.partition(":")[2].split(",") if name.strip()] or list(named)
    for name in wanted:
        if name not in named:
            theirs = ", ".join(named) or "it has none"
            raise InputError(f"{clip.name}: there is no camera {name!r} in the file; choose of its own: {theirs}.")
    if len(wanted) < 2:
        raise InputError(f"{clip.name}: it has no two cameras of its own; give a rig around it, such as ring:4.")
    return CameraRig(tuple(named[name] for name in dict.fromkeys(wanted)))


def degrade(observation: Kind, settings: InputSettings, person: int = 0) -> Kind:
    """What the models get: of the frames that a sensor takes, what it finds in trouble, in those that are kept.

    Troubles come before thinning out, so that a kept frame looks the same whatever the rate. Those of other sensors
    leave this one alone. person: as of `engine.stress.stress.Setting`.
    """
    kind = type(observation).__name__
    levels = {field: level for field, level in settings.levels.items() if kind in STRESSES[field].applies_to}
    return apply(observation, levels, settings.options, settings.subsample, settings.seed, person)


def clean_input(observation: Kind, settings: InputSettings) -> Kind:
    """The frames of `degrade` as a perfect detector sees them."""
    return clean(observation, settings.levels, subsample=settings.subsample, seed=settings.seed)


def truth_at(trial: Trial[Keypoints2D], kept: Keypoints2D) -> Joints | None:
    """The truth's joints when the frames were taken that were kept of the observation."""
    pose = first_person(trial.truth)
    return None if pose is None else as_joints(pose, H36M_17).at(kept.times)


def predict(
    model: Model,
    kept: Observation,
    policy: RatePolicy,
    context: Context,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Predicted:
    """The model's prediction at every frame of the observation. Raises Cancelled.

    With resampled input they are interpolated back. A causal model then sees, between two frames, a little of the
    later one: with a live camera that costs one frame of latency.
    """
    given, rate = policy.given(kept, model.card)
    started = time.perf_counter()
    found = model.forward(given, rate, context, progress=progress, cancel=cancel)
    seconds = time.perf_counter() - started
    return Predicted(found if given is kept else found.at(kept.times), rate, seconds)


def score(
    predicted: Predicted,
    kept: Keypoints2D,
    truth: Joints | None,
    truth_body: BodyPose | None = None,
    cancel: Cancel | None = None,
    mount: Mount = ESTIMATED,
) -> Scored:
    """Place a prediction in the world and measure it at the frames of `kept`, on real time. Raises Cancelled.

    mount: what is known of how a camera stands that is not calibrated.

    What is in the world already stays where it is; anything else is placed by its joints. Scores have no place, and no
    metric of theirs is one of frames.
    """
    cost = {"ms_per_frame": 1000 * predicted.seconds / len(kept)}
    if isinstance(predicted.prediction, ClassScores):
        return Scored(None, None, {}, summarise({}) | cost)
    placed, body = as_joints(predicted.prediction, H36M_17), as_body(predicted.prediction)
    measured, camera = body, None
    if placed.frame == "camera" or not placed.rooted:
        move = place_in_world(placed.positions, kept, None if truth is None else truth.positions, mount)
        camera = move.camera
        placed = placed.in_world(move.turn, move.shift)
        body = None if body is None else body.in_world(move.turn, move.shift)
        measured = None if body is None else replace(body, root=None)  # its place is none of the model's
    series = measure(placed, truth, cancel) | ({} if measured is None else measure(measured, truth_body, cancel))
    return Scored(placed, body, series, summarise(series) | cost, camera)
