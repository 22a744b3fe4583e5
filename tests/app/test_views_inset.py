"""Models of several views in the window: the rig is chosen, its cameras and their pictures are shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from window_fakes import swaying

from app.docks.clip_card import ClipCard
from app.present.rig_items import observed_views, others_items, person_key, rig_items
from app.state.clip import LoadedClip, Reader
from app.state.results import Shown
from app.state.settings import Settings, Slot
from app.state.state import State
from app.view3d.frusta import EDGES
from app.view3d.items import SkeletonItem
from app.view3d.legend import named
from app.view3d.names import Names
from app.view3d.panes import Pane, Panes
from app.view3d.theme import THEMES
from app.widgets.input_panels import InputPanels
from app.widgets.views_inset import ViewsInset, columns_for
from engine.experiment.loaded import load
from engine.experiment.run import run
from engine.experiment.settings import CameraSettings, Experiment, ModelChoice, Viewpoint, VirtualRig
from engine.observation.virtual_camera import preset_camera

TRIANGULATION = "triangulation"


def seen_state(rig: VirtualRig, people: int = 1) -> State:
    motion, settings = swaying(20), Settings(
        viewpoint=Viewpoint(rig=rig, people=people), slots=(Slot(ModelChoice(name=TRIANGULATION), 0),)
    )  # fmt: skip
    clip, state = LoadedClip("swaying.npz", Reader(), motion), State()
    state.set_clip(clip, settings=settings)
    experiment = Experiment(viewpoint=settings.viewpoint, models=(ModelChoice(name=TRIANGULATION),))
    state.set_shown(Shown(clip, settings, run(experiment, recording=motion, models=lambda _: load(TRIANGULATION))))
    return state


@pytest.mark.parametrize("views", [2, 4, 8])
def test_a_picture_for_each_camera(qtbot, views):
    state = seen_state(VirtualRig(views=views))
    panels = InputPanels(state)
    qtbot.addWidget(panels)
    panels.fit(1000, 700)
    assert not panels.views.isHidden() and panels.keypoints.isHidden() and panels.trackers.isHidden()
    places = [panels.views._place(view) for view in range(views)]
    assert all(place.width() == pytest.approx(place.height()) for place in places)
    assert max(place.bottom() for place in places) < panels.views.height()
    assert len({(place.x(), place.y()) for place in places}) == views
    assert panels.views.grab().toImage() != ViewsInset(State()).grab().toImage()


def test_without_such_a_model_there_is_nothing(qtbot):
    inset = ViewsInset(State())
    qtbot.addWidget(inset)
    assert inset.wanted_height(200) == 0 and rig_items(None) == [] and observed_views(None) is None
    assert (columns_for(4), columns_for(5)) == (2, 4)


def test_the_cameras_stand_in_the_scene():
    state = seen_state(VirtualRig(views=3))
    (item,) = rig_items(state.results.shown)
    views = observed_views(state.results.shown)
    assert item.segments.count == 3 * EDGES and item.label == "3 cameras"
    assert (item.at(0.0)[::EDGES, 0] == [camera.centre for camera in views.rig]).all()


def test_the_rig_is_chosen_in_the_clip_card_and_outlives_another_camera(qtbot):
    state = seen_state(VirtualRig(views=5, seed=3))
    card = ClipCard(state)
    qtbot.addWidget(card)
    assert not card.rig.isHidden() and card.rig.currentText() == "ring:5:3"
    card.rig.setCurrentIndex(1)
    card.rig.activated.emit(1)
    assert state.document.settings.viewpoint.rig == VirtualRig(views=2)
    own = CameraSettings.of(preset_camera("left", swaying(5).positions))
    state.document.set_camera(own)
    assert state.document.settings.viewpoint == Viewpoint(camera=own, rig=VirtualRig(views=2))
    state.document.edit("", replace(state.document.settings, slots=()))
    assert card.rig.isHidden()


def test_people_are_chosen_in_the_clip_card_which_says_whose_figures_these_are(qtbot):
    state = seen_state(VirtualRig(views=3), people=2)
    card = ClipCard(state)
    qtbot.addWidget(card)
    shown = state.results.shown
    card.show_results(shown)
    assert (
        card.people.currentText() == "2"
        and card.followed.text() == shown.results.followed != ""
        and not card.followed.isHidden()
    )
    card.people.activated.emit(2)
    assert state.document.settings.viewpoint.people == 3
    state.document.undo()
    assert card.people.currentText() == "2"
    card.show_results(seen_state(VirtualRig(views=3)).results.shown)
    assert card.followed.isHidden()
    state.document.edit("", replace(state.document.settings, slots=()))
    assert card.people.isHidden() and card.people_label.isHidden()


def test_others_stand_beside_with_their_ids_over_their_heads(qtbot):
    shown = seen_state(VirtualRig(views=3), people=3).results.shown
    people, items = shown.results.people, others_items(shown)
    assert [item.label for item in items] == [f"Person {person.id}" for person in people[1:]]
    assert [item.key for item in items] == [person_key(1), person_key(2)] and len({i.colour for i in items}) == 2
    assert (items[1].at(0.0) == people[2].pose.positions[0]).all()
    assert named([items]) == [()] and others_items(None) == []
    model = replace(items[0], key="model 0", label="triangulation", aside=False)
    names = Names(QWidget())
    qtbot.addWidget(names._parent)
    names.show([Pane((*items, model))], THEMES["dark"])
    tags = [tag.name for tag in names.tags.tags if not tag.isHidden()]
    assert tags == [item.label for item in items]
    assert [item.label for item in names.legends[0]._items] == ["triangulation"]
    names.show([Pane(tuple(items)), Pane(tuple(items))], THEMES["dark"])
    assert all(tag.isHidden() for tag in names.tags.tags)


def test_those_who_step_aside_are_fitted_into_the_view_where_they_are_near():
    motion = swaying(20)
    truth = SkeletonItem("truth", "Ground truth", motion.skeleton, motion.times, motion.positions)
    panes = Panes(lambda: (0, 0), 0.0)

    def width(*others: SkeletonItem) -> float:
        panes.fill([[truth, *others]])
        return float(np.ptp(np.concatenate(panes._extents())[..., 0]))

    beside, away = (replace(truth, key=f"{x}", colour="#808080", aside=True).moved((x, 0, 0)) for x in (1.5, 9))
    assert width(beside) > width() + 1.4 and width(away) == width() < width(replace(away, aside=False))
    panes.following = False
    assert width(away) > width() + 8
