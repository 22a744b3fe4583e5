"""A session on disk: the experiment as JSON, with the fingerprints of what it was made with.

A clip inside the session's folder is stored relative to it, so that the folder can be moved.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from engine import __version__
from engine.data.untrusted.limits import read_bytes
from engine.errors import file_error
from engine.experiment.settings import BUILTIN, Experiment
from engine.models.registry import find_model
from engine.paths import CLIPS

_LIMIT = 64 << 20


def save_session(experiment: Experiment, path: Path) -> Experiment:
    """Write the session, whole or not at all, and return what was written. Raises InputError."""
    path = Path(path)
    stamped = experiment.model_copy(
        update={
            "clip": _relative(experiment.clip, path),
            "kinestate": __version__,
            "clip_sha256": clip_sha256(experiment.clip),
            "weights_sha256": {c.name: weights_sha256(c.name) for c in experiment.models},
        }
    )
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(stamped.model_dump_json(indent=2) + "\n")
        unfinished.replace(path)
    except OSError as error:
        raise file_error(path, "file", "cannot be written", "choose another folder", detail=str(error)) from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return stamped


def load_session(path: Path) -> Experiment:
    """Read a session; its clip is not opened yet. Raises InputError."""
    path = Path(path)
    try:
        experiment = Experiment.model_validate_json(read_bytes(path, _LIMIT))
    except ValidationError as error:
        field, problem = invalid_field(error)
        remedy = "correct it or save the session again"
        raise file_error(path, field, f"is not valid ({problem})", remedy, detail=str(error)) from None
    if not experiment.clip.startswith(BUILTIN):
        experiment = experiment.model_copy(update={"clip": str(path.parent / experiment.clip)})
    return experiment


def invalid_field(error: ValidationError) -> tuple[str, str]:
    """The first field that is wrong, and what is wrong with it."""
    first = error.errors()[0]
    problem = first["msg"].rstrip(".")
    return ".".join(str(part) for part in first["loc"]) or "content", problem[:1].lower() + problem[1:]


def changes_since_saved(experiment: Experiment) -> list[str]:
    """One sentence for each file that is no longer what the session was saved with. Raises InputError."""
    changes = []
    if experiment.clip_sha256 and clip_sha256(experiment.clip) != experiment.clip_sha256:
        changes.append(f"{Path(experiment.clip).name} has changed since this session was saved.")
    for name, digest in experiment.weights_sha256.items():
        if weights_sha256(name) != digest:
            changes.append(f"The weights of {name} have changed since this session was saved.")
    return changes


def clip_sha256(clip: str) -> str:
    """Of the clip's file; empty for a folder."""
    name = clip.removeprefix(BUILTIN)
    path = Path(clip) if name == clip else CLIPS / f"{name}.npz"
    return "" if path.is_dir() else _sha256(path)


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


def _relative(clip: str, session: Path) -> str:
    if clip.startswith(BUILTIN):
        return clip
    whole, folder = Path(clip).absolute(), session.absolute().parent
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)
