"""The middle of the window: the 3D view, with what the models get in its corner and the view buttons on its edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.state import Shown, State
from app.theme import THEMES, model_colour
from app.view3d.actor import Actor
from app.view3d.viewport import Viewport
from app.widgets.input_inset import InputInset
from engine.motion.skeleton import H36M_17

INSET_EDGE = 12
APART_M = 0.9  # between people who stand side by side


class Stage(QWidget):
    """actions: the window's, by id; the view's buttons stand at the top right."""

    def __init__(self, state: State, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._state = state
        self.viewport = Viewport(self)
        self.inset = InputInset(state, self.viewport)
        self.tools = QWidget(self.viewport)
        column = QVBoxLayout(self.tools)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for name in ("front", "side", "top", "frame_all", "follow", "apart", "inset"):
            button = QToolButton(objectName="stage")
            button.setDefaultAction(actions[name])
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            column.addWidget(button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.viewport)
        state.clip_changed.connect(lambda _: self._show_people())
        state.shown_changed.connect(self._on_shown)
        state.layout_changed.connect(self._on_layout)
        state.frame_changed.connect(self.viewport.set_frame)
        state.theme_changed.connect(self._dress)
        self.viewport.joint_picked.connect(lambda _, joint: state.select(joint))
        self._dress(state.theme)
        self._show_people()

    def _on_shown(self, shown: Shown | None) -> None:
        if shown is not None:  # a new clip begins without results; its people are there already
            self._show_people()

    def _on_layout(self, _: str) -> None:
        self._show_people()
        self._arrange()
        self.viewport.frame_all()

    def _show_people(self) -> None:
        """The truth at the clip's rate, every model at the kept frames, each pose held until the next."""
        state, actors = self._state, []
        if state.clip is None:
            self.viewport.set_empty_text("Drop a motion file here, or press Ctrl+O")
        elif state.clip.truth is not None:
            actors.append(Actor("truth", "Ground truth", H36M_17, state.clip.truth))
        else:
            self.viewport.set_empty_text("Lifting the 2D keypoints …")
        shown = state.shown
        if shown is not None:
            for number, (slot, model) in enumerate(zip(shown.slots, shown.results.models, strict=True)):
                held = shown.held(model.prediction_world.astype(np.float32))
                key = f"{number} {model.label}"
                actors.append(Actor(key, model.label, H36M_17, held, model_colour(slot.colour)))
            if state.clip is not None and state.clip.truth is None and not shown.results.models:
                self.viewport.set_empty_text("No model is on")
        if state.layout == "apart":
            places = APART_M * (np.arange(len(actors)) - (len(actors) - 1) / 2)
            right = self.viewport.orbit.rotation[0]
            actors = [replace(a, positions=a.positions + x * right) for a, x in zip(actors, places, strict=True)]
        self.viewport.set_actors(actors, state.clip.rate_hz if state.clip else 60.0)
        self.viewport.set_frame(state.frame)

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.viewport.set_theme(name)
        self.tools.setStyleSheet(
            f"QToolButton#stage {{ background: {theme.panel}; padding: 4px 8px; border-radius: 4px;"
            f" color: {theme.text}; }}"
            f"QToolButton#stage:hover {{ background: {theme.hover}; }}"
            f"QToolButton#stage:checked {{ background: {theme.raised}; color: {theme.accent}; }}"
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self.inset.fit(self.width(), self.height(), crowded=self._state.layout != "one")
        self.inset.move(
            self.width() - self.inset.width() - INSET_EDGE, self.height() - self.inset.height() - INSET_EDGE
        )
        self.tools.adjustSize()
        self.tools.move(self.width() - self.tools.width() - INSET_EDGE, INSET_EDGE)
