"""Errors that a person can act on: one sentence naming the file, the field and the remedy."""

from __future__ import annotations

import re
from pathlib import Path

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, recolours it, turns the direction of text or cannot be written as UTF-8."""

_LOGIN = re.compile(r"(?<=://)[^/\s]*@|((?<=[?&/;])(?:pass|passwd|password|pwd|token)=)[^&;/\s]*", re.IGNORECASE)
"""What tells a network camera who asks, in an address."""

_LONGEST = 1200  # characters of a message; more is a name without end


def printable(text: str) -> str:
    """The text with every control character but tab and newline written out, such as \\u001b."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_login(text: str) -> str:
    """The text with the user names and passwords of its addresses left out."""
    return _LOGIN.sub(r"\1", text)


class InputError(ValueError):
    """Something that was given to Kinestate cannot be used.

    The message is one plain sentence: what (file and field), what is wrong, what to do.
    The command line prints it and exits with code 2; the window shows it and keeps the session.
    `detail` is optional further text that is shown on demand only. Neither tells the login of an address.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        one_line = without_login(printable(" ".join(message.split())))  # whatever a damaged file put into its names
        super().__init__(one_line if len(one_line) <= _LONGEST else f"{one_line[: _LONGEST - 200]} … {one_line[-197:]}")
        self.detail = without_login(detail)


def file_error(path: str | Path, field: str, problem: str, remedy: str, *, detail: str = "") -> InputError:
    """Build the one-sentence error for a file: "07_01.bvh: Frame Time is -0.1; write a positive number"."""
    return InputError(f"{Path(path).name}: {field} {problem}; {remedy}.", detail=detail)
