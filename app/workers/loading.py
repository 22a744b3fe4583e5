"""From a path to a clip that the window can show. No Qt; runs in a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.state.sessions import View, is_session, reader_of, settings_of, view_of
from app.state.state import LoadedClip, Reader, Settings
from engine.experiment.pipeline import sources
from engine.experiment.session import changes_since_saved, load_session
from engine.experiment.settings import Experiment
from engine.models.registry import find_model
from engine.motion.clip import MotionClip
from engine.progress import Cancelled


@dataclass(frozen=True)
class Opened:
    """What opening a path gave: a clip and, from a session, how it was experimented with and shown.

    changes  sentences about files that are no longer what the session was saved with
    """

    clip: LoadedClip
    settings: Settings | None = None
    view: View | None = None
    changes: tuple[str, ...] = ()


def open_path(path: str, reader: Reader, cancelled: Callable[[], bool]) -> Opened:
    """Open a session or a clip. Raises InputError, and Cancelled where that was asked for."""
    if not is_session(Path(path)):
        return Opened(load(path, reader, cancelled))
    session = load_session(Path(path))
    settings = settings_of(session)
    for slot in settings.slots:
        find_model(slot.choice.name)
    clip = load(session.clip, reader_of(session), cancelled)
    return Opened(clip, settings, view_of(session), tuple(changes_since_saved(session)))


def load(source: str, reader: Reader, cancelled: Callable[[], bool] = lambda: False) -> LoadedClip:
    """Open a file (of several sequences: the selected or the first one) with the reader's overrides.

    Raises InputError, and Cancelled where that was asked for.
    """
    from engine.data.file_card import file_card  # with SciPy; here, so that the window need not wait for it
    from engine.motion.conversions import to_h36m17
    from engine.observation.keypoint_layouts import keypoints_to_h36m17

    everything = sources(Experiment(clip=source))
    chosen = sources(Experiment(clip=source, select=reader.select))[0] if reader.select else everything[0]
    if cancelled():
        raise Cancelled
    found = chosen.open(rate_hz=reader.rate_hz, unit=reader.unit, up=reader.up)
    if cancelled():
        raise Cancelled
    card = file_card(found)
    return LoadedClip(
        source=source,
        reader=reader,
        motion=to_h36m17(found) if isinstance(found, MotionClip) else keypoints_to_h36m17(found),
        card=tuple(row for row in card if row[0] not in ("Name", "Note")),
        notes=tuple(text for label, text in card if label == "Note"),
        siblings=tuple(s.name for s in everything) if len(everything) > 1 else (),
    )
