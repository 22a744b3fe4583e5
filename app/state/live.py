"""What goes on live, beside the clip. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from psygnal import SignalGroupDescriptor


@dataclass
class LiveState:
    """line: rate, latency and drops while a live run goes on; "" where none does."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    line: str = ""
