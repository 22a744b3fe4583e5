"""The middle of the window: the 3D view with the models' input in its corner and the buttons of the view above."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCursor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QToolButton, QToolTip, QVBoxLayout, QWidget

from app.look.theme import SPACE, THEMES
from app.present.curves import error_mm, has_errors
from app.present.rig_items import others_items, person_key, person_label, rig_items
from app.present.wording import number
from app.state.clip import LoadedClip
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.state import State
from app.view3d.items import Item, one_view_each
from app.view3d.viewport import Viewport
from app.widgets.empty_stage import EmptyStage
from app.widgets.error_scale import ErrorScale
from app.widgets.footage import FootageView
from app.widgets.input_panels import InputPanels
from app.widgets.label_inset import LabelInset
from app.widgets.people import TRUTH, model_items, model_key, truth_items
from app.widgets.picture_view import BAND
from engine.motion.skeleton import H36M_17

Float = NDArray[np.float64]
INSET_EDGE = 12
LEAST_FOOTAGE = 4  # of the width that footage and 3D view share, one part in so many at least
TOOL_ICON = 38  # pixels of a tool beside its name
SHORT = {
    "follow": "Follow",
    "one": "One",
    "linked": "Link",
    "both": "Both",
    "errors": "Errors",
    "vectors": "Vectors",
    "inset": "Input",
}
"""Names of tools that are shorter than their menus'."""
APART_M = 0.9  # between people who stand side by side
TOOLS = (
    ("front", "side", "top", "frame_all", "follow"),
    ("one", "apart", "grid", "linked"),
    ("skeleton", "body", "both"),
    ("errors", "vectors"),
)


