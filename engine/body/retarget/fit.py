"""The pose of a body for a clip of any skeleton: the one entry to retargeting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.body import library
from engine.body.model import Body
from engine.body.retarget.borrowed import BorrowedRotations
from engine.body.retarget.chunks import fit_in_chunks
from engine.body.retarget.figures import Figures, figures_of
from engine.body.retarget.matrices import global_of, local_of
from engine.body.retarget.measures import SAMPLE, Measures
from engine.body.retarget.notes import notes_of
from engine.body.retarget.points import JOINTS, offsets_of, positions_of, rest_points
from engine.body.retarget.rig_maps import RigMap, map_of
from engine.body.retarget.rotations import CopiedRotations
from engine.body.retarget.scaling import scaled_offsets, with_whole_ends
from engine.body.retarget.standing import ground_of
from engine.body.retarget.starts import FromPositions, FromRotations, Start
from engine.body.retarget.targets import Targets, on_the_floor, targets_of
from engine.body.retarget.trunk import root_at_hips, torso_bend
from engine.errors import InputError
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, matrix_to_quat, quat_to_matrix
from engine.motion.skeleton import SMPL_22, SMPL_24
from engine.pieces import by_pieces
from engine.progress import Cancel, Progress

Float = NDArray[np.float64]
Source = Literal["file", "rotations", "positions"]
Way = Literal["file", "rotations", "positions", "h36m17"]
"""How the pose is found; h36m17: from the positions of those joints alone."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A body's pose for a clip.

    pose      with the person's offsets, on the floor on which the clip's H36M-17 form stands
    source    what it was found from
    notes     sentences for the file card
    trusted   of "head" and "hands", those whose rotations were measured
    errors_m  (T, N) distances, metres, of the judged points from the clip's
    figures   of the pose on the clip
    """

    pose: BodyPose
    source: Source
    notes: tuple[str, ...]
    trusted: tuple[str, ...]
    errors_m: Float
    figures: Figures


def fit(
    clip: MotionClip,
    body: Body,
    *,
    way: Way | None = None,
    offsets: Float | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Fitted:
    """Fit a body to a clip as it was read or as H36M-17.

    way      how, else the best one that the clip allows: the file's own body, a known rig's rotations, positions
    offsets  (24, 3) the person's rest offsets, metres, where they are known; else the body's scaled to the clip
    Raises InputError where the skeleton lacks joints, and Cancelled.
    """
    clip = on_the_floor(clip)
    way = best_way(clip) if way is None else way
    if way == "file":
        return _from_file(clip, body)
    truth = targets_of(clip)
    targets = truth if way != "h36m17" else targets_of(clip, ends=False)
    measures = Measures(scaled_offsets(body, targets), ground_of(targets), bend=float(np.median(torso_bend(targets))))
    if offsets is not None:
        measures = replace(measures, offsets=np.concatenate([offsets, measures.offsets[JOINTS:]]))
    targets, truth = (with_whole_ends(given, measures.offsets) for given in (targets, truth))
    rig_map = _rig_map(clip) if way == "rotations" else None
    start: Start = FromPositions()
    if rig_map is not None:
        copied = CopiedRotations(clip, rig_map, body)
        start, measures = FromRotations(copied), measures.with_soles(copied, targets)
    sample = np.unique(np.linspace(0, len(clip) - 1, SAMPLE).astype(np.intp))
    some = Targets(targets.times[sample], targets.points[sample])
    first = start.rotations(sample, some, measures)
    if offsets is None:
        measures = measures.fitted(first, root_at_hips(first, some, measures.offsets), some)
    if way == "positions" and map_of(clip.skeleton.names) is None:
        start = FromPositions(BorrowedRotations.of(clip, sample, first))
    turned, root = fit_in_chunks(targets, measures, start, progress=progress, cancel=cancel)
    rotations = _local(turned)
    del turned  # as large as all the rest
    pose = BodyPose(clip.times, rotations, root, np.zeros(0), body.name, offsets=measures.offsets[:JOINTS])
    borrowed = start.borrowed.constants if isinstance(start, FromPositions) and start.borrowed is not None else ()
    return _judged(pose, measures.offsets, truth, notes_of(clip, targets, rig_map, tuple(borrowed)), rig_map)


def _local(turned: Float) -> Float:
    """Local quaternions (T, 24, 4) of global matrices (T, 24, 3, 3)."""
    return by_pieces(lambda part: matrix_to_quat(local_of(turned[part])), len(turned))


def best_way(clip: MotionClip) -> Way:
    """How a clip is fitted if nothing else is asked for."""
    if clip.body is not None or (clip.rotations is not None and clip.skeleton.names in (SMPL_22.names, SMPL_24.names)):
        return "file"
    return "rotations" if clip.rotations is not None and map_of(clip.skeleton.names) is not None else "positions"


def _rig_map(clip: MotionClip) -> RigMap:
    """Raise InputError for a clip without rotations of a known rig."""
    rig_map = map_of(clip.skeleton.names)
    if rig_map is None or clip.rotations is None or clip.offsets is None:
        raise InputError(f"{clip.name}: it has no joint rotations of a known rig; fit the body from positions.")
    return rig_map


def _from_file(clip: MotionClip, body: Body) -> Fitted:
    """The body that the file holds, or its rotations in SMPL's layout, as they are. Raises InputError for others."""
    pose = clip.body
    if pose is None:
        if clip.rotations is None or clip.skeleton.names not in (SMPL_22.names, SMPL_24.names):
            raise InputError(f"{clip.name}: it holds no pose in SMPL's layout; fit the body from positions.")
        count = len(clip.skeleton)
        rotations = np.tile(IDENTITY, (len(clip), JOINTS, 1))
        rotations[:, :count] = clip.rotations
        offsets = body.offsets(np.zeros(0))
        if clip.offsets is not None:
            offsets[:count] = clip.offsets
        pose = BodyPose(clip.times, rotations, clip.positions[:, 0], np.zeros(0), body.name, offsets=offsets)
    worn = library.body(pose.body) if pose.body != body.name else body
    offsets = offsets_of(rest_points(worn))
    offsets[:JOINTS] = worn.offsets(pose.shape) if pose.offsets is None else pose.offsets
    truth = with_whole_ends(targets_of(clip), offsets)
    return _judged(pose, offsets, truth, ("Body as the file holds it.",), None, source="file")


def _judged(
    pose: BodyPose,
    offsets: Float,
    truth: Targets,
    notes: tuple[str, ...],
    rig_map: RigMap | None,
    source: Source | None = None,
) -> Fitted:
    root = np.zeros((len(pose), 3)) if pose.root is None else pose.root
    judged = truth.judged

    def turned(part: slice) -> Float:
        return global_of(quat_to_matrix(pose.rotations[part]))

    def apart(part: slice) -> Float:
        points = positions_of(turned(part), root[part], offsets)
        return np.asarray(np.linalg.norm(points[:, judged] - truth.points[part][:, judged], axis=-1))

    errors = by_pieces(apart, len(pose))
    figures = figures_of(errors, turned, truth)
    found = source or ("rotations" if rig_map is not None else "positions")
    trusted = ("head", "hands") if source == "file" else rig_map.trusted if rig_map is not None else ()
    return Fitted(pose, found, notes, trusted, errors, figures)
