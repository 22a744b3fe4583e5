"""The View menu: cameras, and the options of the view as their fields describe them."""

from __future__ import annotations

from collections.abc import Callable

from app.commands.command import Command, Menu, Reason, Switch
from app.commands.desk import Desk
from app.state.state import State
from app.state.view_options import Choice, Option, options
from engine.experiment.settings import CameraSettings


def _see_from(preset: str) -> Callable[[Desk], None]:
    return lambda desk: desk.viewport.set_preset(preset)


def camera_from_view(desk: Desk) -> None:
    """Let the models see the clip from where the person at the screen sees it now."""
    desk.state.document.set_camera(CameraSettings.of(desk.viewport.camera()))


def _one_camera(state: State) -> str:
    return "" if state.view.layout == "grid" else "only the grid has several cameras"


def _no_truth(state: State) -> str:
    clip = state.document.clip
    flat = clip is not None and clip.truth is None
    return "2D keypoints have no 3D truth to measure against" if flat else ""


def _no_body(state: State) -> str:
    shown, worn = state.results.shown, state.results.worn
    bodies = [] if shown is None else [model.body for model in shown.results.models]
    return "nobody here has a body" if worn is None and not any(bodies) else ""


def _no_footage(state: State) -> str:
    clip = state.document.clip
    return "" if clip is not None and clip.footage is not None else "the clip is of no video"


WHY_NOT: dict[str, Reason] = {
    "linked": _one_camera,
    "errors": _no_truth,
    "vectors": _no_truth,
    "footage": _no_footage,
    **dict.fromkeys(("body", "both", "solid", "wire", "translucent"), _no_body),
}


def _chooses(option: Option, choice: Choice) -> Command:
    """Make the command that gives an option a value, and takes it back."""
    otherwise = not choice.value if isinstance(choice.value, bool) else option.otherwise

    def is_on(state: State) -> bool:
        return bool(getattr(state.view, option.name) == choice.value)

    def turn(state: State, on: bool) -> None:
        if on != is_on(state):
            setattr(state.view, option.name, choice.value if on else otherwise)

    return Command(
        choice.id,
        choice.text,
        choice.keys,
        choice.tip,
        icon=choice.icon,
        line=choice.line,
        switch=Switch(is_on, turn),
        why_not=WHY_NOT.get(choice.id, lambda _: ""),
    )


VIEW = Menu(
    "View",
    (
        Command("frame_all", "Fit", ("F",), "As near as the whole motion stays in view",
                lambda desk: desk.viewport.frame_all()),
        Command("front", "Front", ("1",), "See the person from the front", _see_from("front"), line=True),
        Command("side", "Side", ("2",), "See the person from the side", _see_from("side")),
        Command("top", "Top", ("3",), "See the person from above", _see_from("top")),
        *(_chooses(option, choice) for option in options() for choice in option.choices),
        Command("reset_layout", "Reset layout", (), "Put all panels back where they belong",
                lambda desk: desk.window.reset_layout()),
    ),
)  # fmt: skip
