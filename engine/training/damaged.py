"""Files of a run that cannot be read: cut off, damaged, or of another run."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import InputError, file_error
from engine.untrusted.safe_npz import ZIP_ERRORS

_FAULTS = (OSError, TypeError, AttributeError, pickle.UnpicklingError, *ZIP_ERRORS)


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """Turn whatever the reading of a run's file raises into an InputError that names it."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise file_error(file, "file", f"is not in {file.parent}", "give the folder of a run") from None
    except _FAULTS as error:
        detail = f"{type(error).__name__}: {error}"
        remedy = "give another folder, or remove it to begin anew"
        raise file_error(file, "content", "is damaged, or of another run", remedy, detail=detail) from None
