"""Metrics of bodies, as rows of the catalogue: rotations, mesh, joints in the world, feet on the floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.metrics.contact import (
    FEET,
    body_contact,
    floating_cm,
    foot_skate_cm,
    lowest_foot_m,
    penetration_cm,
)
from engine.metrics.mesh import mean_vertex_error_mm, same_mesh
from engine.metrics.metric import Metric
from engine.metrics.rotation import geodesic_error_deg, rotation_error_deg
from engine.metrics.world import (
    HANDS,
    LOWER,
    ROOT,
    UPPER,
    both_in_world,
    in_world,
    joints_of,
    world_error_cm,
    world_jitter_100_m_s3,
    world_velocity_error_cm_s,
)
from engine.motion.pose import BodyPose

Float = NDArray[np.float64]


def _errors_of(joints: tuple[int, ...]) -> Callable[[BodyPose, BodyPose], Float]:
    return lambda prediction, truth: _world_error(prediction, truth)[:, joints]


def _world_error(prediction: BodyPose, truth: BodyPose) -> Float:
    return world_error_cm(joints_of(prediction), joints_of(truth))


def _velocity_error(prediction: BodyPose, truth: BodyPose) -> Float:
    return world_velocity_error_cm_s(joints_of(prediction), joints_of(truth), prediction.times)


def _jitter(pose: BodyPose, _: object) -> Float:
    return world_jitter_100_m_s3(joints_of(pose), pose.times)


def _contact_agrees(prediction: BodyPose, truth: BodyPose) -> Float:
    same = body_contact(prediction, joints_of(prediction)) == body_contact(truth, joints_of(truth))
    return np.where(same, 100.0, 0.0)


def _skate(prediction: BodyPose, truth: BodyPose) -> Float:
    return foot_skate_cm(joints_of(prediction)[:, FEET], body_contact(truth, joints_of(truth)))


def _floating(pose: BodyPose, _: object) -> Float:
    return floating_cm(lowest_foot_m(pose))


def _penetration(pose: BodyPose, _: object) -> Float:
    return penetration_cm(lowest_foot_m(pose))


def _of_truth(metric: Metric, label: str, short: str, tip: str) -> Metric:
    """The metric that says of the truth what another one says of a prediction."""
    compute = metric.compute
    return replace(
        metric,
        key=metric.truth_key,
        label=label,
        short=short,
        tip=tip,
        needs=(BodyPose, BodyPose),
        compute=lambda _, truth: compute(truth, truth),
        when=both_in_world,
        truth_key="",
    )


_PART = "Mean distance of {} from the truth where the person stands, in the world"

MESH = Metric(
    key="mpve_mm",
    label="MPVE",
    short="MPVE",
    unit="mm",
    digits=1,
    better="lower",
    tip="Mean distance of the mesh's vertices from the truth's, both with the pelvis at the origin",
    needs=(BodyPose, BodyPose),
    compute=mean_vertex_error_mm,
    when=same_mesh,
)
ROTATION = Metric(
    key="mpjre_deg",
    label="MPJRE",
    short="MPJRE",
    unit="°",
    digits=2,
    better="lower",
    tip="Mean absolute error of the joints' axis-angle components, as trackers' papers print it",
    needs=(BodyPose, BodyPose),
    compute=lambda prediction, truth: rotation_error_deg(prediction.rotations, truth.rotations),
)
GEODESIC = Metric(
    key="mpjre_geodesic_deg",
    label="MPJRE, geodesic",
    short="Rotation",
    unit="°",
    digits=2,
    better="lower",
    tip="Mean angle between the joints' rotations and the truth's",
    needs=(BodyPose, BodyPose),
    compute=lambda prediction, truth: geodesic_error_deg(prediction.rotations, truth.rotations),
)
WORLD = Metric(
    key="world_mpjpe_cm",
    label="MPJPE in the world",
    short="World",
    unit="cm",
    digits=2,
    better="lower",
    tip=_PART.format("22 joints"),
    needs=(BodyPose, BodyPose),
    compute=_world_error,
    when=both_in_world,
)
_PARTS = tuple(
    replace(WORLD, key=key, label=label, short=short, tip=_PART.format(whose), compute=_errors_of(joints))
    for key, label, short, whose, joints in (
        ("hand_pe_cm", "hand error", "Hands", "the wrists", HANDS),
        ("upper_pe_cm", "upper body error", "Upper", "the upper body's joints", UPPER),
        ("lower_pe_cm", "lower body error", "Lower", "the lower body's joints", LOWER),
        ("root_pe_cm", "root error", "Root", "the pelvis", ROOT),
    )
)
VELOCITY = replace(
    WORLD,
    key="world_mpjve_cm_s",
    label="MPJVE in the world",
    short="World vel.",
    unit="cm/s",
    digits=1,
    tip="Mean error of the velocity of 22 joints in the world, on real time",
    compute=_velocity_error,
    order=1,
)
JITTER = Metric(
    key="world_jitter_100_m_s3",
    label="jitter in the world",
    short="World jitter",
    unit="10² m/s³",
    digits=2,
    better=None,
    tip="Mean jerk of 22 joints in the world, on real time. Best is what trembles as much as the truth",
    needs=(BodyPose, None),
    compute=_jitter,
    order=3,
    truth_key="world_jitter_truth_100_m_s3",
    when=in_world,
)
CONTACT = Metric(
    key="foot_contact_percent",
    label="foot contact",
    short="Contact",
    unit="%",
    digits=1,
    better="higher",
    tip="Share of frames in which ankles and feet rest on the floor where the truth's do, and only there: "
    "lower than 5 cm and slower than 0.2 m/s",
    needs=(BodyPose, BodyPose),
    compute=_contact_agrees,
    order=1,
    when=both_in_world,
)
SKATE = Metric(
    key="foot_skate_cm_per_frame",
    label="foot skate",
    short="Skate",
    unit="cm/frame",
    digits=2,
    better="lower",
    tip="Mean way of ankles and feet over the floor in a frame while the truth's rest on it",
    needs=(BodyPose, BodyPose),
    compute=_skate,
    order=1,
    truth_key="foot_skate_truth_cm_per_frame",
    when=both_in_world,
    partial=True,
)
FLOATING = Metric(
    key="floating_cm",
    label="floating",
    short="Floating",
    unit="cm",
    digits=2,
    better="lower",
    tip="Mean height of the lower foot above the floor",
    needs=(BodyPose, None),
    compute=_floating,
    truth_key="floating_truth_cm",
    when=in_world,
)
PENETRATION = Metric(
    key="penetration_cm",
    label="penetration",
    short="Sunk",
    unit="cm",
    digits=2,
    better="lower",
    tip="Mean depth of the lower foot below the floor",
    needs=(BodyPose, None),
    compute=_penetration,
    truth_key="penetration_truth_cm",
    when=in_world,
)

BODY_METRICS = (
    MESH,
    ROTATION,
    GEODESIC,
    WORLD,
    *_PARTS,
    VELOCITY,
    JITTER,
    _of_truth(JITTER, "jitter in the world of the truth", "Truth's world jitter", "Mean jerk of the truth's 22 joints"),
    CONTACT,
    SKATE,
    _of_truth(SKATE, "foot skate of the truth", "Truth's skate", "Foot skate of the truth itself"),
    FLOATING,
    _of_truth(FLOATING, "floating of the truth", "Truth floats", "Mean height of the truth's lower foot"),
    PENETRATION,
    _of_truth(PENETRATION, "penetration of the truth", "Truth sunk", "Mean depth of the truth's lower foot"),
)
"""In the order of the tables."""
