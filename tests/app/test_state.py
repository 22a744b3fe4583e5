"""What the person is looking at: settings with undo, the moment, the loop."""

import pytest
from window_fakes import loop_frames, play_frames, swaying

from app.state.clip import LoadedClip, Reader
from app.state.moment import frame_at
from app.state.results import Shown
from app.state.settings import Bookmark, Settings
from app.state.state import State
from engine.experiment.rate import RatePolicy
from engine.experiment.run import run
from engine.experiment.settings import ModelChoice, VirtualRig


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


def test_a_change_is_undone_and_redone(state, clock):
    state.document.edit_input(subsample=4)
    clock.now = 5
    state.document.set_rate(RatePolicy(mode="factor", factor=2.0))
    state.document.undo()
    assert state.document.settings.rate.mode == "auto"
    assert state.document.settings.input.subsample == 4
    state.document.undo()
    assert state.document.settings == Settings()
    state.document.redo()
    state.document.redo()
    assert state.document.settings.rate.factor == 2.0
    assert state.document.settings.input.subsample == 4


def test_a_drag_is_one_step_of_undo(state, clock):
    for step in range(2, 9):
        clock.now += 0.05
        state.document.edit_input(subsample=step)
    state.document.undo()
    assert state.document.settings.input.subsample == 1


def test_two_controls_are_two_steps_of_undo(state):
    state.document.edit_input(subsample=2)
    state.document.set_level("noise_px", 1.0)
    state.document.undo()
    assert state.document.settings.input.subsample == 2
    assert state.document.settings.input.level("noise_px") == 0.0


def test_models_are_added_and_removed_one_by_one_however_quickly(state):
    for name in "ab":
        state.document.add_model(ModelChoice(name=name))
    state.document.remove_model(0)
    state.document.undo()
    assert [s.choice.name for s in state.document.settings.slots] == ["a", "b"]
    state.document.undo()
    assert [s.choice.name for s in state.document.settings.slots] == ["a"]


def test_a_new_change_drops_what_was_undone(state, clock):
    heard = []
    state.document.events.history.connect(lambda history: heard.append(history))
    state.document.edit_input(subsample=2)
    state.document.undo()
    assert heard[-1] == (False, True)
    state.document.edit_input(subsample=3)
    assert heard[-1] == (True, False)
    state.document.redo()
    assert state.document.settings.input.subsample == 3


def test_an_edit_that_changes_nothing_is_no_step(state):
    heard = []
    state.document.events.settings.connect(lambda s: heard.append(s))
    state.document.edit_input(subsample=1)
    assert heard == []


def test_models_take_the_first_free_colour(state):
    for _ in range(3):
        state.document.add_model(ModelChoice(name="a"))
    state.document.remove_model(1)
    state.document.add_model(ModelChoice(name="b"))
    assert [s.colour for s in state.document.settings.slots] == [0, 2, 1]


def test_models_that_are_off_are_not_in_the_experiment(state):
    state.document.add_model(ModelChoice(name="a"))
    state.document.add_model(ModelChoice(name="b"))
    state.document.change_model(0, on=False)
    assert [m.name for m in state.document.experiment().models] == ["b"]


@pytest.mark.parametrize(("asked", "shown"), [(-5, 0), (7, 7), (1000, 119)])
def test_the_frame_stays_in_the_clip(state, asked, shown):
    state.moment.set_frame(50)
    state.moment.set_frame(asked)
    assert state.moment.frame == shown


def test_the_loop_stays_in_the_clip_and_in_order(state):
    state.moment.set_loop(1.5, -0.05)
    assert state.moment.loop == (0, 1.5)
    assert loop_frames(state.moment) == (0, 90)


def test_a_time_shows_the_frame_that_is_on_then(state):
    state.moment.seek(0.5)
    assert state.moment.frame == 30
    state.moment.seek(0.516)  # not yet the next one
    assert state.moment.frame == 30


def test_results_of_another_clip_come_too_late(state):
    old = state.document.clip
    results = run(state.document.experiment(), recording=old.motion)
    state.set_clip(LoadedClip("other.npz", Reader(), swaying(name="other")))
    state.set_shown(Shown(old, state.document.settings, results))
    assert state.results.shown is None


def test_the_same_clip_read_again_keeps_the_moment(state):
    state.moment.set_frame(40)
    play_frames(state.moment, 10, 60)
    state.set_clip(LoadedClip("swaying.npz", Reader(rate_hz=30), swaying(hz=30)))
    assert (state.moment.frame, loop_frames(state.moment)) == (40, (10, 60))
    state.set_clip(LoadedClip("another.npz", Reader(), swaying()))
    assert (state.moment.frame, loop_frames(state.moment)) == (0, (0, 119))


