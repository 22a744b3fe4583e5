"""A feed's thread: reads a source and offers every frame in a slot, the newest of which counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from engine.live.feeds.on_thread import OnThread
from engine.live.frame import LiveFrame
from engine.live.latest import Latest
from engine.live.state import State

POLL_S = 0.05


Frame = TypeVar("Frame")
Frame_co = TypeVar("Frame_co", covariant=True)


class Source(Protocol[Frame_co]):
    """What a feed reads; on the feed's thread alone, but for `counts`."""

    name: str

    def open(self) -> None:
        """Raises InputError where it cannot be had."""

    def read(self, seconds: float) -> Sequence[Frame_co] | None:
        """The frames that came, after so many seconds at most; None at its end."""

    def close(self) -> None: ...

    @property
    def counts(self) -> Mapping[str, int | None]:
        """Of what was ignored, by reason."""


class LiveFeed(Protocol):
    """What a live run takes frames from; `Feed[LiveFrame]` is one, `engine.live.camera_feed.CameraFeed` another.

    observes  "trackers" or "keypoints": what its frames hold, as a model's card says it
    frames    that came so far
    """

    observes: str
    deliver: Callable[[LiveFrame], None]

    @property
    def source(self) -> Source[Any]: ...
    @property
    def state(self) -> State: ...
    @property
    def error(self) -> Exception | None: ...
    @property
    def frames(self) -> int: ...
    def prepare(self) -> None:
        """Begin what takes long, before `start`."""

    def start(self) -> None: ...
    def stop(self, seconds: float = 2.0) -> None: ...


class Feed(OnThread, Generic[Frame]):
    """deliver is called with every frame on the feed's thread; at first it puts it into `slot`."""

    observes = "trackers"

    def __init__(self, source: Source[Frame]) -> None:
        super().__init__(source.name, "feed")
        self.source = source
        self.slot: Latest[Frame] = Latest()
        self.deliver: Callable[[Frame], None] = self.slot.put
        self.frames = 0

    def prepare(self) -> None:
        """Nothing takes long."""

    def _open(self) -> None:
        self.source.open()

    def _read(self) -> None:
        while not self._stop.is_set() and (frames := self.source.read(POLL_S)) is not None:
            for frame in frames:
                self.frames += 1
                self.deliver(frame)

    def _close(self) -> None:
        self.source.close()
