"""Which motion of an experiment is exported: its truth, or what a model predicted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import InputError
from engine.experiment.results import Results
from engine.experiment.worn import worn_body
from engine.export.motion.formats import Format
from engine.export.motion.motion import Motion
from engine.export.palette import model_colour, rgb
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.pose import BodyPose, Joints
from engine.motion.skeleton import SMPL_24
from engine.observation.recording import Recording
from engine.progress import Cancel, Progress

TRUTH = "truth"


def truth_of(
    results: Results, recording: Recording, frames: tuple[int, int] | None = None, *, worn: BodyPose | None = None
) -> Motion:
    """The truth at the results' frames. Raises InputError where there is none.

    recording  the experiment's, as it was read; frames: those of it that the results are of, None for all
    worn       the body that the recording's truth wears, at all its frames; its 24 joints are then the joints
    """
    if results.truth is None:
        raise InputError(f"{results.clip_name}: there is no truth to export; name a model instead.")
    motion = _motion(results, TRUTH, results.truth, recording)
    if worn is None:
        return motion
    chosen = worn.take(slice(*(frames or (0, None))))
    return wearing(motion, replace(chosen, times=chosen.times - chosen.times[0]).at(results.times))


def prediction_of(
    results: Results,
    recording: Recording,
    model: int,
    *,
    body: bool = False,
    colour: int | None = None,
    cancel: Cancel | None = None,
) -> Motion:
    """What the model at that place of the results predicted, standing where the truth stands. Raises Cancelled.

    body    whether a body is wanted: the model's own, or one that is fitted to its joints, which is noted
    colour  of the mesh, an index into the palette; by default the model's place
    Raises InputError for a model of labels.
    """
    found = results.models[model]
    joints = found.placed
    if joints is None:
        raise InputError(f"{found.label} predicts labels, which are no motion; choose a model that predicts a pose.")
    motion = _motion(results, found.label, joints, recording)
    motion = replace(motion, colour=rgb(model_colour(model if colour is None else colour)))
    if not body:
        return motion
    if found.body is not None:
        return wearing(motion, found.body)
    clip = MotionClip(found.label, joints.times, joints.positions, joints.skeleton)
    note = f"{found.label} predicts {len(joints.skeleton)} joints; a body was fitted to them."
    return wearing(motion, dressed(clip, cancel=cancel)).noting(note)


def needs_body(format: Format, what: str, *, joints_only: bool, fit: bool) -> bool:
    """Whether a body must be there to write `what`, "truth" or a model, in a format.

    joints_only  whether it is a model that predicts joints alone
    fit          whether a body is asked for where joints alone would do, or are all that there is
    Raises InputError for a format of rotations where there are joints alone and no body is to be fitted.
    """
    if format.needs == "joints":
        return fit
    if joints_only and not fit:
        raise InputError(
            f"{what} predicts positions of joints, but {format.name} holds a body's rotations; "
            "ask for a body to be fitted to them (--body), or choose trc, c3d or csv."
        )
    return True


def dressed(recording: Recording, progress: Progress | None = None, cancel: Cancel | None = None) -> BodyPose:
    """The body that a recording wears, at all its frames. Raises InputError where there is none, and Cancelled."""
    worn = worn_body(recording, progress=progress, cancel=cancel)
    if worn is None:
        raise InputError(f"{recording.name}: there is no body to export; choose trc, c3d or csv.")
    return worn.pose


def wearing(motion: Motion, pose: BodyPose) -> Motion:
    """A motion with a body at the same frames, whose 24 joints it then has."""
    return replace(motion, body=pose, joints=as_joints(pose, SMPL_24))


def _motion(results: Results, what: str, joints: Joints, recording: Recording) -> Motion:
    source = Path(recording.provenance.source).name
    notes = (f"Body height {results.height.metres:.2f} m ({results.height.source}).",) if what != TRUTH else ()
    return Motion(results.clip_name, what, joints, None, results.input_hz, source, notes=notes)
