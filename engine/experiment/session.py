"""Sessions on disk: an experiment as JSON, stamps of what it was made with, and how the window showed it.

A recording inside the session's folder is stored relative to it, so that the folder can be moved.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from engine import __version__
from engine.errors import file_error
from engine.experiment.plain import Plain
from engine.experiment.session_1 import from_version_1
from engine.experiment.settings import Experiment, FileSource
from engine.experiment.sources import BUILTIN, clip_path
from engine.models.families import find_model
from engine.untrusted.limits import read_bytes
from engine.writing import save_text

_LIMIT = 64 << 20


class Stamps(Plain):
    """What a session was made with: the program's version, fingerprints of the recording and of the weights."""

    kinestate: str = ""
    source_sha256: str = ""
    weights_sha256: dict[str, str] = Field(default_factory=dict)


class Session(Plain):
    """What a session file holds; `view` is the window's own and is not looked at here."""

    version: Literal[2] = 2
    experiment: Experiment
    stamps: Stamps = Stamps()
    view: dict[str, Any] = Field(default_factory=dict)


def save_session(experiment: Experiment, path: Path, view: dict[str, Any] | None = None) -> Session:
    """Write the session, whole or not at all, and return what was written. Raises InputError."""
    path = Path(path)
    source = experiment.source
    stamps = Stamps(
        kinestate=__version__,
        source_sha256=source_sha256(source.path) if isinstance(source, FileSource) else "",
        weights_sha256={c.name: weights_sha256(c.name) for c in experiment.models},
    )
    if isinstance(source, FileSource):
        experiment = experiment.with_source(path=_relative(source.path, path))
    session = Session(experiment=experiment, stamps=stamps, view=view or {})
    try:
        text = session.model_dump_json(indent=2)
    except ValueError as error:  # a name that is no text
        raise file_error(
            path, "session", "names a file whose name is not UTF-8", "rename that file", detail=str(error)
        ) from None
    save_text(text + "\n", path)
    return session


def load_session(path: Path) -> Session:
    """Read a session of this version or the first; its recording is not opened yet. Raises InputError."""
    path = Path(path)
    content = read_bytes(path, _LIMIT)
    try:
        found = json.loads(content)
        session = Session.model_validate(from_version_1(found) if _is_version_1(found) else found)
    except ValidationError as error:
        field, problem = invalid_field(error)
        remedy = "correct it or save the session again"
        raise file_error(path, field, f"is not valid ({problem})", remedy, detail=str(error)) from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        remedy = "save the session again"
        raise file_error(path, "content", "is not a session's JSON", remedy, detail=str(error)) from None
    source = session.experiment.source
    if not isinstance(source, FileSource) or source.path.startswith(BUILTIN):
        return session
    opened = session.experiment.with_source(path=str(path.parent / source.path))
    return session.model_copy(update={"experiment": opened})


def is_session(found: object) -> bool:
    """Whether the content of a JSON file is a session of any version and not, say, keypoints."""
    return isinstance(found, dict) and ("experiment" in found or ("clip" in found and "models" in found))


def _is_version_1(found: object) -> bool:
    return isinstance(found, dict) and "experiment" not in found and found.get("version", 1) == 1


def invalid_field(error: ValidationError) -> tuple[str, str]:
    """The first field that is wrong, and what is wrong with it."""
    first = error.errors()[0]
    problem = first["msg"].removeprefix("Value error, ").rstrip(".")
    return ".".join(str(part) for part in first["loc"]) or "content", problem[:1].lower() + problem[1:]


def changes_since_saved(session: Session) -> list[str]:
    """One sentence for each file that is no longer what the session was saved with. Raises InputError."""
    changes = []
    source, stamps = session.experiment.source, session.stamps
    if isinstance(source, FileSource) and stamps.source_sha256 and source_sha256(source.path) != stamps.source_sha256:
        changes.append(f"{Path(source.path).name} has changed since this session was saved.")
    for name, digest in stamps.weights_sha256.items():
        if weights_sha256(name) != digest:
            changes.append(f"The weights of {name} have changed since this session was saved.")
    return changes


def source_sha256(path: str) -> str:
    """Of the recording's file; empty for a folder."""
    file = clip_path(path)
    return "" if file.is_dir() else _sha256(file)


def weights_sha256(name: str) -> str:
    """Of a model's shipped weights; empty for an untrained one. Raises InputError for an unknown name."""
    path = find_model(name).weights
    return _sha256(path) if path.exists() else ""


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise file_error(path, "file", "cannot be read", "check the path", detail=str(error)) from None


def _relative(source: str, session: Path) -> str:
    if source.startswith(BUILTIN):
        return source
    whole, folder = Path(source).absolute(), session.absolute().parent
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)
