"""Errors that a person can act on: one sentence naming the file, the field and the remedy."""

from __future__ import annotations

from pathlib import Path


class InputError(ValueError):
    """Something that was given to Kinestate cannot be used.

    The message is one plain sentence: what (file and field), what is wrong, what to do.
    The command line prints it and exits with code 2; the window shows it and keeps the session.
    `detail` is optional further text that is shown on demand only.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(" ".join(message.split()))  # one line, whatever a damaged file put into its names
        self.detail = detail


def file_error(path: str | Path, field: str, problem: str, remedy: str, *, detail: str = "") -> InputError:
    """Build the one-sentence error for a file: "07_01.bvh: Frame Time is -0.1; write a positive number"."""
    return InputError(f"{Path(path).name}: {field} {problem}; {remedy}.", detail=detail)
