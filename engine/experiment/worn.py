"""The body that the truth wears."""

from __future__ import annotations

from engine.body.library import MANNEQUIN, body
from engine.body.retarget.fit import Fitted, fit
from engine.observation.recording import Recording, clip_of
from engine.progress import Cancel, Progress


def worn_body(
    recording: Recording,
    name: str = MANNEQUIN,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Fitted | None:
    """A body, by its name, on a recording as it was read; None for 2D keypoints. Raises InputError and Cancelled."""
    clip = clip_of(recording)
    return None if clip is None else fit(clip, body(name), progress=progress, cancel=cancel)
