"""Videos, through a detector of people (engine.detector): what it finds in every picture, at the pictures' own times.

A video holds a sequence for each person; whoever is large for longest is the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.data.arrays import choose, numbered_times
from engine.errors import file_error
from engine.motion.clip import Footage, Provenance
from engine.observation.keypoints import Keypoints2D

_STARTS = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"OggS",
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
)
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
"""With which MP4 and QuickTime files begin, after a size of four bytes."""
_NO_FILM = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif", b"ftypM4A")
"""Pictures and sound in files of that kind."""
_PACKET = 188
"""Bytes of an MPEG transport stream's."""


@dataclass(frozen=True)
class VideoReader:
    """detector: its name, or an ONNX file's; None takes the most exact one that is set up."""

    detector: str | None = None

    def through(self, detector: str) -> VideoReader:
        """The same with this detector."""
        return VideoReader(detector)

    def matches(self, head: bytes, path: Path) -> bool:
        """Tell whether this is a video, by how it begins."""
        if head[4:8] in _BOXES:
            return head[4:12] not in _NO_FILM
        if head.startswith(_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
            return True
        return len(head) > 2 * _PACKET and head[0] == head[_PACKET] == head[2 * _PACKET] == 0x47

    def contents(self, path: Path) -> list[str]:
        """List the people. Raises InputError."""
        from engine.detector.filmed import filmed
        from engine.detector.filmed_people_kept import people_in

        path = Path(path)
        return _names(path, people_in(path, filmed(path, self.detector)))

    def read(
        self,
        path: Path,
        *,
        rate_hz: float | None = None,
        unit: str | None = None,
        up: str | None = None,
        select: str | None = None,
    ) -> Keypoints2D:
        """Read one person, from the first picture in which they were found; rate_hz for the video's times.

        Raises InputError, also where the detector is not set up.
        """
        from engine.detector.filmed import filmed, rate_text
        from engine.detector.filmed_people import keypoints_in
        from engine.detector.filmed_people_kept import people_in

        path = Path(path)
        film = filmed(path, self.detector)
        people = people_in(path, film)
        names = _names(path, people)
        person = people[names.index(choose(path, names, select))]
        seen = keypoints_in(film, person, path.stem)
        own = seen.times
        if rate_hz is None:
            times, rate = own - own[0], rate_text(film.times)
        else:
            times, rate = numbered_times(path, person.pictures, rate_hz, rate_hz, "as given")
        missing = int(person.pictures[-1] - person.pictures[0]) + 1 - len(own)
        notes = [f"Found in {len(own)} of {len(film.times)} pictures by the detector {film.detector}."]
        if missing:
            notes.append(f"Not seen in {missing} pictures between the first and the last: they give no frame.")
        if count := len(person.put_back):
            notes.append(f"Left and right, exchanged by the detector, were put back in {count} pictures.")
        if film.corrupt:
            notes.append(f"{film.corrupt} pictures could not be read.")
        found = Provenance(
            source=str(path),
            format="video",
            unit="pixels",
            rate=rate,
            notes=(*notes, *seen.provenance.notes),
            assumed=(f"detector {film.detector}",),
            footage=Footage(path, times, own),
        )
        return replace(seen, times=times, provenance=found)


def _names(path: Path, people: Sequence[object]) -> list[str]:
    if not people:
        raise file_error(path, "video", "shows nobody whom the detector finds", "give one with a whole person in it")
    return [f"person {k + 1}" for k in range(len(people))]
