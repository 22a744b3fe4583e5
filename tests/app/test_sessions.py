"""The view of a session, and options of the view: written, read, and read as the first version wrote them."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QSettings
from window_fakes import loop_frames, play_frames, swaying

from app.state.clip import LoadedClip, Reader
from app.state.preferences import Preferences
from app.state.sessions import read_view, restore, settings_of, view_to_save
from app.state.settings import Bookmark
from app.state.state import State
from app.state.view_options import ViewOptions, options
from app.view3d.camera_rig import Orbit
from engine.experiment.settings import ModelChoice

OTHER = {
    bool: lambda value: not value,
    str: lambda value: {"one": "grid", "dark": "light", "body": "both", "solid": "wire", "kinestate": "smpl_male"}[
        value
    ],
}


def another(option):
    """A value that is not the default."""
    return OTHER.get(type(option.otherwise), lambda _: 5)(option.otherwise)


@pytest.fixture
def state():
    state = State()
    state.set_clip(LoadedClip("swaying.npz", Reader(), swaying()))
    return state


def test_the_view_comes_back_with_every_option_that_sessions_keep(state):
    for option in options():
        setattr(state.view, option.name, another(option))
    state.document.set_bookmark(60, "knee bends")
    state.moment.set_frame(44)
    state.moment.set_speed(0.5)
    play_frames(state.moment, 20, 100)
    saved = json.loads(json.dumps(view_to_save(state, orbit=Orbit(distance=3.0), orbits=(Orbit(), Orbit()))))
    back = State()
    back.set_clip(LoadedClip("swaying.npz", Reader(), swaying()))
    view = read_view(saved)
    restore(back, view)
    assert back.moment == state.moment
    assert back.document.bookmarks == (Bookmark(60, "knee bends"),)
    assert (view.orbit, len(view.orbits)) == (Orbit(distance=3.0), 2)
    for option in options():
        expected = another(option) if option.session else option.otherwise
        assert getattr(back.view, option.name) == expected, option.name


def test_a_view_that_counts_frames_is_read_as_seconds(state):
    first = {"frame": 44, "loop": [20, 100], "speed": 2.0, "joint": 3, "layout": "grid", "linked": False,
             "error_colours": True, "follow": False, "orbit": None, "orbits": [],
             "bookmarks": [{"frame": 60, "note": "x"}]}  # fmt: skip
    restore(state, read_view(first))
    assert state.moment.seconds == state.moment.times[44]
    assert (state.moment.frame, loop_frames(state.moment), state.moment.speed) == (44, (20, 100), 2.0)
    view = state.view
    assert (view.selection, view.layout, view.linked, view.error_colours, view.follow) == (
        3,
        "grid",
        False,
        True,
        False,
    )
    assert state.document.bookmarks == (Bookmark(60, "x"),)


@pytest.mark.parametrize("wrong", [{"layout": "heap"}, {"seconds": "soon"}, {"slots": 3}])
def test_a_view_that_is_not_valid_is_the_default_one(state, wrong):
    view = read_view({"speed": 2.0, **wrong})
    restore(state, view)
    assert (state.moment.speed, state.view.layout, view.slots) == (1.0, "one", ())


def test_slots_that_disagree_with_the_models_are_not_taken(state):
    state.document.add_model(ModelChoice(name="a"))
    state.document.add_model(ModelChoice(name="b"))
    state.document.change_model(0, on=False, colour=4)
    view = read_view(view_to_save(state, orbit=Orbit(), orbits=()))
    assert settings_of(state.document.experiment(), view) == state.document.settings
    other = state.document.experiment().model_copy(update={"models": (ModelChoice(name="c"),)})
    assert [(s.choice.name, s.colour, s.on) for s in settings_of(other, view).slots] == [("c", 0, True)]


def test_preferences_remember_every_option_that_they_are_to(tmp_path):
    ini = str(tmp_path / "p.ini")
    view = ViewOptions()
    for option in options():
        setattr(view, option.name, another(option))
    settings = QSettings(ini, QSettings.Format.IniFormat)
    Preferences(settings).remember(view)
    settings.sync()
    back = ViewOptions()
    Preferences(QSettings(ini, QSettings.Format.IniFormat)).recall(back)
    remembered = [option.name for option in options() if option.preference]
    assert remembered == ["layout", "linked", "figure", "skin", "footage", "theme", "body"]
    for option in options():
        expected = another(option) if option.preference else option.otherwise
        assert getattr(back, option.name) == expected, option.name


@pytest.mark.slow
def test_every_choice_of_an_option_is_an_action_that_gives_it_and_takes_it_back(window):
    for option in options():
        for choice in option.choices:
            action, view = window.actions_[choice.id], window.state.view
            setattr(view, option.name, option.otherwise)
            assert action.isChecked() is (choice.value == option.otherwise)
            for wanted in (True, False):
                action.setChecked(wanted)
                alone = option.otherwise == choice.value and not isinstance(choice.value, bool)
                assert (getattr(view, option.name) == choice.value) is (wanted or alone)
                assert action.isChecked() is (wanted or alone)
            setattr(view, option.name, option.otherwise)
