"""The moment in seconds: frames that are counted land exactly, whatever the rate."""

from __future__ import annotations

import numpy as np
import pytest

from app.state.moment import Moment, frame_at

HZ = 120.0


@pytest.fixture
def moment():
    moment = Moment()
    moment.count_by(3.0 + np.arange(600) / HZ, keep=False)
    return moment


def test_every_step_lands_on_its_frame(moment):
    for frame in (*range(600), *range(599, -1, -1)):
        moment.set_frame(frame)
        assert (moment.frame, moment.seconds) == (frame, moment.times[frame])


def test_a_drag_lands_on_the_frames_that_are_on(moment):
    for seconds in np.linspace(2.9, 8.1, 1777):
        moment.seek(float(seconds))
        assert moment.seconds == moment.times[moment.frame]
        assert moment.seconds <= max(seconds, 3.0) + 1e-9 and moment.frame == frame_at(moment.times, float(seconds))


def test_a_time_between_frames_can_be_shown(moment):
    moment.show(3.0 + 10.5 / HZ)
    assert moment.seconds == 3.0 + 10.5 / HZ
    assert moment.frame == 10
    moment.show(99.0)
    assert moment.seconds == moment.times[-1]


def test_models_at_another_rate_answer_the_same_moment(moment):
    slow = moment.times[::16]  # 7.5 Hz
    moment.set_frame(47)
    assert (frame_at(moment.times, moment.seconds), frame_at(slow, moment.seconds)) == (47, 2)
    moment.set_frame(48)
    assert frame_at(slow, moment.seconds) == 3


def test_the_loop_is_made_of_frames(moment):
    moment.set_loop(4.0 + 0.4 / HZ, 3.5 - 0.4 / HZ)
    assert moment.loop == (3.5, 4.0)
    assert moment.loop_span == pytest.approx((3.5, 4.0 + 1 / HZ))
    moment.loop_all()
    assert moment.loop_span == pytest.approx((3.0, 8.0))


def test_other_times_of_as_many_frames_keep_the_frames(moment):
    moment.set_frame(40)
    moment.set_loop(moment.time_of(10), moment.time_of(60))
    moment.count_by(np.arange(600) / 30, keep=True)
    assert (moment.frame, moment.loop) == (40, (10 / 30, 2.0))


def test_events_say_the_new_and_the_old_value_and_nothing_twice(moment):
    heard = []
    moment.events.seconds.connect(lambda new, old: heard.append((new, old)))
    moment.seek(3.5)
    moment.seek(3.5 + 0.4 / HZ)  # the same frame
    assert heard == [(3.5, 3.0)]


def test_without_frames_there_is_nothing_to_show_or_play():
    moment = Moment()
    moment.set_frame(7)
    moment.seek(1.0)
    moment.set_playing(True)
    assert (moment.seconds, moment.frame, moment.frames, moment.playing) == (0.0, 0, 0, False)