def test_a_pose_is_held_until_the_next_kept_frame(state):
    state.document.edit_input(subsample=4)
    results = run(state.document.experiment(), recording=state.document.clip.motion)
    times = [state.moment.time_of(f) for f in (0, 3, 4, 7, 119)]
    assert [frame_at(results.times, seconds) for seconds in times] == [0, 0, 1, 1, 29]
    assert [frame_at(results.times, state.moment.time_of(f)) for f in range(6)] == [0, 0, 0, 0, 1, 1]
    assert frame_at(results.times, -1.0) == 0


def test_a_camera_that_the_new_clip_lacks_is_not_kept(state):
    state.document.set_camera("file:north")
    state.set_clip(LoadedClip("other.npz", Reader(), swaying()))
    assert state.document.settings.viewpoint.camera == "front"


def test_rig_and_camera_are_changed_by_themselves(state):
    rig = VirtualRig(arrangement="half ring", views=3)
    state.document.set_rig(rig)
    state.document.set_camera("left")
    assert (state.document.settings.viewpoint.camera, state.document.settings.viewpoint.rig) == ("left", rig)
    state.document.undo()
    assert state.document.settings.viewpoint.camera == "front" and state.document.experiment().viewpoint.rig == rig
    state.document.set_rig("file")
    state.set_clip(LoadedClip("other.npz", Reader(), swaying()))
    assert state.document.settings.viewpoint.rig == VirtualRig()


def test_bookmarks_stand_in_the_order_of_their_frames(state):
    for frame, note in ((80, "b"), (10, ""), (40, "a")):
        state.document.set_bookmark(frame, note)
    assert state.document.bookmarks == (Bookmark(10), Bookmark(40, "a"), Bookmark(80, "b"))
    state.document.set_bookmark(40, "another note")
    assert [b.note for b in state.document.bookmarks] == ["", "another note", "b"]


@pytest.mark.parametrize(
    ("here", "step", "there"), [(0, 1, 10), (10, 1, 40), (50, 1, 10), (50, -1, 40), (40, -1, 10), (10, -1, 40)]
)
def test_the_next_bookmark_goes_round(state, here, step, there):
    for frame in (40, 10):
        state.document.set_bookmark(frame)
    state.moment.set_frame(here)
    assert state.document.bookmark_beside(state.moment.frame, step).frame == there


def test_without_bookmarks_there_is_no_next_one(state):
    assert state.document.bookmark_beside(state.moment.frame, 1) is None


def test_bookmarks_and_settings_are_undone_in_the_order_they_were_made(state, clock):
    heard, asked = [], []
    state.document.events.bookmarks.connect(lambda marks: heard.append(marks))
    state.document.events.settings.connect(lambda settings: asked.append(settings))
    state.document.set_bookmark(10, "a")
    state.document.edit_input(subsample=4)
    state.document.remove_bookmark(10)
    assert (len(asked), state.document.bookmarks) == (1, ())
    state.document.undo()
    assert (state.document.bookmarks, state.document.settings.input.subsample) == ((Bookmark(10, "a"),), 4)
    state.document.undo()
    assert (state.document.bookmarks, state.document.settings.input.subsample) == ((Bookmark(10, "a"),), 1)
    state.document.undo()
    assert state.document.bookmarks == ()
    state.document.redo()
    assert state.document.bookmarks == heard[-1] == (Bookmark(10, "a"),)
    assert len(asked) == 2  # bookmarks never run the experiment


def test_a_mark_and_its_note_are_one_step_of_undo(state, clock):
    state.document.set_bookmark(10)
    clock.now += 0.5
    state.document.set_bookmark(10, "note")
    state.document.undo()
    assert state.document.bookmarks == ()


def test_restored_bookmarks_lie_in_the_clip_and_are_not_undone(state):
    state.document.restore_bookmarks([Bookmark(500), Bookmark(7, "x"), Bookmark(-1), Bookmark(3)])
    assert state.document.bookmarks == (Bookmark(3), Bookmark(7, "x"))
    state.document.undo()
    assert state.document.bookmarks == (Bookmark(3), Bookmark(7, "x"))


def test_bookmarks_belong_to_their_clip(state):
    state.document.set_bookmark(10)
    state.set_clip(LoadedClip("swaying.npz", Reader(rate_hz=30), swaying(hz=30)))
    assert state.document.bookmarks == (Bookmark(10),)
    state.set_clip(LoadedClip("other.npz", Reader(), swaying(name="other")))
    assert state.document.bookmarks == ()
