"""The document: the clip, the settings of the experiment and the bookmarks, with undo. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import InitVar, dataclass, field, replace
from typing import ClassVar

import numpy as np
from psygnal import SignalGroupDescriptor

from app.state.clip import LoadedClip
from app.state.events import together
from app.state.settings import Bookmark, Settings, Slot
from engine.experiment.rate import RatePolicy
from engine.experiment.settings import CameraSettings, Experiment, FileSource, ModelChoice, Overrides, Rig, Viewpoint

MERGE_S = 1.0
"""Changes of one thing that follow each other within this time are undone together: a drag is one step."""

Edited = tuple[Settings, tuple[Bookmark, ...]]
"""Everything that can be undone."""


@dataclass
class Document:
    """The parts of a session that are edited.

    bookmarks  in the order of their frames
    history    whether there is something to undo, and to redo
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    clip: LoadedClip | None = None
    settings: Settings = field(default_factory=Settings)
    bookmarks: tuple[Bookmark, ...] = ()
    history: tuple[bool, bool] = (False, False)
    now: InitVar[Callable[[], float]] = time.monotonic

    def __post_init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._undo: list[Edited] = []
        self._redo: list[Edited] = []
        self._last_edit: tuple[str, float] = ("", -np.inf)
        self._marks: dict[tuple[str, str, int], tuple[Bookmark, ...]] = {}  # of the clips that were open before

    # -- the clip -------------------------------------------------------------------------------------------

    def open(self, clip: LoadedClip, settings: Settings, *, keep_bookmarks: bool) -> None:
        """Take another clip with these settings, and forget what could be undone; its own bookmarks come back."""
        camera = settings.viewpoint.camera
        if isinstance(camera, str) and clip.cameras and camera not in clip.cameras:
            settings = replace(settings, viewpoint=settings.viewpoint.seen_from(Viewpoint().camera))
        if isinstance(settings.viewpoint.rig, str) and sum(name.startswith("file:") for name in clip.cameras) < 2:
            usual = settings.viewpoint.model_copy(update={"rig": Viewpoint().rig})
            settings = replace(settings, viewpoint=usual)
        self._undo, self._redo = [], []
        self._last_edit = ("", -np.inf)
        if self.clip is not None:
            self._marks[identity(self.clip)] = self.bookmarks
        with together(self):
            self.clip, self.settings = clip, settings
            self.bookmarks = self.bookmarks if keep_bookmarks else self._marks.get(identity(clip), ())
            self.history = (False, False)

    def experiment(self) -> Experiment | None:
        """Make the experiment that the settings describe (models that are off left out); None without a clip."""
        if self.clip is None:
            return None
        s, reader = self.settings, self.clip.reader
        return Experiment(
            source=FileSource(
                path=self.clip.source,
                select=reader.select,
                overrides=Overrides(
                    rate_hz=reader.rate_hz,
                    unit=reader.unit,
                    up=reader.up,
                    joints=self.clip.joints,
                    detector=reader.detector,
                ),
            ),
            viewpoint=s.viewpoint,
            input=s.input,
            rate=s.rate,
            models=tuple(slot.choice for slot in s.slots if slot.on),
            height_m=s.height_m,
        )

    # -- settings -------------------------------------------------------------------------------------------

    def edit(self, what: str, settings: Settings) -> None:
        """Change the settings; `what` names the control, whose quick successive changes are one undo step.

        With an empty `what` every change is a step of its own.
        """
        self._edit(what, settings, self.bookmarks)

    def edit_input(self, **changes: object) -> None:
        """Change some of the fields of `InputSettings`. Raises ValueError for one that there is not."""
        before = self.settings.input
        new = before.model_validate(before.model_dump() | changes)
        self.edit(f"input {' '.join(changes)}", replace(self.settings, input=new))

    def set_level(self, stress: str, level: float) -> None:
        """Change the level of a stress, by its field."""
        self.edit(f"level {stress}", replace(self.settings, input=self.settings.input.with_levels({stress: level})))

    def set_option(self, option: str, choice: str) -> None:
        """Change which kind a stress is of, by the option's field."""
        options = self.settings.input.options | {option: choice}
        self.edit_input(options=options)

    def set_rate(self, policy: RatePolicy) -> None:
        """Change what models are given at a frame rate that is not their own."""
        self.edit("rate", replace(self.settings, rate=policy))

    def set_camera(self, camera: str | CameraSettings) -> None:
        """Change the camera through which the models see the clip."""
        self.edit("camera", replace(self.settings, viewpoint=self.settings.viewpoint.seen_from(camera)))

    def set_rig(self, rig: Rig) -> None:
        """Change the cameras through which models of several views see the clip."""
        self.edit("rig", replace(self.settings, viewpoint=self.settings.viewpoint.model_copy(update={"rig": rig})))

    def set_people(self, people: int) -> None:
        """Change how many people the rig sees."""
        viewpoint = self.settings.viewpoint.model_copy(update={"people": people})
        self.edit("people", replace(self.settings, viewpoint=viewpoint))

    def set_height(self, height_m: float | None) -> None:
        """Change the body height; None takes the clip's."""
        self.edit("height", replace(self.settings, height_m=height_m))

    def add_model(self, choice: ModelChoice) -> None:
        """Add a model in the first colour that no other has."""
        taken = {s.colour for s in self.settings.slots}
        colour = next(k for k in range(len(taken) + 1) if k not in taken)
        self.edit("", replace(self.settings, slots=(*self.settings.slots, Slot(choice, colour))))

    def remove_model(self, index: int) -> None:
        """Remove a slot."""
        slots = self.settings.slots
        self.edit("", replace(self.settings, slots=slots[:index] + slots[index + 1 :]))

    def change_model(self, index: int, **changes: object) -> None:
        """Change a slot: on, colour, or choice."""
        slots = list(self.settings.slots)
        slots[index] = replace(slots[index], **changes)  # type: ignore[arg-type]
        self.edit(f"model {index} {' '.join(changes)}", replace(self.settings, slots=tuple(slots)))

    # -- bookmarks ------------------------------------------------------------------------------------------

    def set_bookmark(self, frame: int, note: str = "") -> None:
        """Bookmark a frame, or change the note of its bookmark."""
        others = tuple(b for b in self.bookmarks if b.frame != frame)
        marks = sorted((*others, Bookmark(frame, note)), key=lambda b: b.frame)
        self._edit(f"bookmark {frame}", self.settings, tuple(marks))

    def bookmark_beside(self, frame: int, step: int) -> Bookmark | None:
        """Find the nearest one after a frame (step 1) or before it (-1), going round at the ends."""
        ahead = [b for b in self.bookmarks if (b.frame - frame) * step > 0]
        return min(ahead or self.bookmarks, key=lambda b: b.frame * step, default=None)

    def remove_bookmark(self, frame: int) -> None:
        """Remove the bookmark of a frame."""
        left = tuple(b for b in self.bookmarks if b.frame != frame)
        self._edit(f"no bookmark {frame}", self.settings, left)

    def restore_bookmarks(self, bookmarks: Iterable[Bookmark]) -> None:
        """Take those of a session, as far as they lie in the clip; there is nothing to undo then."""
        frames = len(self.clip.times) if self.clip is not None else 0
        by_frame = {b.frame: b for b in bookmarks if 0 <= b.frame < frames}
        self._become(self.settings, tuple(by_frame[frame] for frame in sorted(by_frame)))

    # -- undo -----------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last change back."""
        self._step(self._undo, self._redo)

    def redo(self) -> None:
        """Make a change again that was taken back."""
        self._step(self._redo, self._undo)

    def _step(self, back: list[Edited], forth: list[Edited]) -> None:
        if back:
            forth.append((self.settings, self.bookmarks))
            self._last_edit = ("", -np.inf)
            self._become(*back.pop())

    def _edit(self, what: str, settings: Settings, bookmarks: tuple[Bookmark, ...]) -> None:
        before = (self.settings, self.bookmarks)
        if (settings, bookmarks) == before:
            return
        now = self._now()
        merged = what and self._last_edit[0] == what and now - self._last_edit[1] < MERGE_S and self._undo
        if not merged:
            self._undo.append(before)
        self._last_edit = (what, now)
        self._redo.clear()
        self._become(settings, bookmarks)

    def _become(self, settings: Settings, bookmarks: tuple[Bookmark, ...]) -> None:
        with together(self):
            self.settings, self.bookmarks = settings, bookmarks
            self.history = (bool(self._undo), bool(self._redo))


def identity(clip: LoadedClip) -> tuple[str, str, int]:
    """Tell a clip from others of its file, and from itself with other frames."""
    return clip.source, clip.name, len(clip.times)
