"""The steps that carry out an experiment, a chain of pure functions:

    load_clip -> observe -> degrade -> predict -> measure          all of them: run

The window calls them one by one, so that only what changed is done again, and gets the same numbers. Nothing here
imports torch until a model is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.errors import InputError
from engine.experiment.placement import place_in_world
from engine.experiment.results import HeightSource, LifterCard, ModelResult, Observation, Prediction, Results
from engine.experiment.settings import BUILTIN, CameraSettings, DeltaSetting, Experiment, InputSettings, ModelChoice
from engine.metrics.motion import jitter_m_s3
from engine.metrics.pose import joint_error_mm, root_relative
from engine.metrics.summary import measure as measure_pose
from engine.metrics.summary import summarise
from engine.motion.clip import MotionClip, rate_hz
from engine.motion.interpolation import interpolate
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ASSUMED_HEIGHT_M, stature
from engine.observation.keypoints import Keypoints2D, resampled
from engine.observation.virtual_camera import CAMERA_PRESETS, preset_camera
from engine.paths import CLIPS
from engine.progress import Cancel, Cancelled, Progress
from engine.stress.bar import hide_behind_bar
from engine.stress.clock import unsteady_clock
from engine.stress.drop import drop_frames
from engine.stress.limbs import hide_limbs
from engine.stress.mask import mask_joints
from engine.stress.noise import add_noise
from engine.stress.subsample import subsample

if TYPE_CHECKING:
    from engine.data.registry import Source

Float = NDArray[np.float64]


class LiftingModel(Protocol):
    """What an experiment needs of a model; `engine.models.lifting.lifter.Lifter` is one."""

    @property
    def card(self) -> LifterCard: ...

    def predict(self, keypoints: Keypoints2D, *, height_m: float, rate: float | Float) -> Float: ...


def builtin_clips() -> list[str]:
    """Names of the clips that come with the program."""
    return sorted(path.stem for path in CLIPS.glob("*.npz"))


def sources(experiment: Experiment) -> list[Source]:
    """Everything that the experiment's clip holds: one, or more for a folder or archive. Raises InputError."""
    from engine.data.registry import expand

    name = experiment.clip.removeprefix(BUILTIN)
    if name == experiment.clip:
        found = expand(name)
    elif name in builtin_clips():
        found = expand(CLIPS / f"{name}.npz")
    else:
        raise InputError(
            f"There is no built-in clip {name!r}; choose one of {', '.join(builtin_clips()) or 'none (reinstall)'}."
        )
    if experiment.select is None:
        return found
    chosen = [s for s in found if experiment.select in (s.name, s.select)]
    if not chosen:
        some = ", ".join(s.name for s in found[:5]) + (", ..." if len(found) > 5 else "")
        raise InputError(f"{Path(name).name}: it holds nothing called {experiment.select!r}; choose one of {some}.")
    return chosen[:1]


def open_source(source: Source, experiment: Experiment) -> MotionClip | Keypoints2D:
    """One of `sources` as H36M-17, read with the experiment's overrides. Raises InputError."""
    from engine.motion.conversions import to_h36m17  # brings SciPy, which a start can wait for
    from engine.observation.keypoint_layouts import keypoints_to_h36m17

    opened = source.open(rate_hz=experiment.rate_hz, unit=experiment.unit, up=experiment.up)
    opened = replace(opened, name=source.name)  # unique among the clips of a folder
    return to_h36m17(opened) if isinstance(opened, MotionClip) else keypoints_to_h36m17(opened)


def load_clip(experiment: Experiment) -> MotionClip | Keypoints2D:
    """The experiment's one clip, as H36M-17. Raises InputError."""
    found = sources(experiment)
    if len(found) > 1:
        raise InputError(
            f"{Path(experiment.clip).name}: it holds {len(found)} clips; choose one of them, such as {found[0].name}."
        )
    return open_source(found[0], experiment)


def observe(
    clip: MotionClip | Keypoints2D, camera: str | CameraSettings, frames: tuple[int, int] | None = None
) -> Observation:
    """The H36M-17 clip through a camera; keypoints from a file stay as they are. Raises InputError.

    A preset's distance and the person's height come from the whole clip, whatever `frames` are chosen.
    Joints behind the camera or outside its picture are not seen.
    """
    chosen = _range(clip, frames)
    if isinstance(clip, Keypoints2D):
        cut = replace(
            clip,
            times=clip.times[chosen] - clip.times[chosen.start],
            xy=clip.xy[chosen],
            confidence=clip.confidence[chosen],
        )
        return Observation(clip.name, cut)
    seen_by = find_camera(clip, camera)
    truth = clip.take(chosen)
    xy, depth = seen_by.project(truth.positions)
    seen = (depth > 0) & ((xy >= 0) & (xy <= seen_by.image_size)).all(-1)
    if not seen.any():
        raise InputError(f"{clip.name}: camera {seen_by.name} sees nothing of this person; choose another one.")
    keypoints = Keypoints2D(
        clip.name, truth.times, xy, seen.astype(float), H36M_17, seen_by.image_size, seen_by, clip.provenance
    )
    return Observation(clip.name, keypoints, truth, stature(clip.positions))


