"""The Playback menu."""

from __future__ import annotations

from collections.abc import Callable

from app.commands.command import Command, Menu, Switch, without_clip
from app.commands.desk import Desk
from app.present.curves import error_mm, has_errors
from app.present.worst import next_worst, worst_frames
from app.state.moment import SPEEDS, frame_at
from app.state.state import State


def _pause_at(desk: Desk, seconds: float) -> None:
    """Show a moment and stop playing: stepping is looking."""
    moment = desk.state.moment
    moment.set_playing(False)
    moment.show(seconds)


def _step(frames: int) -> Callable[[Desk], None]:
    def step(desk: Desk) -> None:
        moment = desk.state.moment
        _pause_at(desk, moment.time_of(moment.frame + frames))

    return step


def _jump(seconds: float) -> Callable[[Desk], None]:
    return lambda desk: desk.state.moment.seek(desk.state.moment.seconds + seconds)


def _change_speed(step: int) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        moment = desk.state.moment
        nearest = min(range(len(SPEEDS)), key=lambda k: abs(SPEEDS[k] - moment.speed))
        moment.set_speed(SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)])

    return change


def _loop_from_here(desk: Desk) -> None:
    moment = desk.state.moment
    moment.set_loop(moment.seconds, max(moment.seconds, moment.loop[1]))


def _loop_to_here(desk: Desk) -> None:
    moment = desk.state.moment
    moment.set_loop(min(moment.seconds, moment.loop[0]), moment.seconds)


def _go_to_worst(step: int) -> Callable[[Desk], None]:
    """Go along the frames where the first model is most wrong, worst first."""

    def go(desk: Desk) -> None:
        state, shown = desk.state, desk.state.results.shown
        if shown is None or not has_errors(shown):
            return
        times = shown.results.times
        first = next(model for model in shown.results.models if model.placed is not None)
        ranked = worst_frames(error_mm(first, state.view.selection), times)
        at = next_worst(ranked, frame_at(times, state.moment.seconds), step)
        if at is not None:
            _pause_at(desk, float(times[at]))

    return go


def _mark(desk: Desk) -> None:
    """Mark the present frame in a list that can be seen."""
    dock = desk.docks["bookmarks"]
    dock.show()
    dock.raise_()
    desk.bookmarks.mark()


def _go_to_bookmark(step: int) -> Callable[[Desk], None]:
    def go(desk: Desk) -> None:
        moment = desk.state.moment
        mark = desk.state.document.bookmark_beside(moment.frame, step)
        if mark is not None:
            _pause_at(desk, moment.time_of(mark.frame))

    return go


def _no_errors(state: State) -> str:
    return "" if has_errors(state.results.shown) else "there are no errors to go by"


def _no_bookmarks(state: State) -> str:
    return "" if state.document.bookmarks else "no frame is bookmarked"


PLAY = Switch(lambda state: state.moment.playing, lambda state, on: state.moment.set_playing(on), "Pause", "pause")
REPEAT = Switch(lambda state: state.moment.repeat, lambda state, on: setattr(state.moment, "repeat", on))

PLAYBACK = Menu(
    "Playback",
    (
        Command("play", "Play", ("Space",), "Play or pause", icon="play", switch=PLAY, why_not=without_clip),
        Command("back", "One frame back", ("Left",), "One frame back", _step(-1), "back", why_not=without_clip),
        Command("forward", "One frame on", ("Right",), "One frame on", _step(1), "forward", why_not=without_clip),
        Command("back_10", "Ten frames back", ("Shift+Left",), "Ten frames back", _step(-10), why_not=without_clip),
        Command("forward_10", "Ten frames on", ("Shift+Right",), "Ten frames on", _step(10), why_not=without_clip),
        Command("back_second", "One second back", ("Ctrl+Left",), "One second back", _jump(-1.0),
                why_not=without_clip),
        Command("forward_second", "One second on", ("Ctrl+Right",), "One second on", _jump(1.0),
                why_not=without_clip),
        Command("first", "Start of the loop", ("Home",), "Go to the start of the loop",
                lambda desk: desk.state.moment.show(desk.state.moment.loop[0]), "start", why_not=without_clip),
        Command("last", "End of the loop", ("End",), "Go to the end of the loop",
                lambda desk: _pause_at(desk, desk.state.moment.loop[1]), "end", why_not=without_clip),
        Command("go_to", "Go to frame", ("G",), "Type the number of a frame, then Enter",
                lambda desk: desk.timeline.ask_frame(), line=True, why_not=without_clip),
        Command("loop_in", "Loop from here", ("[",), "The loop begins at this frame", _loop_from_here,
                line=True, why_not=without_clip),
        Command("loop_out", "Loop to here", ("]",), "The loop ends at this frame", _loop_to_here,
                why_not=without_clip),
        Command("loop_all", "Loop over everything", ("\\",), "The loop is the whole clip",
                lambda desk: desk.state.moment.loop_all(), why_not=without_clip),
        Command("repeat", "Repeat", ("R",), "Start again at the end of the loop", icon="repeat", switch=REPEAT),
        Command("faster", "Faster", ("+", "="), "Play faster", _change_speed(1), line=True),
        Command("slower", "Slower", ("-",), "Play slower", _change_speed(-1)),
        Command("worst", "Next worst frame", ("M",), "Go where the first model is most wrong, then next",
                _go_to_worst(1), "worst", line=True, why_not=_no_errors),
        Command("worst_back", "Previous worst frame", ("Shift+M",), "Back along the worst frames", _go_to_worst(-1),
                why_not=_no_errors),
        Command("bookmark", "Bookmark this frame", ("K",), "Mark this frame, or change the mark's note", _mark,
                "bookmark", line=True, why_not=without_clip),
        Command("bookmark_on", "Next bookmark", ("N",), "Go to the next bookmark", _go_to_bookmark(1),
                why_not=_no_bookmarks),
        Command("bookmark_back", "Previous bookmark", ("Shift+N",), "Go to the bookmark before", _go_to_bookmark(-1),
                why_not=_no_bookmarks),
    ),
)  # fmt: skip
