"""The latest results with the request that they answer, and the sentence that the person is told. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from psygnal import SignalGroupDescriptor

from app.state.clip import LoadedClip
from app.state.settings import Settings, Slot
from engine.experiment.results import Results
from engine.motion.pose import BodyPose


@dataclass(frozen=True, eq=False)
class Shown:
    """Results with the request that they answer."""

    clip: LoadedClip
    settings: Settings
    results: Results

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slot of every model in the results, in their order."""
        return tuple(s for s in self.settings.slots if s.on)[: len(self.results.models)]

    @property
    def waiting(self) -> tuple[Slot, ...]:
        """The slots whose models have not answered yet, in their order."""
        return tuple(s for s in self.settings.slots if s.on)[len(self.results.models) :]


@dataclass(frozen=True, eq=False)
class Worn:
    """The body that a clip's truth wears; notes: sentences about how its pose was found, for the file card."""

    clip: LoadedClip
    pose: BodyPose
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Message:
    """One sentence for the person; `detail` on demand. Said twice, it is two messages.

    remedy  the text of a button beside it, and what that does
    """

    text: str
    detail: str = ""
    error: bool = True
    remedy: tuple[str, Callable[[], None]] | None = None


@dataclass
class ResultsState:
    """What the workers have found and said last; pinned: results that the present ones are compared with."""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    shown: Shown | None = None
    pinned: Shown | None = None
    worn: Worn | None = None
    message: Message | None = None
    sign: Message | None = None

    def show_sign(self, text: str) -> None:
        """Say in passing that something has been done, where nothing moves for it."""
        self.sign = Message(text, error=False)

    def say(
        self, text: str, detail: str = "", *, error: bool = True, remedy: tuple[str, Callable[[], None]] | None = None
    ) -> None:
        """Tell the person one sentence; arguments as of `Message`."""
        self.message = Message(text, detail, error, remedy)

    def unsay(self) -> None:
        """Take the sentence away."""
        self.message = None
