"""Playing on real time."""

import numpy as np
import pytest
from window_fakes import play_frames, swaying

from app.state.clip import LoadedClip, Reader
from app.state.moment import due, span
from app.state.playback import Playback
from app.state.state import State
from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def state():
    state = State()
    state.set_clip(LoadedClip("swaying.npz", Reader(), swaying(frames=60, hz=60)))
    return state


@pytest.fixture
def playback(qapp, state, clock):
    return Playback(state, now=clock)


def test_the_frame_follows_the_clock(playback, state, clock):
    state.moment.set_playing(True)
    clock.now += 0.2501
    playback.tick()
    assert state.moment.frame == 15


@pytest.mark.parametrize("speed", [0.1, 0.5, 2.0, 4.0])
def test_speed_is_a_factor_of_real_time(playback, state, clock, speed):
    state.moment.set_speed(speed)
    state.moment.set_playing(True)
    clock.now += 0.2
    playback.tick()
    assert state.moment.frame == int(0.2 * speed * 60 + 1e-6)


def test_time_is_not_lost_when_ticks_are_late(playback, state, clock):
    state.moment.set_playing(True)
    for wait in (0.003, 0.19, 0.007, 0.3):
        clock.now += wait
        playback.tick()
    assert state.moment.frame == 30


def test_the_loop_is_played_again_and_again(playback, state, clock):
    play_frames(state.moment, 10, 19)
    state.moment.set_frame(10)
    state.moment.set_playing(True)
    seen = set()
    for _ in range(200):
        clock.now += 1 / 60
        playback.tick()
        seen.add(state.moment.frame)
    assert seen == set(range(10, 20))


def test_without_repeat_it_stops_at_the_end(playback, state, clock):
    state.moment.repeat = False
    state.moment.set_playing(True)
    clock.now += 5
    playback.tick()
    assert state.moment.frame == 59
    assert not state.moment.playing
    state.moment.set_playing(True)  # from the end: the start again
    assert state.moment.frame == 0


def test_a_jump_goes_on_from_there(playback, state, clock):
    state.moment.set_playing(True)
    clock.now += 0.5
    state.moment.set_frame(5)
    clock.now += 0.1001
    playback.tick()
    assert state.moment.frame == 11


def test_irregular_frames_stay_as_long_as_they_say(qapp, clock):
    times = np.array([0.0, 0.1, 0.5, 0.6])
    state = State()
    still = MotionClip("gap", times, np.zeros((4, 17, 3)), H36M_17)
    state.set_clip(LoadedClip("gap.npz", Reader(), still))
    playback = Playback(state, now=clock)
    state.moment.set_playing(True)
    shown = []
    for _ in range(6):
        playback.tick()
        shown.append(state.moment.frame)
        clock.now += 0.101
    assert shown == [0, 1, 1, 1, 1, 2]


def test_the_last_frame_stays_for_a_frame_period():
    assert span(np.arange(4) / 10, 1, 3) == pytest.approx((0.1, 0.4))
    assert span(np.arange(4) / 10, 1, 2) == pytest.approx((0.1, 0.3))


def test_moments_wrap_at_the_loop():
    assert due(0.0, 0.7, 0.2, 0.5, repeat=True) == (pytest.approx(0.4), True)
    assert due(0.0, 0.7, 0.2, 0.5, repeat=False) == (0.5, False)
