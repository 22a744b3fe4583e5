"""Progress reporting and cancellation."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the share done (0 ... 1) and what is being done."""
Cancel = Callable[[], bool]
"""Asked between two steps: whether the person wants to stop."""


class Cancelled(Exception):
    """The person asked to stop."""
