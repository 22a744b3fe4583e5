"""What the person is looking at: the clip, the settings of the experiment, the results, the moment that is shown.

No Qt. Widgets call the methods and listen to the signals; every signal is emitted on the thread that made the change,
which in the window is always the GUI thread (`app.workers.bridge` brings the workers' results there).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from engine.experiment.results import Results
from engine.experiment.settings import CameraSettings, DeltaSetting, Experiment, InputSettings, ModelChoice
from engine.motion.clip import MotionClip, rate_hz
from engine.observation.keypoints import Keypoints2D
from engine.observation.virtual_camera import CAMERA_PRESETS

Float = NDArray[np.float64]
ThemeName = Literal["dark", "light"]
Layout = Literal["one", "apart", "grid"]
"""Everybody in one place, beside each other, or each model with the truth in a view of its own."""

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
MERGE_S = 1.0
"""Changes of one thing that follow each other within this time are undone together: a drag is one step."""


@dataclass(frozen=True)
class Reader:
    """What the person told the reader instead of what it found; None = as found."""

    select: str | None = None
    rate_hz: float | None = None
    unit: str | None = None
    up: str | None = None


@dataclass(frozen=True, eq=False)
class LoadedClip:
    """A clip as it was read, and what the window shows of it.

    source    path, or "builtin:walk"
    motion    the clip as H36M-17, as the experiment takes it
    card      (label, value) rows of the file card; notes are its further sentences
    siblings  names of everything that a folder, an archive or a file of several sequences holds
    """

    source: str
    reader: Reader
    motion: MotionClip | Keypoints2D
    card: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.motion.name

    @property
    def times(self) -> Float:
        return self.motion.times

    @property
    def rate_hz(self) -> float:
        return rate_hz(self.times)

    @property
    def truth(self) -> Float | None:
        """(T, 17, 3) metres, world; None for 2D keypoints."""
        return self.motion.positions if isinstance(self.motion, MotionClip) else None

    @property
    def cameras(self) -> tuple[str, ...]:
        """What can see this clip by name: presets and its own cameras; nothing to choose for 2D keypoints."""
        if isinstance(self.motion, Keypoints2D):
            return ()
        return (*CAMERA_PRESETS, *(f"file:{c.name}" for c in self.motion.cameras))


@dataclass(frozen=True)
class Slot:
    """One row of the models panel: a model with its Δ, its colour (an index into the palette) and whether it is on."""

    choice: ModelChoice
    colour: int
    on: bool = True


@dataclass(frozen=True)
class Settings:
    """Everything of the experiment that the person edits; the clip is not part of it."""

    input: InputSettings = field(default_factory=InputSettings)
    delta: DeltaSetting = field(default_factory=DeltaSetting)
    camera: str | CameraSettings = "front"
    height_m: float | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Bookmark:
    """A frame of the clip that is worth coming back to, and why."""

    frame: int
    note: str = ""


Edited = tuple[Settings, tuple[Bookmark, ...]]
"""Everything that can be undone."""


@dataclass(frozen=True, eq=False)
class Shown:
    """The latest results with the request that they answer."""

    clip: LoadedClip
    settings: Settings
    results: Results

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slot of every model in the results, in their order."""
        return tuple(s for s in self.settings.slots if s.on)

    def kept(self, frame: int) -> int:
        """Which of the results' frames is on while a frame of the clip is shown: the last one that was kept."""
        return int(self._kept[frame])

    def held(self, values: Float) -> Float:
        """Values at the kept frames (K, ...) -> at every frame of the clip (T, ...), each until the next one."""
        return np.asarray(values[self._kept])

    @cached_property
    def _kept(self) -> NDArray[np.intp]:
        before = np.searchsorted(self.results.times, self.clip.times + 1e-9, side="right") - 1
        return np.clip(before, 0, None)


@dataclass(frozen=True)
class Message:
    """One sentence for the person; `detail` on demand."""

    text: str
    detail: str = ""
    error: bool = True


