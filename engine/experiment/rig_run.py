"""Models of several views on one person whom real cameras see: no truth, but what can be told without one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cameras.bundle import Prior
from engine.cameras.clocks import calibrated_offsets
from engine.cameras.refine import Refined, refine_cameras
from engine.cameras.rig import CameraRig
from engine.cameras.synchrony import shifted
from engine.cameras.triangulation import DROP_PX, LONG_SIDE
from engine.errors import InputError
from engine.experiment.finite import check_finite
from engine.experiment.pipeline import Model, predict
from engine.experiment.rate import RatePolicy
from engine.kinds import as_joints
from engine.metrics.bones import bone_length_sd_mm
from engine.metrics.catalogue import measure, summarise
from engine.motion.clip import rate_hz
from engine.motion.limb_pairs import limb_pairs
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.motion.stature import ASSUMED_HEIGHT_M
from engine.observation.people_over_time import Followed, choose_person, follow_people, of_person
from engine.observation.reprojection import reprojection_px
from engine.observation.trial import Context
from engine.observation.views import MultiViewKeypoints
from engine.progress import Cancel, Progress, watched

Float = NDArray[np.float64]

WRISTS = (H36M_17.index("left wrist"), H36M_17.index("right wrist"))
GROUPS = limb_pairs(H36M_17)


@dataclass(frozen=True, eq=False)
class ChosenPerson:
    """The views of one person, everybody who was found, and what was done to the cameras on the way.

    offsets_s  (V,) by which each camera's frames were late, and were moved back; None where nobody asked
    refined    the cameras before and after; None where nobody asked
    """

    views: MultiViewKeypoints
    person: Followed
    people: tuple[Followed, ...]
    offsets_s: Float | None = None
    refined: Refined | None = None


def chosen_person(
    views: MultiViewKeypoints,
    *,
    by: str = "moves",
    sync: bool = False,
    refine: bool = False,
    prior: Prior = Prior(),  # noqa: B008  a constant
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> ChosenPerson:
    """Match people across the views, choose one, and refine clocks and cameras on them where that is asked for.

    With refined cameras, people are matched once more. Raises InputError and Cancelled.
    """
    people = follow_people(views, progress=progress, cancel=cancel)
    person = choose_person(people, views, by)
    mine, seconds, refined = of_person(views, person, people), None, None
    if sync:
        hz = rate_hz(mine.times)
        with watched(cancel):
            seconds = calibrated_offsets(tuple(mine.rig), *_stacked(mine), hz, WRISTS, GROUPS, prior=prior)
        mine = moved(mine, seconds)
    if refine:
        with watched(cancel):
            refined = refine_cameras(tuple(mine.rig), *_stacked(mine), GROUPS, prior=prior)
        better = replace(views, rig=CameraRig(refined.cameras))
        people = follow_people(better, progress=progress, cancel=cancel)
        person = choose_person(people, better, by)
        mine = of_person(better, person, people)
        mine = mine if seconds is None else moved(mine, seconds)
    return ChosenPerson(mine, person, people, seconds, refined)


def _stacked(views: MultiViewKeypoints) -> tuple[Float, Float]:
    """(T, V, J, 2) pixels and (T, V, J) confidences of one person."""
    return np.moveaxis(views.xy[:, :, 0], 0, 1), np.moveaxis(views.confidence[:, :, 0], 0, 1)


def moved(views: MultiViewKeypoints, seconds: Float) -> MultiViewKeypoints:
    """One person's views with each camera's frames moved back by what they were late."""
    xy, confidence = shifted(*_stacked(views), seconds, rate_hz(views.times))
    return replace(views, xy=np.moveaxis(xy, 1, 0)[:, :, None], confidence=np.moveaxis(confidence, 1, 0)[:, :, None])


@dataclass(frozen=True, eq=False)
class RigFigures:
    """What one model is worth where nobody knows the truth.

    found_share         of joints and frames: two views or more show the joint within 60 px (of 1920) of its place
    reprojection_px     by camera: median distance of detections from where the model's joints would be seen
    held_out_px         the same of cameras that were left out when the model ran; empty where nobody asked
    bone_length_sd_mm   standard deviation over time of the bones' lengths, mean over bones
    jitter_m_s3         mean jerk of the joints
    """

    name: str
    found_share: float
    reprojection_px: dict[str, float | None]
    bone_length_sd_mm: float
    jitter_m_s3: float | None
    ms_per_frame: float
    held_out_px: dict[str, float | None]
    joints: Joints

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "found_share": self.found_share,
            "reprojection_px": self.reprojection_px,
            "bone_length_sd_mm": self.bone_length_sd_mm,
            "jitter_m_s3": self.jitter_m_s3,
            "ms_per_frame": self.ms_per_frame,
        } | ({"held_out_px": self.held_out_px} if self.held_out_px else {})


def measure_on_rig(
    model: Model, views: MultiViewKeypoints, *, held_out: bool = False, cancel: Cancel | None = None
) -> RigFigures:
    """One model on the views of one person. Raises InputError for a model of something else, and Cancelled."""
    name = model.card.name
    joints, seconds = joints_of(model, views, cancel)
    errors = reprojection_px(joints.positions, views)
    limits = DROP_PX * np.array([max(camera.image_size) for camera in views.rig]) / LONG_SIDE
    near = (errors <= limits[:, None, None]).sum(0) >= 2
    without: dict[str, float | None] = {}
    if held_out and len(views.rig) > 2:
        for view, camera in enumerate(views.rig):
            others = views.of_views([other for other in range(len(views.rig)) if other != view])
            found, _ = joints_of(model, others, cancel)
            without[camera.name] = _median(reprojection_px(found.positions, views.of_views([view]))[0])
    jitter = summarise(measure(joints, None))["jitter_m_s3"]
    return RigFigures(
        name,
        float(near.mean()),
        {camera.name: _median(error) for camera, error in zip(views.rig, errors, strict=True)},
        bone_length_sd_mm(joints.positions, H36M_17),
        None if np.isnan(jitter) else float(jitter),
        1000 * seconds / len(views),
        without,
        joints,
    )


def joints_of(model: Model, views: MultiViewKeypoints, cancel: Cancel | None) -> tuple[Joints, float]:
    """What a model makes of one person's views, H36M-17, and the seconds that it took. Raises InputError, Cancelled."""
    if (model.card.observes, model.card.predicts) != ("views", "joints"):
        raise InputError(
            f"{model.card.name} does not find joints in several views; choose a model that does, such as triangulation."
        )
    predicted = predict(model, views, RatePolicy(), Context(ASSUMED_HEIGHT_M, views.rig), cancel=cancel)
    check_finite(predicted.prediction, model.card.name)
    return as_joints(predicted.prediction, H36M_17), predicted.seconds


def _median(errors: Float) -> float | None:
    """Of the errors that are known; None where there are none."""
    known = errors[np.isfinite(errors)]
    return float(np.median(known)) if len(known) else None
