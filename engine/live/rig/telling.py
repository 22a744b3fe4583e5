"""What recordings are told of several cameras: what each saw, what happens to it, and who is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.live.frame import CameraSaw
from engine.live.rig.people import RigPeople
from engine.live.rig.view import Seen, View

CALM = ("sends pictures", "sees again", "is on time", "stands as calibrated")
"""Of a camera to which nothing happens."""
NOBODY = "Nobody is followed."


class Telling:
    """`look` on the feed's thread, before every moment, and now and then where there are none.

    on_pictures  are called with (number of the camera, what it saw)
    on_changes   are called with (sentence, time) when a camera falls silent or ends, is blinded, delayed or turned,
                 when that is over, and when somebody else is followed
    """

    def __init__(self, views: Sequence[View], people: RigPeople) -> None:
        self._views, self._people = tuple(views), people
        self.on_pictures: list[Callable[[int, CameraSaw], None]] = []
        self.on_changes: list[Callable[[str, float], None]] = []
        self._said = [CALM] * len(self._views)
        self._last: list[Seen | None] = [None] * len(self._views)
        self._followed = NOBODY

    def look(self, now: float, began: float, at: float) -> None:
        """Tell what is new.

        now     `time.perf_counter`; began: when times of frames begin, on the same clock
        at      of the frame from which on changes hold
        """
        if self.on_pictures:
            self._tell_pictures(began)
        if self.on_changes:
            for said in (*self._changed(now), *self._followed_now()):
                for tell in self.on_changes:
                    tell(said, at)

    def _tell_pictures(self, began: float) -> None:
        for number, view in enumerate(self._views):
            for seen in after(view.seen, self._last[number]):
                self._last[number] = seen
                saw = CameraSaw(seen.time + view.shift - began, seen.time, seen.people)
                for tell in self.on_pictures:
                    tell(number, saw)

    def _changed(self, now: float) -> Iterator[str]:
        for number, view in enumerate(self._views):
            before, said = self._said[number], conditions(view, now)
            self._said[number] = said
            yield from (f"{view.calibrated.name} {one}." for one, was in zip(said, before, strict=True) if one != was)

    def _followed_now(self) -> Iterator[str]:
        said = followed(self._people)
        if said != self._followed:
            self._followed = said
            yield said


def conditions(view: View, now: float) -> tuple[str, str, str, str]:
    """How a camera is: whether it sends, and whether it is blinded, delayed and turned; as `CALM`."""
    sends, sees, on_time, stands = CALM
    return (
        "has ended" if view.over else "is silent" if view.seen and not view.living(now) else sends,
        "is blind" if view.blind else sees,
        f"is {1000 * view.late_s:.0f} ms late" if view.late_s else on_time,
        f"is turned by {view.turned_deg:g}°" if view.turned_deg else stands,
    )


def followed(people: RigPeople) -> str:
    """Whom models get, of whom."""
    if people.id is None:
        return NOBODY
    others = sorted(set(people.there) - {people.id})
    beside = f"; there {'are' if len(others) > 1 else 'is'} {' and '.join(map(str, others))}, too" if others else ""
    return f"Person {people.id} is followed{beside}."


def after(seen: Sequence[Seen], last: Seen | None) -> Sequence[Seen]:
    """Those that came after one of them; all where that one is not kept any more."""
    return next((seen[k + 1 :] for k in range(len(seen) - 1, -1, -1) if seen[k] is last), seen)
