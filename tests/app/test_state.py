"""What the person is looking at: settings with undo, the moment, the loop."""

import subprocess
import sys

import numpy as np
import pytest
from window_fakes import swaying

from app.state.state import Bookmark, LoadedClip, Reader, Settings, Shown, State
from engine.experiment.pipeline import run
from engine.experiment.settings import DeltaSetting, ModelChoice


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def state(clock):
    state = State(now=clock)
    state.set_clip(LoadedClip("swaying.npz", Reader(), swaying()))
    return state


def test_the_state_knows_no_qt():
    modules = "app.state.state, app.workers.rerun, app.workers.loading, app.state.sessions, app.present.tables, sys"
    code = f"import {modules}; assert 'PySide6' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_change_is_undone_and_redone(state, clock):
    state.edit_input(subsample=4)
    clock.now = 5
    state.set_delta(DeltaSetting(mode="factor", factor=2.0))
    state.undo()
    assert state.settings.delta.mode == "auto"
    assert state.settings.input.subsample == 4
    state.undo()
    assert state.settings == Settings()
    state.redo()
    state.redo()
    assert state.settings.delta.factor == 2.0
    assert state.settings.input.subsample == 4


def test_a_drag_is_one_step_of_undo(state, clock):
    for step in range(2, 9):
        clock.now += 0.05
        state.edit_input(subsample=step)
    state.undo()
    assert state.settings.input.subsample == 1


def test_two_controls_are_two_steps_of_undo(state):
    state.edit_input(subsample=2)
    state.edit_input(noise_px=1.0)
    state.undo()
    assert state.settings.input.subsample == 2
    assert state.settings.input.noise_px == 0.0


def test_models_are_added_and_removed_one_by_one_however_quickly(state):
    for name in "ab":
        state.add_model(ModelChoice(name=name))
    state.remove_model(0)
    state.undo()
    assert [s.choice.name for s in state.settings.slots] == ["a", "b"]
    state.undo()
    assert [s.choice.name for s in state.settings.slots] == ["a"]


def test_a_new_change_drops_what_was_undone(state, clock):
    heard = []
    state.history_changed.connect(lambda undo, redo: heard.append((undo, redo)))
    state.edit_input(subsample=2)
    state.undo()
    assert heard[-1] == (False, True)
    state.edit_input(subsample=3)
    assert heard[-1] == (True, False)
    state.redo()
    assert state.settings.input.subsample == 3


def test_an_edit_that_changes_nothing_is_no_step(state):
    heard = []
    state.settings_changed.connect(lambda s: heard.append(s))
    state.edit_input(subsample=1)
    assert heard == []


def test_models_take_the_first_free_colour(state):
    for _ in range(3):
        state.add_model(ModelChoice(name="a"))
    state.remove_model(1)
    state.add_model(ModelChoice(name="b"))
    assert [s.colour for s in state.settings.slots] == [0, 2, 1]


def test_models_that_are_off_are_not_in_the_experiment(state):
    state.add_model(ModelChoice(name="a"))
    state.add_model(ModelChoice(name="b"))
    state.change_model(0, on=False)
    assert [m.name for m in state.experiment().models] == ["b"]


@pytest.mark.parametrize(("asked", "shown"), [(-5, 0), (7, 7), (1000, 119)])
def test_the_frame_stays_in_the_clip(state, asked, shown):
    state.set_frame(50)
    state.set_frame(asked)
    assert state.frame == shown


def test_the_loop_stays_in_the_clip_and_in_order(state):
    state.set_loop(90, -3)
    assert state.loop == (0, 90)


def test_a_time_shows_the_frame_that_is_on_then(state):
    state.set_time(0.5)
    assert state.frame == 30
    state.set_time(0.516)  # not yet the next one
    assert state.frame == 30


def test_results_of_another_clip_come_too_late(state):
    old = state.clip
    results = run(state.experiment(), clip=old.motion)
    state.set_clip(LoadedClip("other.npz", Reader(), swaying(name="other")))
    state.set_shown(Shown(old, state.settings, results))
    assert state.shown is None


