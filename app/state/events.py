"""Changing several parts of the state as one. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, fields
from typing import Any, ClassVar, Protocol

from psygnal import SignalGroupDescriptor


class Evented(Protocol):
    """A dataclass whose `events` say (new, old) of every field that has changed."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    events: ClassVar[SignalGroupDescriptor]


@contextmanager
def together(*parts: Evented) -> Iterator[None]:
    """Hold the events of these parts back until all of them are changed; then by part and field, in their order."""
    signals = [part.events[field.name] for part in parts for field in fields(part)]
    for signal in signals:
        signal.pause()
    try:
        yield
    finally:
        for signal in signals:
            signal.resume()
