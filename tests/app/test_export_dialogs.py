"""Export of motion and of video from the window: choices, files, progress, cancelling."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from types import SimpleNamespace

import av
import numpy as np
import pytest
from body_fakes import random_pose, tube_body
from motion_fakes import read_trc
from PySide6.QtCore import Qt
from window_fakes import FIRST, SECOND, Fake, settle

import engine.export.motion.chosen as chosen
from app.commands.file import pace_of, shot_of
from app.dialogs.export_motion import ExportMotion
from app.dialogs.export_video import SIZES, ExportVideo
from app.render.film_process import FilmJob
from app.render.view_film import FilmPlan, Shot, ViewFilm
from app.state.clip import LoadedClip, Reader
from app.state.results import Shown, Worn
from app.state.settings import Settings, Slot
from app.state.state import State
from app.view3d.camera_rig import Orbit
from app.view3d.egl import gl_renderer
from app.widgets.people import model_items, truth_items
from app.widgets.range_choice import ALL, FRAME, LOOP, RangeChoice
from app.workers.export_motion import frames_in
from app.workers.ticket import Ticket
from engine.body import library
from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.settings import Experiment, ModelChoice
from engine.kinds import as_joints
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.progress import Cancelled

try:
    gl_renderer()
except Exception as error:
    NO_GL = f"no EGL to draw with: {error}"
else:
    NO_GL = ""
OPEN = threading.Event()
OPEN.set()
draws = pytest.mark.skipif(bool(NO_GL), reason=NO_GL)


@pytest.fixture
def motion(window, qtbot):
    window.actions_["export_motion"].trigger()
    tool = window.desk.tools["export_motion"]
    tool.choose(None, "trc")
    tool.frames.choose(ALL)
    tool.body.setChecked(False)
    yield tool
    tool.close()


@pytest.fixture
def video(window, qtbot):
    window.actions_["export_video"].trigger()
    tool = window.desk.tools["export_video"]
    tool.range.choose(ALL)
    yield tool
    tool.close()


def wait(tool, qtbot, text="Wrote"):
    qtbot.waitUntil(lambda: tool.bar.note.text().startswith(text), timeout=90_000)
    qtbot.waitUntil(lambda: not tool.bar.running, timeout=10_000)


# -- the menu -------------------------------------------------------------------------------------------------


def test_the_file_menu_has_them_in_a_menu_of_their_own(window):
    (file,) = [action.menu() for action in window.menuBar().actions() if action.text() == "File"]
    (export,) = [action.menu() for action in file.actions() if action.text() == "Export"]
    assert [action.text() for action in export.actions()] == ["Motion …", "Video …", "Curves …"]
    assert window.actions_["export_motion"].isEnabled()


@pytest.mark.parametrize(("action", "kind"), [("export_motion", ExportMotion), ("export_video", ExportVideo)])
def test_it_opens_once_and_escape_closes_it(window, qtbot, action, kind):
    for _ in range(2):
        window.actions_[action].trigger()
        (tool,) = window.findChildren(kind)
        assert tool.isVisible()
        qtbot.keyClick(tool, Qt.Key.Key_Escape)
        assert not tool.isVisible()


# -- which frames ---------------------------------------------------------------------------------------------


def test_the_loop_the_frame_and_everything(window, qtbot):
    state = window.state
    found = RangeChoice(state)
    qtbot.addWidget(found)
    changes = []
    found.changed.connect(lambda: changes.append(found.about.text()))
    assert found.span() == (0.0, state.moment.times[-1]) and found.about.text() == "frames 0 to 119"
    state.moment.set_loop(0.5, 1.0)
    found.choose(LOOP)
    assert found.span() == pytest.approx((0.5, 1.0)) and found.about.text() == "frames 30 to 60"
    state.moment.set_loop(0.5, 0.75)
    assert changes[-1] == "frames 30 to 45"
    found.choose(FRAME)
    state.moment.set_frame(7)
    assert found.span() == (state.moment.times[7],) * 2 and found.about.text() == "frame 7"
    assert set(RangeChoice(state, frame=False).segments.buttons) == {LOOP, ALL}


def test_frames_of_another_rate_are_found_by_their_time():
    times = np.arange(10) / 10
    assert frames_in(times, (0.2, 0.5)).tolist() == [2, 3, 4, 5]
    assert frames_in(times, (0.25, 0.25)).tolist() == [2]
    with pytest.raises(InputError, match="None of the kept frames"):
        frames_in(times, (0.21, 0.29))


# -- motion ---------------------------------------------------------------------------------------------------


def test_the_truth_and_a_model_are_written_as_they_are_shown(motion, window, qtbot, tmp_path):
    shown = window.state.results.shown
    assert [motion.who.itemText(k) for k in range(motion.who.count())] == ["Ground truth", FIRST]
    motion.export(tmp_path / "t.trc")
    wait(motion, qtbot)
    assert np.abs(read_trc(tmp_path / "t.trc")[3] - shown.results.truth.positions).max() < 1e-6
    motion.choose(0, "trc")
    window.state.moment.set_loop(0.5, 1.0)
    motion.frames.choose(LOOP)
    motion.export(tmp_path / "m.trc")
    wait(motion, qtbot, "Wrote m.trc")
    *_, times, positions = read_trc(tmp_path / "m.trc")
    assert np.abs(positions - shown.results.models[0].placed.positions[30:61]).max() < 1e-6
    np.testing.assert_allclose(times, shown.results.times[30:61], atol=1e-6)


def test_a_body_is_fitted_where_the_format_needs_one(motion, window, qtbot, tmp_path, monkeypatch):
    library.add(tube_body())
    threads = []

    def wear(clip, *, progress=None, cancel=None):
        threads.append(threading.get_ident())
        return SimpleNamespace(pose=random_pose(len(clip)).at(clip.times))

    monkeypatch.setattr(chosen, "worn_body", wear)
    window.state.results.worn = None
    motion.choose(0, "glb")
    assert "a body is fitted" in motion.about.text() and not motion.body.isVisible()
    motion.export(tmp_path / "a.glb")
    wait(motion, qtbot)
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF" and "a body was fitted" in motion.about.text()
    motion.choose(None, "obj")
    motion.frames.choose(FRAME)
    window.state.moment.set_frame(3)
    motion.export(tmp_path / "a.obj")
    wait(motion, qtbot, "Wrote a.obj")
    assert "first_frame_s: 0.05" in (tmp_path / "a.obj").read_text()
    assert threads and threading.get_ident() not in threads
    motion.choose(None, "csv")
    assert motion.body.isVisible()
    motion.body.setChecked(True)
    motion.export(tmp_path / "a.csv")
    wait(motion, qtbot, "Wrote a.csv")
    assert "right hand.z" in (tmp_path / "a.csv").read_text()


def test_several_meshes_are_announced_and_counted(motion, window, qtbot, tmp_path, monkeypatch):
    library.add(tube_body())
    monkeypatch.setattr(
        chosen, "worn_body", lambda clip, **_: SimpleNamespace(pose=random_pose(len(clip)).at(clip.times))
    )
    window.state.results.worn = None
    window.state.moment.set_loop(0.0, 0.05)
    motion.choose(None, "ply")
    motion.frames.choose(LOOP)
    assert "One file for each frame" in motion.about.text()
    motion.export(tmp_path / "a.ply")
    wait(motion, qtbot, "Wrote a.ply and 3 more")
    assert len(list(tmp_path.iterdir())) == 4


def test_it_can_be_cancelled(motion, window, qtbot, tmp_path, monkeypatch):
    library.add(tube_body())
    gate = threading.Event()

    def wear(clip, *, progress=None, cancel=None):
        gate.wait(10)
        return SimpleNamespace(pose=random_pose(len(clip)).at(clip.times))

    monkeypatch.setattr(chosen, "worn_body", wear)
    window.state.results.worn = None
    motion.choose(None, "glb")
    motion.export(tmp_path / "a.glb")
    qtbot.waitUntil(lambda: motion.bar.running, timeout=10_000)
    motion.bar.button.click()
    gate.set()
    wait(motion, qtbot, "Cancelled")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said(motion, window, qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    motion.export(tmp_path / "file" / "a.trc")
    wait(motion, qtbot, "a.trc: file cannot be written")
    assert "a.trc" in window.state.results.message.text


def test_the_model_that_was_taken_stays_when_results_change(motion, window, qtbot):
    state = window.state
    motion.choose(0, "trc")
    state.document.add_model(ModelChoice(name=SECOND))
    qtbot.waitUntil(lambda: len(state.results.shown.results.models) == 2, timeout=30_000)
    settle()
    assert motion.who.count() == 3 and motion.who.currentText() == FIRST and motion.model == 0
    assert state.document.settings.slots[1] == Slot(ModelChoice(name=SECOND), 1)


# -- video ----------------------------------------------------------------------------------------------------


def test_length_and_effort_are_predicted(video, window):
    assert "A video of 2.0 s, 60 pictures; writing it takes about" in video.about.text()
    video.speed.setCurrentIndex(video.speed.findData(0.5))
    assert "A video of 4.0 s, 120 pictures" in video.about.text()
    before = video.predicted_s(video.plan(None))
    video.size_.setCurrentIndex(SIZES.index((3840, 2160)))
    assert video.predicted_s(video.plan(None)) > before
    window.state.moment.set_loop(0.5, 1.0)
    video.range.choose(LOOP)
    assert "A video of 1.0 s, 31 pictures" in video.about.text()  # the last frame is seen as well
    video.size_.setCurrentIndex(0)
    video.speed.setCurrentIndex(video.speed.findData(1.0))


def test_a_plan_is_about_what_the_view_shows(video, window, qtbot, tmp_path):
    window.state.view.layout = "grid"
    settle()
    shot = video.plan(tmp_path / "v.mp4").shot
    assert shot.views == window.desk.viewport.views and shot.orbits == window.desk.viewport.orbits
    assert shot.theme == "dark" and shot.following and shot.results is window.state.results.shown.results
    video.chart.setChecked(False)
    assert video.plan(tmp_path / "v.mp4").shot.results is None
    video.chart.setChecked(True)
    again = pickle.loads(pickle.dumps(shot))  # another process can be given it
    assert again.orbits == shot.orbits
    np.testing.assert_array_equal(again.views[0][0].pickable(0.5), shot.views[0][0].pickable(0.5))


def test_moments_of_a_slowed_part():
    plan = FilmPlan(Shot((), ()), None, (1.0, 2.0), fps=10.0, speed=0.5)
    assert (plan.pictures, plan.seconds) == (20, 2.0)
    assert [plan.moment(k) for k in (0, 1, 19)] == pytest.approx([1.0, 1.05, 1.95])


@draws
@pytest.mark.slow
def test_a_video_of_the_view_is_written_in_another_process(video, window, qtbot, tmp_path):
    window.state.moment.set_loop(0.5, 1.0)
    video.range.choose(LOOP)
    video.fps.setCurrentIndex(0)
    video.export(tmp_path / "v.mp4")
    plan = video._job.plan
    wait(video, qtbot, "Wrote v.mp4")
    with av.open(str(tmp_path / "v.mp4")) as file:
        (stream,) = file.streams
        assert (stream.width, stream.height, stream.frames) == (1280, 720, 12)
        first = next(file.decode(stream)).to_ndarray(format="rgb24").astype(int)
    here = ViewFilm(plan.shot, plan.size).picture(0.5)
    assert np.abs(first - here).mean() < 3  # the codec is lossy
    assert video._measured is not None and pace_of(window.desk) >= 0


@draws
def test_a_film_shows_what_the_window_shows(window, qtbot):
    """In a picture of the window's size: the same camera, so the same joints at the same pixels."""
    viewport = window.desk.viewport
    shot = shot_of(window.desk)
    size = (viewport.width(), viewport.height())
    film = ViewFilm(Shot(shot.views, shot.orbits, shot.following, shot.theme), size)
    viewport.set_time(0.7)
    anchor = film._path.at(0.7)
    drawn = shot.orbits[0].moved(anchor).camera(size)
    np.testing.assert_allclose(drawn.centre, viewport.camera().centre, atol=1e-9)
    np.testing.assert_allclose(drawn.focal, viewport.camera().focal)


