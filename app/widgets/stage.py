"""The middle of the window: the 3D view, with what the models get in its corner and the view buttons above it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.look.error_colours import error_colours
from app.look.theme import SPACE, THEMES, model_colour
from app.present.curves import error_mm, has_errors
from app.state.state import Shown, State
from app.view3d.actor import Actor, one_view_each
from app.view3d.viewport import Viewport
from app.widgets.error_scale import ErrorScale
from app.widgets.input_inset import InputInset
from app.widgets.painting import number
from engine.motion.skeleton import H36M_17

INSET_EDGE = 12
APART_M = 0.9  # between people who stand side by side
TOOLS = (("front", "side", "top", "frame_all", "follow"), ("one", "apart", "grid", "linked"), ("errors",))


class Stage(QWidget):
    """actions: the window's, by id; the view's buttons stand above it."""

    def __init__(self, state: State, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._state = state
        self.viewport = Viewport(self)
        self.viewport.set_linked(state.linked)
        self.inset = InputInset(state, self.viewport)
        self.tools, self.scale = QWidget(), ErrorScale()
        self.tools.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(SPACE // 2, 2, SPACE // 2, 2)
        row.setSpacing(2)
        for names in TOOLS:
            for name in names:
                row.addWidget(tool_button(actions[name]))
            row.addSpacing(SPACE)
        row.addWidget(self.scale)
        row.addStretch()
        row.addWidget(tool_button(actions["inset"]))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tools)
        layout.addWidget(self.viewport, 1)
        state.clip_changed.connect(lambda _: self._show_people())
        state.shown_changed.connect(self._on_shown)
        state.layout_changed.connect(self._on_layout)
        state.linked_changed.connect(self.viewport.set_linked)
        state.error_colours_changed.connect(lambda _: self._show_people())
        state.selection_changed.connect(lambda _: self._show_people())
        state.frame_changed.connect(self._on_frame)
        state.theme_changed.connect(self._dress)
        self.viewport.arranged.connect(self._place_inset)
        self.viewport.joint_picked.connect(lambda _, joint: state.select(joint))
        self._dress(state.theme)
        self._show_people()

    def _on_shown(self, shown: Shown | None) -> None:
        if shown is not None:  # a new clip begins without results; its people are there already
            self._show_people()

    def _on_layout(self, layout: str) -> None:
        self._show_people()
        if layout != "grid":  # the grid fits by itself what was fitted, and each view keeps its camera
            self.viewport.frame_all()

    def _on_frame(self, frame: int) -> None:
        self.viewport.set_frame(frame)
        self._show_errors()

    def _show_people(self) -> None:
        """The truth at the clip's rate, every model at the kept frames, each pose held until the next."""
        state, shown = self._state, self._state.shown
        truth: list[Actor] = []
        if state.clip is None:
            self.viewport.set_empty_text("Drop a motion file here, or press Ctrl+O")
        elif state.clip.truth is not None:
            truth = [Actor("truth", "Ground truth", H36M_17, state.clip.truth, marked=state.selection)]
        else:
            none = shown is not None and not shown.results.models
            self.viewport.set_empty_text("No model is on" if none else "Lifting the 2D keypoints …")
        models = [] if shown is None else model_actors(shown, state.selection, coloured=state.error_colours)
        people = [*truth, *models]
        if state.layout == "apart":
            people = beside_each_other(people, self.viewport.orbit.rotation[0])
        views = one_view_each(people) if state.layout == "grid" else [people]
        before = sum(map(len, self.viewport.views))
        self.viewport.set_views(views, state.clip.rate_hz if state.clip else 60.0)
        self.viewport.set_frame(state.frame)
        self.scale.setVisible(state.error_colours and has_errors(shown))
        self._show_errors()
        if state.layout == "apart" and len(people) != before:  # the row is longer or shorter now
            self.viewport.fit_again()

    def _show_errors(self) -> None:
        """Beside each model's name, its error at this frame: MPJPE, or that of the joint that is looked at."""
        shown, joint, notes = self._state.shown, self._state.selection, {}
        if shown is not None and has_errors(shown):
            at = shown.kept(self._state.frame)
            for k, model in enumerate(shown.results.models):
                what = "" if joint is None else f"{H36M_17.names[joint]} "
                notes[model_key(k)] = f"{what}{number(float(error_mm(model, joint)[at]))} mm"
        self.viewport.set_notes(notes)

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.viewport.set_theme(name)
        self.scale.set_theme(name)
        self.tools.setStyleSheet(
            f"QWidget {{ background: {theme.panel}; }} QToolTip {{ background: {theme.raised}; }}"
            f"QToolButton {{ padding: 3px 5px; border-radius: 0; border-bottom: 2px solid transparent; }}"
            f"QToolButton:hover {{ background: {theme.hover}; }}"
            f"QToolButton:checked {{ background: {theme.raised}; border-bottom-color: {theme.accent}; }}"
        )

    def _place_inset(self) -> None:
        """The input at the bottom right, small where people would stand behind it."""
        view, crowded = self.viewport, self._state.layout != "one"
        self.inset.fit(view.view_size[0], view.height(), crowded=crowded)
        corner = view.rect().bottomRight() - self.inset.rect().bottomRight()
        self.inset.move(corner.x() - INSET_EDGE, corner.y() - INSET_EDGE)


def tool_button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    return button


def model_key(number: int) -> str:
    """By which the 3D view knows the results' models."""
    return f"model {number}"


def model_actors(shown: Shown, joint: int | None, *, coloured: bool) -> list[Actor]:
    """Every model in the results in its colour, or in those of its errors where there is a truth to measure against.

    joint   the one that is looked at
    """
    actors = []
    for k, (slot, model) in enumerate(zip(shown.slots, shown.results.models, strict=True)):
        held = shown.held(model.prediction_world.astype(np.float32))
        errors = shown.held(error_colours(model.joint_error_mm)) if coloured and has_errors(shown) else None
        colour = model_colour(slot.colour)
        actors.append(Actor(model_key(k), model.label, H36M_17, held, colour, joint_colours=errors, marked=joint))
    return actors


def beside_each_other(actors: list[Actor], right: np.ndarray) -> list[Actor]:
    """The same people in a row along `right` (3,)."""
    places = APART_M * (np.arange(len(actors)) - (len(actors) - 1) / 2)
    return [replace(a, positions=a.positions + x * right) for a, x in zip(actors, places, strict=True)]