class Stage(QWidget):
    """actions: the window's, by id; the view's buttons stand above it. footage: beside the 3D view, where there is."""

    def __init__(self, state: State, actions: dict[str, QAction], footage: FootageView) -> None:
        super().__init__()
        self._state = state
        self.viewport = Viewport(self)
        self.viewport.set_linked(state.view.linked)
        self.viewport.set_follow(state.view.follow)
        self.empty = EmptyStage(state, [actions[name] for name in ("open", "open_folder", "demo")], self.viewport)
        self.inset = InputPanels(state, self.viewport)
        self.inset.setVisible(state.view.inset)
        self.labels = LabelInset(state, self.viewport)
        self.tools, self.scale = QWidget(), ErrorScale()
        self.tools.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(SPACE // 2, 2, SPACE // 2, 2)
        row.setSpacing(2)
        self.tools.setMinimumWidth(1)
        for name, short in SHORT.items():
            actions[name].setIconText(short)
        self.buttons = {name: tool_button(actions[name]) for names in (*TOOLS, ("inset",)) for name in names}
        for names in TOOLS:
            for name in names:
                row.addWidget(self.buttons[name])
            row.addSpacing(SPACE // 2)
        row.addWidget(self.scale)
        row.addStretch()
        row.addWidget(self.buttons["inset"])
        self._labelled = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tools)
        self.footage, self.beside = footage, QSplitter()
        self.beside.setChildrenCollapsible(False)
        self.beside.addWidget(footage)
        self.beside.addWidget(self.viewport)
        self.beside.setStretchFactor(1, 1)
        self._shared_by_hand = False
        layout.addWidget(self.beside, 1)
        state.document.events.clip.connect(self._on_clip)
        state.results.events.shown.connect(self._on_shown)
        state.results.events.worn.connect(self._show_people)
        state.moment.events.seconds.connect(self._on_moment)
        options = state.view.events
        options.layout.connect(self._on_layout)
        options.linked.connect(self.viewport.set_linked)
        options.follow.connect(self.viewport.set_follow)
        options.inset.connect(lambda on: self.inset.setVisible(on))
        for option in (options.figure, options.skin, options.error_colours, options.error_vectors, options.cameras):
            option.connect(self._show_people)
        options.selection.connect(self._show_people)
        options.theme.connect(self._dress)
        footage.shaped.connect(self._share_width)
        self.beside.splitterMoved.connect(lambda *_: setattr(self, "_shared_by_hand", True))
        self.viewport.arranged.connect(self._place_inset)
        self.inset.refitted.connect(self._place_inset)
        self.viewport.joint_picked.connect(self._on_picked)
        self.viewport.joint_hovered.connect(self._say_joint)
        self.viewport.emptiness_clicked.connect(lambda: setattr(state.view, "selection", None))
        self._dress(state.view.theme)
        self._show_people()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label_tools()
        self._share_width()

    def _share_width(self) -> None:
        """Make the footage as wide as its pictures are at this height, up to half, until somebody moves the border."""
        clip = self._state.document.clip
        if self._shared_by_hand or clip is None or clip.footage is None:
            return
        width, height = clip.image_size
        room = self.width() - self.beside.handleWidth()
        wanted = round((self.beside.height() - BAND) * width / height)
        share = min(max(wanted, room // LEAST_FOOTAGE), room // 2)
        self.beside.setSizes([share, room - share])

    def _label_tools(self) -> None:
        """Write the tools' names beside their icons where there is room for all of them."""
        style = Qt.ToolButtonStyle
        wanted = sum(
            button.fontMetrics().horizontalAdvance(button.text()) + TOOL_ICON for button in self.buttons.values()
        )
        labelled = wanted + (self.scale.sizeHint().width() if self.scale.isVisible() else 0) < self.width()
        if labelled != self._labelled:
            self._labelled = labelled
            for button in (one for one in self.buttons.values() if not one.icon().isNull()):
                button.setToolButtonStyle(style.ToolButtonTextBesideIcon if labelled else style.ToolButtonIconOnly)

    def _on_clip(self, clip: LoadedClip | None, before: LoadedClip | None) -> None:
        self._show_people()
        if clip is not None and not (before is not None and same_motion(clip, before)):
            self.viewport.frame_anew()

    def _on_shown(self, shown: Shown | None) -> None:
        if shown is not None:  # a new clip begins without results; its people are there already
            self._show_people()

    def _on_layout(self, layout: str) -> None:
        self._show_people()
        if layout != "grid":  # the grid fits by itself what was fitted, and each view keeps its camera
            self.viewport.frame_all()

    def _on_moment(self) -> None:
        self._show_moment()
        self._show_errors()

    def _on_picked(self, _: str, joint: int) -> None:
        self._state.view.selection = joint

    def _say_joint(self, key: str, joint: int) -> None:
        """Name the joint below the mouse, whose it is, and its error now."""
        if joint < 0:
            QToolTip.hideText()
            return
        state, shown = self._state, self._state.results.shown
        clip = state.document.clip
        lines: list[str] = []
        if key == TRUTH and clip is not None:
            lines = [clip.motion.skeleton.names[joint], "Ground truth"]
        for k, model in enumerate(() if shown is None else shown.results.models):
            if shown is not None and key == model_key(k) and model.placed is not None:
                lines = [model.placed.skeleton.names[joint], model.label]
                if has_errors(shown):
                    at = frame_at(shown.results.times, state.moment.seconds)
                    lines.append(f"{number(float(error_mm(model, joint)[at]))} mm")
        for k, person in enumerate(() if shown is None else shown.results.people):
            if key == person_key(k):
                lines = [H36M_17.names[joint], person_label(person)]
        if lines:
            QToolTip.showText(QCursor.pos(), f"<b>{lines[0]}</b><br>{' · '.join(lines[1:])}", self.viewport)

    def _show_moment(self) -> None:
        self.viewport.set_time(self._state.moment.seconds)

    def _show_people(self) -> None:
        """Show the truth and every model, each at its own times."""
        state, clip, shown = self._state, self._state.document.clip, self._state.results.shown
        truth: list[Item] = []
        if clip is None:
            self.viewport.set_empty_text("")
        elif clip.truth is not None:
            truth = truth_items(state)
        else:
            none = shown is not None and not shown.results.models
            self.viewport.set_empty_text("No model is on" if none else "Lifting the 2D keypoints …")
        people = [*truth, *model_items(state)]
        others: list[Item] = []
        if state.view.layout == "apart":
            people = beside_each_other(people, self.viewport.orbit.rotation[0])
        elif state.view.layout == "one":
            others = others_items(shown)
            people += [*others, *(rig_items(shown) if state.view.cameras else [])]
        views = one_view_each(people) if state.view.layout == "grid" else [people]
        shown_before = list(chain.from_iterable(self.viewport.views))
        self.viewport.set_tagged(state.view.layout == "apart")
        self.viewport.set_views(views)
        self._show_moment()
        self.scale.setVisible(state.view.error_colours and has_errors(shown))
        self._label_tools()
        self._show_errors()
        longer = state.view.layout == "apart" and len(people) != len(shown_before)  # the row, or shorter
        if longer or len(others) != sum(item.aside for item in shown_before):
            self.viewport.fit_again()

    def _show_errors(self) -> None:
        """Put each model's error now beside its name: MPJPE, or that of the joint that is looked at."""
        shown, joint, notes = self._state.results.shown, self._state.view.selection, {}
        if shown is not None and has_errors(shown):
            at = frame_at(shown.results.times, self._state.moment.seconds)
            for k, model in enumerate(shown.results.models):
                if model.placed is None:
                    continue
                what = "" if joint is None else f"{model.placed.skeleton.names[joint]} "
                notes[model_key(k)] = f"{what}{number(float(error_mm(model, joint)[at]))} mm"
        self.viewport.set_notes(notes)

    def _dress(self, name: str) -> None:
        theme = THEMES[name]
        self.viewport.set_theme(name)
        self.scale.set_theme(name)
        self.tools.setStyleSheet(
            f"QWidget {{ background: {theme.panel}; }} QToolTip {{ background: {theme.raised}; }}"
            f"QToolButton {{ padding: 2px 4px; }} QToolButton:hover {{ background: {theme.hover}; }}"
            f"QToolButton:checked {{ background: {theme.on}; }}"
        )

    def _place_inset(self) -> None:
        """Put the input at the bottom right, small where people would stand behind it."""
        view, crowded = self.viewport, self._state.view.layout != "one"
        self.inset.fit(view.view_size[0], view.height(), crowded=crowded)
        corner = view.rect().bottomRight() - self.inset.rect().bottomRight()
        self.inset.move(corner.x() - INSET_EDGE, corner.y() - INSET_EDGE)
        self.labels.move(view.rect().right() - self.labels.width() - INSET_EDGE, INSET_EDGE)


def same_motion(one: LoadedClip, other: LoadedClip) -> bool:
    """Tell whether two clips show the same: one clip read again at another rate, for instance."""
    if one.truth is None or other.truth is None:
        return one.source == other.source and one.name == other.name
    return np.array_equal(one.truth, other.truth, equal_nan=True)


def tool_button(action: QAction) -> QToolButton:
    """Make a button for an action."""
    button = QToolButton()
    button.setDefaultAction(action)
    return button


def beside_each_other(items: Sequence[Item], right: Float) -> list[Item]:
    """Stand the same people in a row along `right` (3,)."""
    keys = list(dict.fromkeys(item.key for item in items))
    return [item.moved(APART_M * (keys.index(item.key) - (len(keys) - 1) / 2) * right) for item in items]
