"""A window that needs no weights and no torch: a clip on disk, models that follow a plain rule, settings of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import numpy as np
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication

from app.state.clip import Reader
from app.state.moment import Moment, frame_at
from app.state.preferences import Preferences
from app.state.settings import Settings, Slot
from app.state.state import State
from app.window import Window, make_window
from app.workers.bridge import OpenJob
from engine.data.formats.kinestate_npz import save_clip
from engine.experiment.settings import ModelChoice
from engine.models.families import list_models, model_card
from engine.motion.clip import MotionClip
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17

REST = np.array(
    [[0, 0, 0.95], [-0.13, 0, 0.95], [-0.13, 0, 0.5], [-0.13, 0, 0.08], [0.13, 0, 0.95], [0.13, 0, 0.5],
     [0.13, 0, 0.08], [0, 0, 1.2], [0, 0, 1.45], [0, -0.1, 1.55], [0, 0, 1.68], [0.17, 0, 1.42], [0.3, 0, 1.15],
     [0.35, -0.1, 0.9], [-0.17, 0, 1.42], [-0.3, 0, 1.15], [-0.35, -0.1, 0.9]]
)  # fmt: skip
FIRST, SECOND = (entry.name for entry in list_models()[:2])


def swaying(frames: int = 120, hz: float = 60.0, name: str = "swaying") -> MotionClip:
    """A person whose joints sway at 1 Hz, walking along -Y."""
    times = np.arange(frames) / hz
    phase = 2 * np.pi * times[:, None] + np.arange(17)
    positions = REST + 0.03 * np.stack([np.sin(phase), np.cos(phase), 0.5 * np.sin(2 * phase)], -1)
    positions[..., 1] -= 0.8 * times[:, None]
    return MotionClip(name, times, positions, H36M_17)


def clip_file(folder, **options) -> str:
    path = folder / f"{options.get('name', 'swaying')}.npz"
    save_clip(path, swaying(**options))
    return str(path)


@dataclass
class Fake:
    """A model whose pose depends on what it is given, by a plain rule; remembers the rates; waits at its gate."""

    name: str
    gate: threading.Event
    rates: list[float] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    @property
    def card(self):
        return model_card(self.name)

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        self.gate.wait(10)
        self.rates.append(float(np.mean(rate)))
        self.threads.add(threading.get_ident())
        seen = observation.confidence > 0
        xy = np.where(seen[..., None], observation.xy, 0) / 1000
        pose = np.concatenate([xy, 0.01 * float(np.mean(rate)) * np.arange(17)[:, None] * seen[..., None]], -1)
        positions = context.height_m * (pose - pose[:, :1])
        return Joints(observation.times, positions, H36M_17, frame="camera", rooted=False)


class Models(dict):
    """The fakes by name, made when they are asked for. While `gate` is clear, none of them answers.

    asked  (name, device) of every one that was asked for, in order
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[str, str]] = []

    def of(self, choice: ModelChoice) -> Fake:
        """The fake of a choice, as `engine.experiment.run` asks for it."""
        return self[choice.name]

    def load(self, name: str, device: str = "cpu") -> Fake:
        self.asked.append((name, device))
        self[name] = Fake(name, self.gate)
        return self[name]


def window_on(path: str | None, ini: str, models: Models, slots: tuple[str, ...] = (FIRST,)) -> Window:
    """A window with its workers running, opening `path`."""
    preferences = Preferences(QSettings(ini, QSettings.Format.IniFormat))
    window = make_window(preferences, load_model=models.load, start=lambda: None)
    window.state.document.settings = Settings(slots=tuple(Slot(ModelChoice(name=n), k) for k, n in enumerate(slots)))
    window.bridge.begin()
    if path is not None:
        window.bridge.open(OpenJob(path))
    return window


def end(window: Window) -> None:
    """Close a window and take its widgets away: every later window would dress them again."""
    window.close()
    QApplication.processEvents()  # what its workers said last
    if window.bridge.close():  # else one is still at work, and will have something to say
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def put_back(window: Window, path: str, qtbot) -> None:
    """Bring a window that a test has used back to its beginning."""
    state = window.state
    start = Settings(slots=(Slot(ModelChoice(name=FIRST), 0),))
    state.moment.set_playing(False)
    state.results.unsay()
    document = state.document
    if document.clip is None or document.clip.source != path or document.clip.reader != Reader():
        window.bridge.open(OpenJob(path))
        qtbot.waitUntil(lambda: document.clip.source == path and document.clip.reader == Reader(), timeout=30_000)
    state.set_clip(replace(document.clip), settings=start)  # another one, if only by its identity
    state.moment.loop_all()
    state.moment.set_frame(0)
    state.moment.set_speed(1.0)
    state.moment.repeat = True
    state.view.layout = "one"
    state.view.linked = True
    state.view.error_colours = False
    state.view.figure, state.view.skin = "body", "solid"
    document.restore_bookmarks(())
    window.actions_["light"].setChecked(False)
    window.actions_["follow"].setChecked(True)
    qtbot.waitUntil(lambda: answered(state), timeout=30_000)
    settle()


def answered(state: State) -> bool:
    """Whether the results answer the present settings."""
    shown = state.results.shown
    return shown is not None and shown.settings == state.document.settings


def play_frames(moment: Moment, first: int, last: int) -> None:
    """Make a loop of frames first..last."""
    moment.set_loop(moment.time_of(first), moment.time_of(last))


def loop_frames(moment: Moment) -> tuple[int, int]:
    """The numbers of the loop's first and last frame."""
    return frame_at(moment.times, moment.loop[0]), frame_at(moment.times, moment.loop[1])


def settle() -> None:
    """Let tables and curves show what the state has (they do it one turn of the event loop later)."""
    for _ in range(3):
        QApplication.processEvents()
