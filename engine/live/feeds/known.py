"""A feed whose sender plays a clip that is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.live.feeds.feed import Source
from engine.live.frame import LiveFrame
from engine.live.truth import LiveTruth


class KnownSource:
    """A source whose sender plays a clip: each frame gets the truth at its time, if the clip has that time."""

    def __init__(self, source: Source[LiveFrame], truth: LiveTruth) -> None:
        self.inner, self.truth, self.name = source, truth, source.name

    def open(self) -> None:
        self.inner.open()

    def read(self, seconds: float) -> Sequence[LiveFrame] | None:
        frames = self.inner.read(seconds)
        return None if frames is None else [replace(frame, truth=self.truth.at(frame.time)) for frame in frames]

    def close(self) -> None:
        self.inner.close()

    @property
    def counts(self) -> Mapping[str, int | None]:
        return self.inner.counts
