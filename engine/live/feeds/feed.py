"""A feed's thread: reads a source and offers every frame in a slot, the newest of which counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

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


class Feed(Generic[Frame]):
    """state: "failed" with `error` where the source could not be opened or read; "stopped" also after its end.

    deliver  is called with every frame on the feed's thread; at first it puts it into `slot`
    """

    observes = "trackers"

    def __init__(self, source: Source[Frame]) -> None:
        self.source = source
        self.slot: Latest[Frame] = Latest()
        self.deliver: Callable[[Frame], None] = self.slot.put
        self.state: State = "stopped"
        self.error: Exception | None = None
        self.frames = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Nothing takes long."""

    def start(self) -> None:
        """Open the source here, then read it on a thread. Raises InputError, and RuntimeError while it runs."""
        if self._thread is not None and self._thread.is_alive():
            raise RuntimeError(f"{self.source.name} runs already")
        self.state, self.error = "starting", None
        self._stop.clear()
        try:
            self.source.open()
        except Exception as error:
            self.state, self.error = "failed", error
            raise
        self.state = "running"
        self._thread = threading.Thread(target=self._run, name=f"kinestate-feed-{self.source.name}", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """End the thread; does nothing where none runs."""
        if self._thread is None or not self._thread.is_alive():
            return
        self.state = "stopping"
        self._stop.set()
        self._thread.join(seconds)
        if not self._thread.is_alive() and self.state == "stopping":  # it had ended meanwhile
            self.state = "stopped"

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and (frames := self.source.read(POLL_S)) is not None:
                for frame in frames:
                    self.frames += 1
                    self.deliver(frame)
            self.state = "stopped"
        except Exception as error:
            self.state, self.error = "failed", error
        finally:
            self.source.close()
