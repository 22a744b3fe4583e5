"""Videos in the window: opened through the detector, with the picture of the moment beside the 3D view."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from camera_fakes import number_of
from film_fakes import Knows, film, one, standing, use
from live_detector_fakes import person
from window_fakes import FIRST, Models, answered, clip_file, end, window_on

from app.commands.file import open_path, save_session
from app.state.sessions import view_to_save
from engine.cameras.video_at import VideoAt
from engine.experiment.session import load_session

pytestmark = pytest.mark.slow

FRAMES = 60


@pytest.fixture
def detector(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return use(monkeypatch, Knows(one))


@pytest.fixture
def window(qtbot, detector, tmp_path):
    made = window_on(None, str(tmp_path / "settings.ini"), Models(), (FIRST,))
    made.resize(1280, 720)
    made.show()
    yield made
    end(made)


@pytest.fixture
def filmed(window, qtbot, tmp_path):
    """The window with a video open, and its first picture on show."""
    open_path(window.desk, str(film(tmp_path / "walk.mp4", FRAMES)))
    qtbot.waitUntil(lambda: window.state.document.clip is not None and answered(window.state), timeout=30_000)
    seen(window, qtbot)
    return window


def seen(window, qtbot) -> np.ndarray:
    """The picture of the moment, once it is there."""
    footage = window.stage.footage
    moment = window.state.moment.seconds
    qtbot.waitUntil(lambda: footage.pictured is not None and footage.pictured.moment == moment, timeout=30_000)
    return footage.pictured.picture


def test_the_picture_is_the_moment_s_whatever_was_shown_before(filmed, qtbot, detector):
    state, footage = filmed.state, filmed.stage.footage
    assert len(detector.seen) == FRAMES and state.document.clip.motion.provenance.assumed == ("detector heavy",)
    assert footage.isVisible() and filmed.actions_["footage"].isEnabled()
    for frame in (0, 1, 59, 30, 29, 45):
        state.moment.set_frame(frame)
        assert number_of(seen(filmed, qtbot)) == frame
        found, predicted = footage._overlays
        np.testing.assert_allclose(found.xy, standing(frame) * footage.pictured.scale)
        assert found.seen.all() and found.colour is None and predicted.colour and len(predicted.xy) == 17
        assert np.isfinite(predicted.xy).all()
    state.moment.show(state.moment.time_of(45) + 0.03)  # between two pictures
    assert number_of(seen(filmed, qtbot)) == 45


def test_it_shares_the_width_by_its_shape_and_can_be_left_out(filmed, qtbot):
    state, footage, view = filmed.state, filmed.stage.footage, filmed.stage.viewport
    assert view.width() >= footage.width() > 150
    footage.grab()
    action = filmed.actions_["footage"]
    action.trigger()
    assert not footage.isVisible() and not state.view.footage
    assert view_to_save(state, orbit=view.orbit, orbits=())["footage"] is False
    state.moment.set_frame(20)
    action.trigger()
    assert footage.isVisible() and number_of(seen(filmed, qtbot)) == 20


def test_clips_that_are_no_videos_have_none(filmed, qtbot, tmp_path):
    open_path(filmed.desk, clip_file(tmp_path))
    qtbot.waitUntil(lambda: filmed.state.document.clip.name == "swaying", timeout=30_000)
    assert not filmed.stage.footage.isVisible() and not filmed.actions_["footage"].isEnabled()
    assert filmed.clip_card.detector.isHidden()


def test_scrubbing_waits_for_no_picture(filmed, qtbot, monkeypatch):
    """Pictures that take long are read elsewhere; the newest one is shown, those between are left out."""
    read, asked = VideoAt.picture, []

    def slow(self, seconds, room=None):
        asked.append(seconds)
        time.sleep(0.15)
        return read(self, seconds, room)

    monkeypatch.setattr(VideoAt, "picture", slow)
    longest = 0.0
    for frame in range(1, FRAMES):
        begun = time.perf_counter()
        filmed.state.moment.set_frame(frame)
        filmed.stage.footage.repaint()
        longest = max(longest, time.perf_counter() - begun)
        qtbot.wait(5)
    assert number_of(seen(filmed, qtbot)) == FRAMES - 1
    assert len(asked) < FRAMES / 2 and longest < 0.1


def test_people_are_chosen_and_sessions_keep_the_detector(window, qtbot, detector, tmp_path):
    detector.answer = lambda number: [person(standing(number, aside=-30)), person(standing(number, 35, 0.5))]
    open_path(window.desk, str(film(tmp_path / "two.mp4", 30)))
    state = window.state
    qtbot.waitUntil(lambda: state.document.clip is not None, timeout=30_000)
    assert state.document.clip.siblings == ("two person 1", "two person 2")
    window.clip_card.siblings.setCurrentIndex(1)
    window.clip_card.siblings.activated.emit(1)
    qtbot.waitUntil(lambda: state.document.clip.name == "two person 2", timeout=30_000)
    assert len(detector.seen) == 30
    choice = window.clip_card.detector
    names = [choice.itemText(k) for k in range(choice.count())]
    assert not choice.isHidden() and names == ["as found", "full", "heavy"]
    choice.setCurrentText("full")
    choice.activated.emit(1)
    qtbot.waitUntil(lambda: state.document.clip.reader.detector == "full", timeout=30_000)
    assert len(detector.seen) == 60 and state.document.clip.name == "two person 2"
    save_session(window.desk, tmp_path / "s.json")
    source = load_session(tmp_path / "s.json").experiment.file
    assert source.overrides.detector == "full" and source.select == "two person 2"


def test_looking_through_a_video_says_how_far_it_is_and_is_stopped(window, qtbot, detector, tmp_path):
    gate, said = threading.Event(), []

    def answer(number):
        if number == 20:
            gate.wait(10)
        return one(number)

    detector.answer = answer
    window.bridge.activity.connect(lambda share, text: said.append((share, text)))
    open_path(window.desk, str(film(tmp_path / "long.mp4", FRAMES)))
    qtbot.waitUntil(lambda: len(detector.seen) == 21 and any(0.2 < share < 0.5 for share, _ in said), timeout=30_000)
    assert all(text == "opening long.mp4" for share, text in said if text)
    window.bridge.cancel()
    gate.set()
    qtbot.waitUntil(lambda: said[-1] == (1.0, ""), timeout=30_000)
    assert window.state.document.clip is None and len(detector.seen) == 21


def test_a_video_that_went_is_said_in_its_place(filmed, qtbot, tmp_path):
    filmed.stage.footage._video.close()
    (tmp_path / "walk.mp4").unlink()
    filmed.state.moment.set_frame(40)
    qtbot.waitUntil(lambda: "walk.mp4: video cannot be opened" in filmed.stage.footage._empty, timeout=30_000)
    assert filmed.stage.footage.pictured is None