def find_camera(clip: MotionClip, camera: str | CameraSettings) -> Camera:
    """The camera that a setting means for this clip. Raises InputError."""
    if isinstance(camera, CameraSettings):
        return camera.camera()
    if camera in CAMERA_PRESETS:
        return preset_camera(camera, clip.positions)
    kind, _, name = camera.partition(":")
    own = [c for c in clip.cameras if name in ("", c.name)] if kind == "file" else []
    if own:
        return own[0]
    theirs = ", ".join(f"file:{c.name}" for c in clip.cameras)
    raise InputError(
        f"{clip.name}: there is no camera {camera!r}; choose one of {', '.join(CAMERA_PRESETS)}"
        f"{', file, ' + theirs if theirs else ' (the clip has none of its own)'}."
    )


def degrade(keypoints: Keypoints2D, settings: InputSettings) -> Keypoints2D:
    """What the models get: of the frames that the camera takes, what a troubled detector finds, in those that are kept.

    Troubles come before thinning out, so that a kept frame looks the same whatever the rate.
    """
    seed = settings.seed
    seen = _taken(keypoints, settings)
    seen = hide_behind_bar(seen, settings.bar, settings.bar_direction, seed)
    seen = hide_limbs(mask_joints(seen, settings.mask, seed), settings.limbs, seed)
    return _kept(add_noise(seen, settings.noise_px, seed), settings)


def clean_input(keypoints: Keypoints2D, settings: InputSettings) -> Keypoints2D:
    """The frames of `degrade` as a perfect detector sees them."""
    return _kept(_taken(keypoints, settings), settings)


def _taken(keypoints: Keypoints2D, settings: InputSettings) -> Keypoints2D:
    return unsteady_clock(keypoints, settings.clock_jitter * settings.subsample, settings.seed)


def _kept(keypoints: Keypoints2D, settings: InputSettings) -> Keypoints2D:
    return drop_frames(subsample(keypoints, settings.subsample), settings.drop, settings.seed)


def person_height(observation: Observation, given: float | None) -> tuple[float, HeightSource]:
    """The height that turns a model's units into metres, and where it comes from."""
    if given is not None:
        return given, "given"
    if observation.stature_m is not None:
        return observation.stature_m, "clip skeleton"
    return ASSUMED_HEIGHT_M, "assumed 1.70 m"


def frame_rate(times: Float, delta: DeltaSetting, trained_hz: float) -> float | Float:
    """What Δ is multiplied by: the time before each frame, in trained frame periods, where it follows the timestamps.

    One number where sampling is uniform (to 1e-6), else one per frame (T,); before the first frame the median.
    """
    if delta.mode == "factor":
        return delta.factor
    if delta.mode == "trained" or len(times) < 2:
        return 1.0
    gaps = np.diff(times) * trained_hz
    mean, median = float(gaps.mean()), float(np.median(gaps))
    if np.ptp(gaps) <= 1e-6 * mean:
        return round(mean, 9)  # 4.0 rather than 3.9999999999999996
    return median if delta.mode == "nominal" else np.concatenate([[median], gaps])


def as_given(
    keypoints: Keypoints2D, trained_hz: float, *, delta: DeltaSetting, resample: bool
) -> tuple[Keypoints2D, float | Float]:
    """What a model gets of the kept keypoints, at its trained rate if resampled, and what its Δ is multiplied by."""
    given = resampled(keypoints, trained_hz) if resample else keypoints
    return given, frame_rate(given.times, delta, trained_hz)


def predict(
    model: LiftingModel, keypoints: Keypoints2D, *, delta: DeltaSetting, height_m: float, resample: bool = False
) -> Prediction:
    """The model's pose at every frame of the keypoints (H36M-17).

    resample  the model gets the keypoints linearly interpolated on real time to its trained rate, where auto and
              trained Δ are the same, and the poses are interpolated back. A causal model then sees, between two
              frames, a little of the later one: with a live camera that costs one frame of latency.
    """
    given, rate = as_given(keypoints, model.card.trained_hz, delta=delta, resample=resample)
    started = time.perf_counter()
    positions = model.predict(given, height_m=height_m, rate=rate)
    seconds = time.perf_counter() - started
    if given is not keypoints:
        positions = interpolate(positions, given.times, keypoints.times)
    return Prediction(positions, rate, seconds, model.card)


