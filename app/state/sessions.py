"""Sessions: what the window shows as an experiment with its `view`, and back. No Qt.

The view holds: the models that are switched off and all colours, the moment, the loop, the speed, the joint that is
looked at, the bookmarks, and how the 3D view shows it all.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.state.state import Bookmark, Layout, Reader, Settings, Slot, State
from app.view3d.camera_rig import Orbit
from engine.experiment.settings import Experiment, ModelChoice

SMALL = 1 << 20


class SlotView(BaseModel):
    choice: ModelChoice
    colour: int
    on: bool


class View(BaseModel):
    """The `view` of a session, checked; unknown entries are left alone, wrong ones fall back to these."""

    model_config = ConfigDict(extra="ignore")

    slots: tuple[SlotView, ...] = ()
    frame: int = 0
    loop: tuple[int, int] | None = None
    speed: float = 1.0
    joint: int | None = None
    layout: Layout = "one"
    linked: bool = True
    error_colours: bool = False
    orbit: Orbit | None = None
    orbits: tuple[Orbit, ...] = ()
    follow: bool = True
    bookmarks: tuple[Bookmark, ...] = ()


def is_session(path: Path) -> bool:
    """Whether a JSON file is a session and not, say, keypoints."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with suppress(OSError, ValueError):
        if path.stat().st_size <= SMALL:
            found = json.loads(path.read_bytes())
            return isinstance(found, dict) and "clip" in found and "models" in found
    return False


def session_of(state: State, *, orbit: Orbit, orbits: tuple[Orbit, ...], follow: bool) -> Experiment | None:
    """The experiment with the view; None without a clip.

    orbit   camera of the 3D view; orbits: of every view of the grid, where they are not linked
    """
    experiment = state.experiment()
    if experiment is None:
        return None
    slots = tuple(SlotView(choice=s.choice, colour=s.colour, on=s.on) for s in state.settings.slots)
    view = View(
        slots=slots,
        frame=state.frame,
        loop=state.loop,
        speed=state.speed,
        joint=state.selection,
        layout=state.layout,
        linked=state.linked,
        error_colours=state.error_colours,
        orbit=orbit,
        orbits=orbits,
        follow=follow,
        bookmarks=state.bookmarks,
    )
    return experiment.model_copy(update={"view": view.model_dump(mode="json")})


def view_of(experiment: Experiment) -> View:
    try:
        return View.model_validate(experiment.view)
    except ValidationError:  # a session is its experiment; a view from elsewhere is only how it looked
        return View()


def settings_of(experiment: Experiment) -> Settings:
    """The settings, with the view's slots where they agree with the experiment's models."""
    seen = view_of(experiment).slots
    if tuple(s.choice for s in seen if s.on) == experiment.models:
        slots = tuple(Slot(s.choice, s.colour, s.on) for s in seen)
    else:
        slots = tuple(Slot(choice, k) for k, choice in enumerate(experiment.models))
    return Settings(experiment.input, experiment.delta, experiment.camera, experiment.height_m, slots)


def reader_of(experiment: Experiment) -> Reader:
    return Reader(experiment.select, experiment.rate_hz, experiment.unit, experiment.up)
