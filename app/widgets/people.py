"""The people of the 3D view: the truth and every model, as skeletons or as bodies, with the trackers that they wear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.look.error_colours import error_colours
from app.look.theme import model_colour
from app.present.curves import has_errors
from app.present.skin_errors import skin_weights, vertex_error_mm
from app.present.tracker_items import tracker_items
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.view3d.body_item import SkinColours, figures
from app.view3d.items import Item, SkeletonItem
from app.view3d.segments_item import ErrorVectors, SegmentsItem, Trail
from engine.body import library
from engine.body.posed import PosedBody
from engine.experiment.results import ModelResult
from engine.motion.pose import BodyPose, Joints
from engine.motion.skeleton import Skeleton

TRUTH = "truth"
"""The truth's key in the 3D view."""
TRAIL_RADIUS = 0.008


def model_key(number: int) -> str:
    """Name one of the results' models for the 3D view."""
    return f"model {number}"


def truth_items(state: State) -> list[Item]:
    """Make the items of the truth, at the clip's own times. In one place with models, its body is a ghost."""
    clip, worn, shown, view = state.document.clip, state.results.worn, state.results.shown, state.view
    if clip is None or clip.truth is None:
        return []
    truth = SkeletonItem(TRUTH, "Ground truth", clip.motion.skeleton, clip.times, clip.truth, marked=view.selection)
    compared = shown is not None and bool(shown.results.models) and view.layout != "apart"
    style = "ghost" if compared and view.skin != "wire" else view.skin
    return [*figures(truth, None if worn is None else worn.pose, view.figure, style), *trail_items(truth)]


def trail_items(person: SkeletonItem) -> list[Item]:
    """Make the trail of the joint that is looked at; none without one."""
    joint = person.marked
    if joint is None or joint >= person.positions.shape[1] or not len(person.times):
        return []
    trail = Trail(person.times, person.positions[:, joint])
    return [SegmentsItem(person.key, person.label, trail, TRAIL_RADIUS, colour=person.colour)]


def vector_items(person: SkeletonItem, truth: Joints | None) -> list[Item]:
    """Make the vectors from the truth's joints to a person's; none where the truth has other joints."""
    if truth is None or truth.positions.shape[1] != person.positions.shape[1]:
        return []
    vectors = ErrorVectors(truth.times, truth.positions, person.times, person.positions)
    return [SegmentsItem(person.key, person.label, vectors, colour=person.colour)]


def model_items(state: State) -> list[Item]:
    """Make the items of every model in the results, at the results' own times.

    They have the model's colour, or those of their errors where these are asked for and there is a truth.
    """
    shown, view = state.results.shown, state.view
    if shown is None:
        return []
    coloured = view.error_colours and has_errors(shown)
    items: list[Item] = []
    for k, (slot, model) in enumerate(zip(shown.slots, shown.results.models, strict=True)):
        placed = model.placed
        if placed is None:
            continue  # labels have no place
        person = SkeletonItem(
            model_key(k),
            model.label,
            placed.skeleton,
            shown.results.times,
            placed.positions,
            colour=model_colour(slot.colour),
            joint_colours=error_colours(model.series["mpjpe_mm"].values) if coloured else None,
            marked=view.selection,
        )
        worn = state.results.worn
        on_skin = None
        if coloured and model.body is not None:
            on_skin = skin_colours(shown, model, model.body, placed.skeleton, None if worn is None else worn.pose)
        items += figures(person, model.body, view.figure, view.skin, on_skin)
        items += trail_items(person)
        if view.error_vectors:
            items += vector_items(person, shown.results.truth)
        if view.layout != "one" or all(model.observed is not other.observed for other in shown.results.models[:k]):
            items += tracker_items(person, model.observed)
    return items


def skin_colours(
    shown: Shown, model: ModelResult, pose: BodyPose, skeleton: Skeleton, truth: BodyPose | None
) -> SkinColours | None:
    """Colours of a body's error at its frames: of its vertices' where the truth has the same mesh, else its joints'.

    skeleton: of the joints that were measured. None where they are not on the body.
    """
    body = library.body(pose.body)
    if truth is not None and truth.body == pose.body:
        return VertexColours(PosedBody(body, pose), PosedBody(body, truth))
    weights = skin_weights(body, skeleton)
    if weights is None:
        return None
    return JointColours(weights, model.series["mpjpe_mm"].values, pose.times, shown.results.times)


@dataclass(frozen=True, eq=False)
class VertexColours:
    """Colours of the distance of a body's vertices from the truth's; plain values that another process can be given."""

    body: PosedBody
    truth: PosedBody

    def __call__(self, frame: int) -> NDArray[np.floating]:
        at = frame_at(self.truth.pose.times, float(self.body.pose.times[frame]))
        return error_colours(vertex_error_mm(self.body, frame, self.truth, at))


@dataclass(frozen=True, eq=False)
class JointColours:
    """Colours of the errors of joints, blended over the skin; plain values as well.

    weights (V, J)  errors (T, J) millimetres at results_times (T,) seconds  times (F,) seconds of the body's frames
    """

    weights: NDArray[np.floating]
    errors: NDArray[np.floating]
    times: NDArray[np.floating]
    results_times: NDArray[np.floating]

    def __call__(self, frame: int) -> NDArray[np.floating]:
        return error_colours(self.weights @ self.errors[frame_at(self.results_times, float(self.times[frame]))])
