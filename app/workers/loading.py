"""Opening of clips and sessions for the window. No Qt; runs in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.state.clip import LoadedClip, Reader
from app.state.sessions import View, is_session_file, read_view, reader_of, settings_of
from app.state.settings import Settings
from engine.experiment.session import changes_since_saved, load_session
from engine.experiment.settings import Experiment, FileSource
from engine.experiment.sources import clip_path, open_recording, sources
from engine.models.families import find_model
from engine.motion.joint_maps import map_by_hand
from engine.observation.recording import as_h36m17, is_rig

if TYPE_CHECKING:
    from engine.data.registry import Source


@dataclass(frozen=True)
class OpenedDocument:
    """What opening a path gave: a clip and, from a session, how it was experimented with and shown.

    changes  sentences about files that are no longer what the session was saved with
    """

    clip: LoadedClip
    settings: Settings | None = None
    view: View | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenedLive:
    """A session that is live: what it would run on the feed. Nothing listens yet."""

    path: Path
    experiment: Experiment

    @property
    def name(self) -> str:
        return self.path.name


class Shelf:
    """What the path that was opened last holds, listed once: an archive is unpacked for that."""

    def __init__(self) -> None:
        self._held: tuple[tuple[str, str | None], tuple[int, int], list[Source]] | None = None

    def sources(self, source: str, detector: str | None = None) -> list[Source]:
        """List what a clip holds; detector as of `engine.experiment.sources.sources`. Raises InputError, Cancelled."""
        stamp, asked = _stamp(clip_path(source)), (source, detector)
        if self._held is None or stamp is None or self._held[:2] != (asked, stamp):
            self._held = None  # with the unpacked files
            found = sources(source, detector=detector)
            if stamp is None:
                return found
            self._held = (asked, stamp, found)
        return self._held[2]


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return when a file was written, and its size; None for a folder, in which anything may have changed."""
    if not path.is_file():
        return None
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def open_path(path: str, reader: Reader, shelf: Shelf | None = None) -> OpenedDocument | OpenedLive:
    """Open a session or a clip. Raises InputError, and Cancelled where somebody watches."""
    if not is_session_file(Path(path)):
        return OpenedDocument(load(path, reader, shelf))
    session = load_session(Path(path))
    if not isinstance(session.experiment.source, FileSource):
        for choice in session.experiment.models:
            find_model(choice.name)
        return OpenedLive(Path(path), session.experiment)
    view = read_view(session.view)
    settings = settings_of(session.experiment, view)
    for slot in settings.slots:
        find_model(slot.choice.name)
    source = session.experiment.file
    clip = load(source.path, reader_of(source), shelf)
    return OpenedDocument(clip, settings, view, tuple(changes_since_saved(session)))


def load(
    source: str,
    reader: Reader,
    shelf: Shelf | None = None,
) -> LoadedClip:
    """Open a file (of several sequences: the selected or the first one) with the reader's overrides.

    Raises InputError, and Cancelled where somebody watches.
    """
    opened = open_recording(
        source,
        select=reader.select,
        rate_hz=reader.rate_hz,
        unit=reader.unit,
        up=reader.up,
        joints=reader.joints,
        detector=reader.detector,
        first=True,
        found=None if shelf is None else shelf.sources(source, reader.detector),
    )
    recording = opened.recording
    return LoadedClip(
        source=source,
        reader=reader,
        recording=recording,
        motion=as_h36m17(recording),
        card=tuple(row for row in opened.card if row[0] != "Name"),
        notes=opened.notes,
        siblings=opened.siblings,
        joints=map_by_hand(recording.skeleton.names) if is_rig(recording) else None,
    )
