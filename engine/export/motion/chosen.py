"""Which motion of an experiment is exported: its truth, or what a model predicted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.body.library import MANNEQUIN, body
from engine.errors import InputError
from engine.experiment.results import Results
from engine.export.motion.formats import Format
from engine.export.motion.motion import Motion
from engine.export.palette import model_colour, rgb
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose, Joints
from engine.motion.skeleton import SMPL_24
from engine.observation.recording import Recording, clip_of

TRUTH = "truth"


def truth_of(results: Results, recording: Recording, frames: tuple[int, int] | None, *, body: bool) -> Motion:
    """The truth at the results' frames. Raises InputError where there is none.

    recording  the experiment's, as it was read; frames: those of it that the results are of, None for all
    body       whether the body that it wears is wanted: its 24 joints are then the joints
    """
    clip = clip_of(recording)
    if clip is None or results.truth is None:
        raise InputError(
            f"{results.clip_name}: it holds 2D keypoints, so there is no truth to export; name a model instead."
        )
    motion = _motion(results, TRUTH, results.truth, recording)
    if not body:
        return motion
    worn = fitted(clip).take(slice(*(frames or (0, None))))
    return wearing(motion, replace(worn, times=worn.times - worn.times[0]).at(results.times))


def prediction_of(
    results: Results, recording: Recording, model: int, *, body: bool, colour: int | None = None
) -> Motion:
    """What the model at that place of the results predicted, standing where the truth stands.

    body    whether a body is wanted: one is fitted to a model's joints, which is noted
    colour  of the mesh, an index into the palette; by default the model's place
    """
    found = results.models[model]
    motion = replace(
        _motion(results, found.label, found.placed, recording),
        colour=rgb(model_colour(model if colour is None else colour)),
    )
    if not body:
        return motion
    clip = MotionClip(found.label, found.placed.times, found.placed.positions, found.placed.skeleton)
    note = f"{found.label} predicts {len(found.placed.skeleton)} joints; a body was fitted to them."
    return wearing(motion, fitted(clip)).noting(note)


def needs_body(format: Format, what: str, *, fit: bool) -> bool:
    """Whether a body must be there to write `what`, "truth" or a model of joints, in a format.

    fit  whether one is asked for where joints alone would do, or are all that there is
    Raises InputError for a format of rotations where a model gives positions alone and no body is to be fitted.
    """
    if format.needs == "joints":
        return fit
    if what != TRUTH and not fit:
        raise InputError(
            f"{what} predicts positions of joints, but {format.name} holds a body's rotations; "
            "ask for a body to be fitted to them (--body), or choose trc, c3d or csv."
        )
    return True


def fitted(clip: MotionClip) -> BodyPose:
    """The body that a clip wears. Raises InputError."""
    from engine.body.retarget.fit import fit  # type: ignore[import-not-found,unused-ignore]

    pose: BodyPose = fit(clip, body(MANNEQUIN)).pose
    return pose


def wearing(motion: Motion, pose: BodyPose) -> Motion:
    """A motion with a body at the same frames, whose 24 joints it then has."""
    return replace(motion, body=pose, joints=as_joints(pose, SMPL_24))


def _motion(results: Results, what: str, joints: Joints, recording: Recording) -> Motion:
    source = Path(recording.provenance.source).name
    notes = (f"Body height {results.height.metres:.2f} m ({results.height.source}).",) if what != TRUTH else ()
    return Motion(results.clip_name, what, joints, None, results.input_hz, source, notes=notes)
