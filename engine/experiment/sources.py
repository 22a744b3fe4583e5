"""Opening of clips: built-in ones, files, folders and archives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.observation.recording import Recording
from engine.paths import CLIPS
from engine.progress import passing

if TYPE_CHECKING:
    from engine.data.file_card import Rows
    from engine.data.registry import Source

BUILTIN = "builtin:"
"""Before the name of a clip that comes with the program."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A recording as it was read: its own skeleton, its rotations kept.

    siblings  names of everything that the path holds, in order; empty where it holds one recording
    """

    recording: Recording
    siblings: tuple[str, ...] = ()

    @cached_property
    def card(self) -> Rows:
        """The file card's rows (label, value) without its notes."""
        from engine.data.file_card import file_card  # with SciPy; here, so that a start need not wait for it

        return [row for row in file_card(self.recording) if row[0] != "Note"]

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the reader assumed, converted or dropped."""
        return self.recording.provenance.notes


def builtin_clips() -> list[str]:
    """List the names of the clips that come with the program."""
    return sorted(path.stem for path in CLIPS.glob("*.npz"))


def clip_path(clip: str) -> Path:
    """Find the file, folder or archive of a path or a "builtin:NAME". Raises InputError for an unknown name."""
    name = clip.removeprefix(BUILTIN)
    if name == clip:
        return Path(clip)
    if name not in builtin_clips():
        raise InputError(
            f"There is no built-in clip {name!r}; choose one of {', '.join(builtin_clips()) or 'none (reinstall)'}."
        )
    return CLIPS / f"{name}.npz"


def sources(clip: str, select: str | None = None, detector: str | None = None) -> list[Source]:
    """List everything that a clip (path or "builtin:NAME") holds, or the one that select names.

    detector finds the people of a video; None takes the most exact one that is set up. Raises InputError, and
    Cancelled where somebody watches (`engine.progress.watched`).
    """
    from engine.data.registry import expand

    found = expand(clip_path(clip), detector)
    return found if select is None else [_selected(clip, found, select)]


def open_recording(
    clip: str,
    *,
    select: str | None = None,
    rate_hz: float | None = None,
    unit: str | None = None,
    up: str | None = None,
    joints: Mapping[str, str] | None = None,
    detector: str | None = None,
    first: bool = False,
    found: Sequence[Source] | None = None,
) -> Opened:
    """Open the one recording that a clip holds, or the one that select names.

    rate_hz, unit, up and joints (a rig's joint map) override what the file says; detector is as of `sources`;
    first takes the first of several;
    found spares listing what the clip holds (`sources`): an archive is unpacked for that.
    Raises InputError, also for several with neither select nor first, and Cancelled where somebody watches
    (`engine.progress.watched`).
    """
    found = found or sources(clip, detector=detector)
    passing()
    if select is not None:
        chosen = _selected(clip, found, select)
    elif len(found) == 1 or first:
        chosen = found[0]
    else:
        raise InputError(
            f"{Path(clip).name}: it holds {len(found)} clips; choose one of them, such as {found[0].name}."
        )
    recording = chosen.open(rate_hz=rate_hz, unit=unit, up=up, joints=joints)
    return Opened(recording, tuple(s.name for s in found) if len(found) > 1 else ())


def _selected(clip: str, found: Sequence[Source], select: str) -> Source:
    chosen = next((s for s in found if select in (s.name, s.select)), None)
    if chosen is None:
        some = ", ".join(s.name for s in found[:5]) + (", ..." if len(found) > 5 else "")
        raise InputError(f"{clip_path(clip).name}: it holds nothing called {select!r}; choose one of {some}.")
    return chosen
