"""Named states of everything that runs on a thread of its own."""

from __future__ import annotations

from typing import Literal

State = Literal["stopped", "starting", "running", "stopping", "failed"]