def measure(choice: ModelChoice, prediction: Prediction, observation: Observation, kept: Keypoints2D) -> ModelResult:
    """Score a prediction at the frames of `kept` (the keypoints that the model got), on real time."""
    truth = truth_at(observation, kept)
    world = place_in_world(prediction.positions, kept, truth)
    measures = {} if truth is None else measure_pose(world, truth, kept.times)
    jitter = _jitter_per_frame(world, kept.times)
    summary = summarise(measures)
    if truth is None and len(jitter) > 3:
        summary["jitter_m_s3"] = float(jitter[3:].mean())
    summary["ms_per_frame"] = 1000 * prediction.seconds / len(kept)
    error = np.full(world.shape[:2], np.nan) if truth is None else joint_error_mm(world, truth)
    return ModelResult(choice, prediction.card, prediction.rate, world, error, jitter, summary)


def truth_at(observation: Observation, kept: Keypoints2D) -> Float | None:
    """The truth (T, 17, 3) when the frames were taken that were kept of the observation."""
    truth = observation.truth
    return None if truth is None else interpolate(truth.positions, truth.times, kept.times)


def run(
    experiment: Experiment,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    clip: MotionClip | Keypoints2D | None = None,
    models: Mapping[str, LiftingModel] | None = None,
) -> Results:
    """Carry out the experiment. clip (H36M-17) and models, by `ModelChoice.key`, spare loading them again.

    Raises InputError, and Cancelled when `cancel` says so between two steps.
    """

    def say(share: float, text: str) -> None:
        if cancel is not None and cancel():
            raise Cancelled
        if progress is not None:
            progress(share, text)

    loaded = dict(models or {})
    say(0.0, "opening the clip")
    observation = observe(clip or load_clip(experiment), experiment.camera, experiment.frames)
    kept = degrade(observation.keypoints, experiment.input)
    height, height_source = person_height(observation, experiment.height_m)
    results = []
    predictions: dict[Any, Prediction] = {}
    for number, choice in enumerate(experiment.models):
        if choice.key not in loaded:
            say(number / len(experiment.models), f"loading {choice.name}")
            loaded[choice.key] = load(choice.name, choice.device)
        say(number / len(experiment.models), choice.label)
        model, (delta, resample) = loaded[choice.key], experiment.way_of(choice)
        asked = choice.key, *_told_apart(model.card, kept, delta, resample)
        if asked not in predictions:
            predictions[asked] = predict(model, kept, delta=delta, height_m=height, resample=resample)
        results.append(measure(choice, predictions[asked], observation, kept))
    say(1.0, "done")
    truth = truth_at(observation, kept)
    return Results(
        clip_name=observation.name,
        source_hz=observation.source_hz,
        input_hz=rate_hz(kept.times),
        height_m=height,
        height_source=height_source,
        times=kept.times,
        truth=truth,
        jitter_truth_m_s3=np.full(len(kept), np.nan) if truth is None else _jitter_per_frame(truth, kept.times),
        keypoints_clean=clean_input(observation.keypoints, experiment.input),
        keypoints=kept,
        models=tuple(results),
    )


def _told_apart(card: LifterCard, kept: Keypoints2D, delta: DeltaSetting, resample: bool) -> tuple[bool, bytes]:
    """What tells a model's predictions on `kept` apart; those for which it is the same are made once.

    Several ways of meeting a frame rate come to the same at the trained rate, and where there is no Δ.
    """
    given, rate = as_given(kept, card.trained_hz, delta=delta, resample=resample)
    return given is kept, np.asarray(rate if card.has_delta else 1.0).tobytes()


def load(name: str, device: str = "cpu") -> LiftingModel:
    """A model by name, after one short prediction: the first in a process pays for torch's start as well."""
    from engine.models.registry import load_model

    model = load_model(name, device)
    blank = np.zeros((2, len(H36M_17)))
    keypoints = Keypoints2D("warm-up", np.array([0.0, 1.0]), np.stack([blank, blank], -1), blank, H36M_17, (1, 1))
    model.predict(keypoints, height_m=ASSUMED_HEIGHT_M, rate=1.0)
    return model


def _range(clip: MotionClip | Keypoints2D, frames: tuple[int, int] | None) -> slice:
    first, stop = frames or (0, len(clip))
    if not 0 <= first < min(stop, len(clip)):
        raise InputError(f"{clip.name}: frames {first} to {stop} are not in its {len(clip)} frames; choose others.")
    return slice(first, min(stop, len(clip)))


def _jitter_per_frame(world: Float, times: Float) -> Float:
    """(T,) mean over joints of the pose's jitter about its pelvis; NaN for the first three frames."""
    jitter = jitter_m_s3(root_relative(world), times)
    return np.concatenate([np.full(min(3, len(world)), np.nan), jitter.mean(1)])