def test_the_same_clip_read_again_keeps_the_moment(state):
    state.set_frame(40)
    state.set_loop(10, 60)
    state.set_clip(LoadedClip("swaying.npz", Reader(rate_hz=30), swaying(hz=30)))
    assert (state.frame, state.loop) == (40, (10, 60))
    state.set_clip(LoadedClip("another.npz", Reader(), swaying()))
    assert (state.frame, state.loop) == (0, (0, 119))


def test_a_pose_is_held_until_the_next_kept_frame(state):
    state.edit_input(subsample=4)
    shown = Shown(state.clip, state.settings, run(state.experiment(), clip=state.clip.motion))
    assert [shown.kept(f) for f in (0, 3, 4, 7, 119)] == [0, 0, 1, 1, 29]
    assert np.array_equal(shown.held(np.arange(30))[:6], [0, 0, 0, 0, 1, 1])


def test_a_camera_that_the_new_clip_lacks_is_not_kept(state):
    state.set_camera("file:north")
    state.set_clip(LoadedClip("other.npz", Reader(), swaying()))
    assert state.settings.camera == "front"


def test_bookmarks_stand_in_the_order_of_their_frames(state):
    for frame, note in ((80, "b"), (10, ""), (40, "a")):
        state.set_bookmark(frame, note)
    assert state.bookmarks == (Bookmark(10), Bookmark(40, "a"), Bookmark(80, "b"))
    state.set_bookmark(40, "another note")
    assert [b.note for b in state.bookmarks] == ["", "another note", "b"]


@pytest.mark.parametrize(
    ("here", "step", "there"), [(0, 1, 10), (10, 1, 40), (50, 1, 10), (50, -1, 40), (40, -1, 10), (10, -1, 40)]
)
def test_the_next_bookmark_goes_round(state, here, step, there):
    for frame in (40, 10):
        state.set_bookmark(frame)
    state.set_frame(here)
    assert state.next_bookmark(step).frame == there


def test_without_bookmarks_there_is_no_next_one(state):
    assert state.next_bookmark(1) is None


def test_bookmarks_and_settings_are_undone_in_the_order_they_were_made(state, clock):
    heard, asked = [], []
    state.bookmarks_changed.connect(lambda marks: heard.append(marks))
    state.settings_changed.connect(lambda settings: asked.append(settings))
    state.set_bookmark(10, "a")
    state.edit_input(subsample=4)
    state.remove_bookmark(10)
    assert (len(asked), state.bookmarks) == (1, ())
    state.undo()
    assert (state.bookmarks, state.settings.input.subsample) == ((Bookmark(10, "a"),), 4)
    state.undo()
    assert (state.bookmarks, state.settings.input.subsample) == ((Bookmark(10, "a"),), 1)
    state.undo()
    assert state.bookmarks == ()
    state.redo()
    assert state.bookmarks == heard[-1] == (Bookmark(10, "a"),)
    assert len(asked) == 2  # bookmarks never run the experiment


def test_a_mark_and_its_note_are_one_step_of_undo(state, clock):
    state.set_bookmark(10)
    clock.now += 0.5
    state.set_bookmark(10, "note")
    state.undo()
    assert state.bookmarks == ()


def test_restored_bookmarks_lie_in_the_clip_and_are_not_undone(state):
    state.restore_bookmarks([Bookmark(500), Bookmark(7, "x"), Bookmark(-1), Bookmark(3)])
    assert state.bookmarks == (Bookmark(3), Bookmark(7, "x"))
    state.undo()
    assert state.bookmarks == (Bookmark(3), Bookmark(7, "x"))


def test_bookmarks_belong_to_their_clip(state):
    state.set_bookmark(10)
    state.set_clip(LoadedClip("swaying.npz", Reader(rate_hz=30), swaying(hz=30)))
    assert state.bookmarks == (Bookmark(10),)
    state.set_clip(LoadedClip("other.npz", Reader(), swaying(name="other")))
    assert state.bookmarks == ()
