"""The `view` of a session: how the window shows the experiment. No Qt.

The view holds all slots (those that are off, and everybody's colour), the moment, the loop, the speed, the bookmarks,
the cameras of the 3D view, and those options of the view that sessions keep (`app.state.view_options`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from app.state.clip import Reader
from app.state.settings import Bookmark, Settings, Slot
from app.state.state import State
from app.state.view_options import options
from app.view3d.camera_rig import Orbit
from engine.experiment.session import is_session
from engine.experiment.settings import Experiment, FileSource, ModelChoice

SMALL = 1 << 20


class SlotView(BaseModel):
    """A slot as a session holds it."""

    model_config = ConfigDict(defer_build=True)

    choice: ModelChoice
    colour: int
    on: bool


class View(BaseModel):
    """The `view` of a session, checked, but for the options; unknown entries are left alone.

    orbit  camera of the 3D view; orbits: of every view of the grid, where they are not linked
    frame, loop  of version 1, which counted frames; loop_s are seconds, as the moment's
    """

    model_config = ConfigDict(extra="ignore", defer_build=True)  # the window does not wait for it

    slots: tuple[SlotView, ...] = ()
    seconds: float | None = None
    loop_s: tuple[float, float] | None = None
    speed: float = 1.0
    bookmarks: tuple[Bookmark, ...] = ()
    orbit: Orbit | None = None
    orbits: tuple[Orbit, ...] = ()
    frame: int | None = None
    loop: tuple[int, int] | None = None


_KEPT = {option.session: (option.kind, option.otherwise) for option in options() if option.session}
_CheckedView: type[View] = create_model("_CheckedView", __base__=View, **_KEPT)  # type: ignore[call-overload]


def is_session_file(path: Path) -> bool:
    """Tell whether a JSON file is a session and not, say, keypoints."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with suppress(OSError, ValueError):
        if path.stat().st_size <= SMALL:
            return is_session(json.loads(path.read_bytes()))
    return False


def view_to_save(state: State, *, orbit: Orbit, orbits: tuple[Orbit, ...]) -> dict[str, Any]:
    """Write down how the window shows the experiment now; cameras as of `View`."""
    document, moment = state.document, state.moment
    view = _CheckedView(
        slots=tuple(SlotView(choice=s.choice, colour=s.colour, on=s.on) for s in document.settings.slots),
        seconds=moment.seconds,
        loop_s=moment.loop,
        speed=moment.speed,
        bookmarks=document.bookmarks,
        orbit=orbit,
        orbits=orbits,
        **{option.session: getattr(state.view, option.name) for option in options() if option.session},
    )
    return view.model_dump(mode="json", exclude={"frame", "loop"})


def read_view(view: Mapping[str, Any]) -> View:
    """Read the view of a session, of either version; the default view if it is not valid."""
    try:
        return _CheckedView.model_validate(view)
    except ValidationError:  # a session is its experiment; a view from elsewhere is only how it looked
        return _CheckedView()


def restore(state: State, view: View) -> None:
    """Show the clip that has just been opened as a session shows it; the cameras are left to the 3D view."""
    for option in options():
        if option.session:
            setattr(state.view, option.name, getattr(view, option.session))
    state.document.restore_bookmarks(view.bookmarks)
    moment = state.moment
    moment.set_playing(False)
    moment.set_speed(view.speed)
    if view.loop_s is not None:
        moment.set_loop(*view.loop_s)
    elif view.loop is not None:
        moment.set_loop(*map(moment.time_of, view.loop))
    if view.seconds is not None:
        moment.show(view.seconds)
    else:
        moment.set_frame(view.frame or 0)


def settings_of(experiment: Experiment, view: View) -> Settings:
    """Read the settings, with the view's slots where they agree with the experiment's models."""
    seen = view.slots
    slots: Iterable[Slot]
    if tuple(s.choice for s in seen if s.on) == experiment.models:
        slots = (Slot(s.choice, s.colour, s.on) for s in seen)
    else:
        slots = (Slot(choice, k) for k, choice in enumerate(experiment.models))
    return Settings(experiment.input, experiment.rate, experiment.viewpoint, experiment.height_m, tuple(slots))


def reader_of(source: FileSource) -> Reader:
    """Read what the reader of the session's clip was told."""
    return Reader(source.select, **source.overrides.model_dump())