@draws
@pytest.mark.slow
def test_a_video_can_be_cancelled_and_leaves_nothing(video, window, qtbot, tmp_path):
    video.size_.setCurrentIndex(SIZES.index((3840, 2160)))
    video.export(tmp_path / "v.mp4")
    qtbot.waitUntil(lambda: video.bar.note.text().startswith("picture"), timeout=60_000)
    video.bar.button.click()
    wait(video, qtbot, "Cancelled")
    video.size_.setCurrentIndex(0)
    assert list(tmp_path.iterdir()) == []


@draws
@pytest.mark.slow
def test_a_film_that_cannot_be_written_says_so(window, tmp_path):
    (tmp_path / "file").write_text("")
    shot = Shot(window.desk.viewport.views, window.desk.viewport.orbits)
    ticket = Ticket(lambda share, text: None, lambda part: None)
    with pytest.raises(InputError, match=r"v\.mp4: video cannot be written"):
        FilmJob(FilmPlan(shot, tmp_path / "file" / "v.mp4", (0.0, 0.1), (320, 200)))(ticket)
    ticket.cancel()
    with pytest.raises(Cancelled):
        FilmJob(FilmPlan(shot, tmp_path / "v.mp4", (0.0, 0.1), (320, 200)))(ticket)


def test_without_egl_it_says_what_is_missing(window, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no display")

    monkeypatch.setattr("app.view3d.offscreen.Renderer", fail)
    with pytest.raises(InputError, match="install EGL"):
        ViewFilm(shot_of(window.desk), (320, 200))


# -- bodies ---------------------------------------------------------------------------------------------------


def dressed_state(frames: int = 30) -> State:
    """A state whose model predicts the truth's body (vertex errors) and, as joints, H36M-17."""
    library.add(tube_body())
    pose = random_pose(frames)
    joints = as_joints(pose, H36M_17)
    clip = LoadedClip("tubes.npz", Reader(), MotionClip("tubes", pose.times, joints.positions, H36M_17))
    state = State()
    state.set_clip(clip, settings=Settings(slots=(Slot(ModelChoice(name=FIRST), 0),)))
    choice = ModelChoice(name=FIRST)
    results = run(Experiment(models=(choice,)), recording=clip.motion, models=lambda _: Fake(FIRST, OPEN))
    (model,) = results.models
    moved = replace(pose, root=pose.root + 0.05)
    state.set_shown(Shown(clip, state.document.settings, replace(results, models=(replace(model, body=moved),))))
    return state


@pytest.mark.parametrize("same_body", [True, False])
def test_bodies_in_the_colours_of_their_error_can_be_given_to_another_process(same_body):
    state = dressed_state()
    state.view.figure, state.view.error_colours = "body", True
    if same_body:  # else the errors of joints, blended over the skin
        state.set_worn(Worn(state.document.clip, random_pose(30)))
    (body,) = model_items(state)
    again = pickle.loads(pickle.dumps(body))
    for seconds in (0.0, 0.3):
        colours = body.colours_at(seconds)
        assert colours is not None and colours.shape == (len(tube_body()), 3)
        np.testing.assert_array_equal(again.colours_at(seconds), colours)
        np.testing.assert_array_equal(again.at(seconds).transforms, body.at(seconds).transforms)


@draws
@pytest.mark.slow
def test_a_video_of_bodies_is_the_one_that_is_drawn_here(tmp_path):
    state = dressed_state()
    state.view.figure, state.view.error_colours = "body", True
    state.set_worn(Worn(state.document.clip, random_pose(30)))
    items = [*truth_items(state), *model_items(state)]
    shot = Shot((tuple(items),), (Orbit(),))
    plan = FilmPlan(shot, tmp_path / "v.mp4", (0.0, 0.3), (480, 320), fps=10.0)
    video = FilmJob(plan)(Ticket(lambda share, text: None, lambda part: None))
    with av.open(str(video.path)) as file:
        drawn = [frame.to_ndarray(format="rgb24").astype(int) for frame in file.decode(video=0)]
    here = ViewFilm(shot, plan.size)
    assert len(drawn) == video.pictures == 3
    for k, picture in enumerate(drawn):
        assert np.abs(picture - here.picture(plan.moment(k))).mean() < 3
