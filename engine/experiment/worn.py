"""The body that the truth wears."""

from __future__ import annotations

from engine.body.library import MANNEQUIN, body
from engine.body.retarget.fit import Fitted, fit
from engine.experiment.fitted_bodies import FittedBodies
from engine.observation.recording import Recording, clip_of
from engine.progress import Cancel, Progress

_BODIES = FittedBodies()
"""Of this process: the window's dressing of the truth, runs, sweeps, grading and exports ask for the same ones."""


def worn_body(
    recording: Recording,
    name: str = MANNEQUIN,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Fitted | None:
    """A body, by its name, on a recording as it was read; None for 2D keypoints. Raises InputError and Cancelled.

    Clips that hold the same numbers share it, so that its arrays are not to be written to.
    """
    clip = clip_of(recording)
    if clip is None:
        return None
    worn = body(name)
    return _BODIES.once(clip, worn, lambda: fit(clip, worn, progress=progress, cancel=cancel), cancel)