class State:
    """The one object that every widget watches."""

    clip_changed = Signal(object)  # LoadedClip | None
    settings_changed = Signal(Settings)
    shown_changed = Signal(object)  # Shown | None
    frame_changed = Signal(int)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    loop_changed = Signal(int, int)  # first and last frame
    repeat_changed = Signal(bool)
    theme_changed = Signal(str)
    selection_changed = Signal(object)  # joint index | None
    layout_changed = Signal(str)
    linked_changed = Signal(bool)  # the grid's cameras
    error_colours_changed = Signal(bool)
    bookmarks_changed = Signal(tuple)  # of Bookmark, in the order of their frames
    message_changed = Signal(object)  # Message | None
    history_changed = Signal(bool, bool)  # undo possible, redo possible

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self.clip: LoadedClip | None = None
        self.settings = Settings()
        self.shown: Shown | None = None
        self.frame = 0
        self.playing = False
        self.speed = 1.0
        self.loop = (0, 0)
        self.repeat = True
        self.theme: ThemeName = "dark"
        self.selection: int | None = None
        self.layout: Layout = "one"
        self.linked = True
        self.error_colours = False
        self.bookmarks: tuple[Bookmark, ...] = ()
        self.message: Message | None = None
        self._now = now
        self._undo: list[Edited] = []
        self._redo: list[Edited] = []
        self._last_edit: tuple[str, float] = ("", -np.inf)

    # -- clip and results -----------------------------------------------------------------------------------

    @property
    def frames(self) -> int:
        return len(self.clip.times) if self.clip else 0

    def set_clip(self, clip: LoadedClip, *, settings: Settings | None = None) -> None:
        """Another clip: its first frame, the whole of it as the loop, no bookmarks, no results yet, nothing to undo.

        The same clip read in another way (as many frames) keeps the moment, the loop and the bookmarks.
        """
        again = self.clip is not None and self.clip.source == clip.source and len(self.clip.times) == len(clip.times)
        self.clip, self.shown, self.selection = clip, None, None
        settings = settings or self.settings
        if isinstance(settings.camera, str) and clip.cameras and settings.camera not in clip.cameras:
            settings = replace(settings, camera=Settings().camera)
        self._undo, self._redo = [], []
        self._last_edit = ("", -np.inf)
        self.settings = settings
        if not again:
            self.frame, self.loop, self.bookmarks = 0, (0, max(self.frames - 1, 0)), ()
        self.clip_changed.emit(clip)
        self.shown_changed.emit(None)
        self.settings_changed.emit(self.settings)
        self.loop_changed.emit(*self.loop)
        self.bookmarks_changed.emit(self.bookmarks)
        self.frame_changed.emit(self.frame)
        self.history_changed.emit(False, False)

    def set_shown(self, shown: Shown | None) -> None:
        """Replace the results; those of another clip than the present one are too late and dropped."""
        if shown is not None and shown.clip is not self.clip:
            return
        self.shown = shown
        self.shown_changed.emit(shown)

    def experiment(self) -> Experiment | None:
        """The experiment that the settings describe (models that are off left out), or None without a clip."""
        if self.clip is None:
            return None
        s, reader = self.settings, self.clip.reader
        return Experiment(
            clip=self.clip.source,
            select=reader.select,
            rate_hz=reader.rate_hz,
            unit=reader.unit,
            up=reader.up,
            camera=s.camera,
            input=s.input,
            delta=s.delta,
            models=tuple(slot.choice for slot in s.slots if slot.on),
            height_m=s.height_m,
        )

    # -- settings and bookmarks, with undo ------------------------------------------------------------------

    def edit(self, what: str, settings: Settings) -> None:
        """Change the settings; `what` names the control, whose quick successive changes are one undo step.

        With an empty `what` every change is a step of its own.
        """
        self._edit(what, settings, self.bookmarks)

    def edit_input(self, **changes: object) -> None:
        """Change some of the fields of `InputSettings`."""
        new = self.settings.input.model_copy(update=changes)
        self.edit(f"input {' '.join(changes)}", replace(self.settings, input=new))

    def set_delta(self, delta: DeltaSetting) -> None:
        self.edit("delta", replace(self.settings, delta=delta))

    def set_camera(self, camera: str | CameraSettings) -> None:
        self.edit("camera", replace(self.settings, camera=camera))

    def set_height(self, height_m: float | None) -> None:
        self.edit("height", replace(self.settings, height_m=height_m))

    def add_model(self, choice: ModelChoice) -> None:
        """Add a model in the first colour that no other has."""
        taken = {s.colour for s in self.settings.slots}
        colour = next(k for k in range(len(taken) + 1) if k not in taken)
        self.edit("", replace(self.settings, slots=(*self.settings.slots, Slot(choice, colour))))

    def remove_model(self, index: int) -> None:
        slots = self.settings.slots
        self.edit("", replace(self.settings, slots=slots[:index] + slots[index + 1 :]))

    def change_model(self, index: int, **changes: object) -> None:
        """Change a slot: on, colour, or choice."""
        slots = list(self.settings.slots)
        slots[index] = replace(slots[index], **changes)  # type: ignore[arg-type]
        self.edit(f"model {index} {' '.join(changes)}", replace(self.settings, slots=tuple(slots)))

    def set_bookmark(self, frame: int, note: str = "") -> None:
        """Bookmark a frame, or change the note of its bookmark."""
        others = tuple(b for b in self.bookmarks if b.frame != frame)
        marks = sorted((*others, Bookmark(frame, note)), key=lambda b: b.frame)
        self._edit(f"bookmark {frame}", self.settings, tuple(marks))

    def next_bookmark(self, step: int) -> Bookmark | None:
        """The nearest one after the present frame (step 1) or before it (-1), going round at the ends."""
        ahead = [b for b in self.bookmarks if (b.frame - self.frame) * step > 0]
        return min(ahead or self.bookmarks, key=lambda b: b.frame * step, default=None)

    def remove_bookmark(self, frame: int) -> None:
        left = tuple(b for b in self.bookmarks if b.frame != frame)
        self._edit(f"no bookmark {frame}", self.settings, left)

    def restore_bookmarks(self, bookmarks: Iterable[Bookmark]) -> None:
        """Those of a session, as far as they lie in the clip; nothing to undo."""
        by_frame = {b.frame: b for b in bookmarks if 0 <= b.frame < self.frames}
        self._become(self.settings, tuple(by_frame[frame] for frame in sorted(by_frame)))

    def undo(self) -> None:
        self._step(self._undo, self._redo)

    def redo(self) -> None:
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
        before = (self.settings, self.bookmarks)
        self.settings, self.bookmarks = settings, bookmarks
        if settings != before[0]:
            self.settings_changed.emit(settings)
        if bookmarks != before[1]:
            self.bookmarks_changed.emit(bookmarks)
        self.history_changed.emit(bool(self._undo), bool(self._redo))

    # -- time -----------------------------------------------------------------------------------------------

    def set_frame(self, frame: int) -> None:
        frame = int(np.clip(frame, 0, max(self.frames - 1, 0)))
        if frame != self.frame:
            self.frame = frame
            self.frame_changed.emit(frame)

    def set_time(self, seconds: float) -> None:
        """Show the frame that is on at a time."""
        if self.clip is not None:
            self.set_frame(int(np.searchsorted(self.clip.times, seconds + 1e-9, side="right")) - 1)

    def set_playing(self, playing: bool) -> None:
        playing = playing and self.frames > 1
        if playing != self.playing:
            self.playing = playing
            self.playing_changed.emit(playing)

    def set_speed(self, speed: float) -> None:
        speed = float(np.clip(speed, SPEEDS[0], SPEEDS[-1]))
        if speed != self.speed:
            self.speed = speed
            self.speed_changed.emit(speed)

    def set_loop(self, first: int, last: int) -> None:
        """Play between two frames, both included."""
        top = max(self.frames - 1, 0)
        first, last = sorted((int(np.clip(first, 0, top)), int(np.clip(last, 0, top))))
        if (first, last) != self.loop:
            self.loop = (first, last)
            self.loop_changed.emit(first, last)

    def set_repeat(self, repeat: bool) -> None:
        if repeat != self.repeat:
            self.repeat = repeat
            self.repeat_changed.emit(repeat)

    # -- the rest -------------------------------------------------------------------------------------------

    def set_theme(self, theme: ThemeName) -> None:
        if theme != self.theme:
            self.theme = theme
            self.theme_changed.emit(theme)

    def select(self, joint: int | None) -> None:
        """Look at one joint; None for the whole body."""
        if joint != self.selection:
            self.selection = joint
            self.selection_changed.emit(joint)

    def set_layout(self, layout: Layout) -> None:
        if layout != self.layout:
            self.layout = layout
            self.layout_changed.emit(layout)

    def set_linked(self, linked: bool) -> None:
        """Let the grid's cameras move together, or each by itself."""
        if linked != self.linked:
            self.linked = linked
            self.linked_changed.emit(linked)

    def set_error_colours(self, on: bool) -> None:
        """Colour the models' bones by this frame's error."""
        if on != self.error_colours:
            self.error_colours = on
            self.error_colours_changed.emit(on)

    def say(self, text: str, detail: str = "", *, error: bool = True) -> None:
        self.message = Message(text, detail, error)
        self.message_changed.emit(self.message)

    def unsay(self) -> None:
        if self.message is not None:
            self.message = None
            self.message_changed.emit(None)
