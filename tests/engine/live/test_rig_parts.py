"""The parts of a feed of several cameras: clocks, views between pictures, moments, and who is who."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_rig_fakes import bystander, found_at, keypoints, rig_around, walker

from engine.cameras.pinhole import look_at
from engine.cameras.rig import CameraRig
from engine.live.frame import PictureFrame
from engine.live.rig.clock import CameraClock, phase_s, skews_ms
from engine.live.rig.observer import ViewObserver
from engine.live.rig.people import RigPeople
from engine.live.rig.ticks import Ticks
from engine.live.rig.view import BLIND_S, Seen, View
from engine.live.smooth_keypoints import SmoothKeypoints
from engine.motion.skeleton import H36M_17
from engine.stress.live import LiveLevels, LiveStresses

SIZE = (1080, 1080)


def clock(
    hz: float, phase_s: float, seconds: float = 4.0, own: float = 0.0, late_s: float = 0.0, lost: float = 0.0
) -> CameraClock:
    made, random = CameraClock(), np.random.default_rng(1)
    for number, at in enumerate(phase_s + np.arange(0, seconds, 1 / hz)):
        if random.random() >= lost:
            made.push(own + at, 100 + at + late_s * random.random(), number)
    return made


@pytest.mark.parametrize("skew_ms", [0.0, 4.0, 12.5, -9.0, 16.0])
def test_a_cameras_phase_is_found_whatever_its_clock_says(skew_ms) -> None:
    """Two unlike clocks, and a way of up to 40 ms that pictures take: of the fastest ones next to nothing is left."""
    skews = skews_ms([clock(30, 1.0, own=7.0, late_s=0.04), clock(30, 1.0 + skew_ms / 1e3, own=-300.0, late_s=0.04)])
    assert skews[0] == pytest.approx(0, abs=1e-6) and skews[1] == pytest.approx(skew_ms, abs=1.0)


def test_phases_of_unlike_rates() -> None:
    """Half the rate has a phase; 25 and 30 Hz have none; the slow one is never the reference, nor a silent one."""
    assert skews_ms([clock(15, 0.005), clock(30, 0.0), CameraClock()]) == pytest.approx([5, 0, np.nan], nan_ok=True)
    assert np.isnan(skews_ms([clock(30, 0.0), clock(25, 0.0)])[1])
    assert np.isnan(skews_ms([CameraClock(), CameraClock()])).all()
    assert skews_ms([clock(30, 0.01, lost=0.8), clock(30, 0.0, lost=0.8)]) == pytest.approx([0, -10])
    assert phase_s(np.array([0.031, 1.032]), np.array([0.0, 1.0]), 1 / 30) == pytest.approx(-0.0018333, abs=1e-6)


def test_a_clock_that_is_set_is_believed_and_one_that_runs_fast_is_followed() -> None:
    made = clock(30, 0.0)
    assert made.shift == pytest.approx(100) and made.period == pytest.approx(1 / 30)
    made.push(-50.0, 110.0, 120)
    assert made.shift == 160 and list(made.times) == [110]
    for k in range(3000):
        made.push(-50 + (k + 1) / 30 * 1.0005, 110 + (k + 1) / 30, 121 + k)
    assert made.times[-1] == pytest.approx(210, abs=0.01)


def view_of(camera, times, people=(walker,), *, came=None, shift=0.0) -> View:
    """Pictures at times of the camera's own clock, `shift` behind the common one."""
    view = View(camera)
    for k, at in enumerate(times):
        view.clock.push(at, at + shift, k)
        seen = dict(enumerate(keypoints(camera, one, at) for one in found_at(camera, people, at + shift)))
        view.push(Seen(at, at + shift, at + shift if came is None else came[k], seen))
    return view


def test_a_view_lies_on_the_line_between_its_two_pictures() -> None:
    camera = rig_around()[0]
    view = view_of(camera, [10.0, 10.1], shift=3.0)
    before, after = (found_at(camera, [walker], 13.0 + s)[0].xy for s in (0.0, 0.1))
    (found,) = view.at(13.025)
    assert np.allclose(found.xy[0], 0.75 * before + 0.25 * after) and found.times == pytest.approx([10.025])
    assert np.allclose(view.at(13.0)[0].xy[0], before) and np.allclose(view.at(13.102)[0].xy[0], after)
    assert view.at(12.99) == view.at(13.11) == []
    assert np.allclose(view.at(13.025)[0].confidence, 0.9)


def test_joints_and_people_who_are_in_one_of_two_pictures_are_not_between_them() -> None:
    camera = rig_around()[0]
    view = View(camera)
    for number, (at, who) in enumerate(((0.0, {4: walker, 5: bystander}), (0.1, {4: walker}))):
        view.clock.push(at, at, number)
        people = {k: keypoints(camera, found_at(camera, [path], at)[0], at) for k, path in who.items()}
        if at:
            people[4].confidence[0, 3] = 0
        view.push(Seen(at, at, at, people))
    (found,) = view.at(0.04)
    assert found.confidence[0, 3] == 0 and (np.delete(found.confidence[0], 3) > 0).all()
    assert len(view.at(0.0)) == 2


def test_a_view_is_blind_over_a_pause_and_after_one() -> None:
    camera = rig_around()[0]
    view = view_of(camera, [0.0, 0.1, 0.2, 1.0, 1.1])
    assert view.at(0.15) and view.at(1.05) and view.at(0.6) == []
    assert view.silence == pytest.approx(BLIND_S) and view.period == pytest.approx(0.1)
    assert view.living(1.3) and not view.living(1.4) and view.age(1.4) == pytest.approx(0.3)
    slow = view_of(camera, [0.0, 0.3, 0.6])
    assert slow.living(1.3) and not slow.living(1.4) and slow.at(0.45)


def test_a_camera_whose_clock_is_set_forgets_what_was_before() -> None:
    camera = rig_around()[0]
    for leap in (-7.0, 7.0):
        view = view_of(camera, [10.0, 10.1, 10.2])
        ticks = Ticks([view])
        assert len(list(ticks.due(10.21))) == 3
        view.clock.push(10.3 + leap, 10.3, 3)
        assert view.newest == pytest.approx(10.2) and list(ticks.due(10.31)) == []  # nobody looked at that one yet
        view.push(Seen(10.3 + leap, 10.3, 10.32, {}))
        assert view.newest == pytest.approx(10.3) and len(view.seen) == 1
        assert [moment.time for moment in ticks.due(10.33)] == pytest.approx([10.3])


def test_pictures_of_another_size_are_seen_by_the_camera_scaled() -> None:
    view = View(look_at("a", np.array([3.0, 0, 1]), np.zeros(3), image_size=(1088, 1920)))
    assert view.of_size((1080, 1920)).focal[0] == pytest.approx(view.calibrated.focal[0] * 1080 / 1088)
    assert "its pictures are 1080 x 1920" in view.said and view.of_size((1088, 1920)).focal == view.calibrated.focal
    guessed = View(view.calibrated, sized=False)  # the calibration did not say how large its pictures are
    assert guessed.of_size((1080, 1920)).focal == view.calibrated.focal


def test_moments_are_the_fastest_cameras_and_wait_for_the_slowest() -> None:
    rig = rig_around(2)
    fast, slow = view_of(rig[0], np.arange(0, 1.01, 0.05)), view_of(rig[1], np.arange(0, 0.96, 0.1))
    ticks = Ticks([fast, slow])
    early = [moment.time for moment in ticks.due(1.01)]
    assert early == pytest.approx(np.arange(0, 0.91, 0.05))
    assert list(ticks.due(1.09)) == []  # 0.95 and 1.0 wait for the slow one, 1.5 of its periods at most
    late = [moment.time for moment in ticks.due(1.16)]
    assert late == pytest.approx([0.95, 1.0]) and slow.at(1.0) == [] and len(early) + len(late) == 21
    fast.over = True
    for number, at in enumerate((1.2, 1.3), len(slow.seen)):  # the slow one goes on, and gives the moments
        slow.clock.push(at, at, number)
        slow.push(Seen(at, at, at, {}))
    assert [moment.time for moment in ticks.due(1.31)] == pytest.approx([1.2, 1.3])


def test_moments_wait_for_a_camera_whose_pictures_are_long_on_their_way() -> None:
    rig, times = rig_around(2), np.arange(0, 1.01, 0.1)
    quick, distant = view_of(rig[0], times), view_of(rig[1], times[:5], came=times[:5] + 0.6)
    assert distant.delay == pytest.approx(0.6) and quick.delay == pytest.approx(0)
    ticks = Ticks([quick, distant])
    assert [moment.time for moment in ticks.due(1.0)] == pytest.approx(times[:5])
    assert list(ticks.due(1.24)) == [] and len(list(ticks.due(1.26))) == 6  # it should have answered by then
    still_there = view_of(rig[0], times, came=[*times[:-1], 1.6])
    hopeless = Ticks([still_there, view_of(rig[1], times[:5], came=times[:5] + 5)])
    assert len(list(hopeless.due(1.0))) == 5 and len(list(hopeless.due(1.65))) == 2


def looked_at(hz: tuple[float, ...], work_s: float, late_s: float = 0.04, seconds: float = 8.0) -> tuple[Ticks, list]:
    """(time, age) of the moments that somebody got who needs so long for each, by a clock that only this moves.

    age: when they were done with it. Cameras send so many pictures a second; a detector answers `late_s` later.
    """
    views = [View(camera) for camera in rig_around(len(hz))]
    coming = sorted((k / own, v, k) for v, own in enumerate(hz) for k in range(round(seconds * own)))
    ticks, now, done = Ticks(views), 0.0, []
    while len(done) + ticks.dropped < round(seconds * max(hz)):
        while coming and coming[0][0] + late_s <= now:
            at, v, number = coming.pop(0)
            views[v].clock.push(at, at, number)
            views[v].push(Seen(at, at, at + late_s, {}))
        moment = ticks.next(now)
        now += 0.002 if moment is None else work_s
        if moment is not None:
            done.append((moment.time, now - moment.time))
    return ticks, done


@pytest.mark.parametrize("work_s", [0.08, 0.12, 0.4])
def test_who_is_too_slow_for_the_moments_gets_newer_ones_and_not_ever_older_ones(work_s) -> None:
    """A moment waits 1.5 periods and what its pictures take; then it is the turn of one, and one is being worked on."""
    ticks, done = looked_at((20.0, 20.0, 20.0), work_s)
    times, ages = np.array(done).T
    assert (np.diff(times) > 0).all() and ages.max() <= 0.04 + 1.5 / 20 + 2 * work_s + 0.002
    assert len(done) > 0.9 * 8.0 / max(work_s, 1 / 20) and len(done) + ticks.dropped == 160


@pytest.mark.parametrize("hz", [(30.0, 30.0), (30.0, 10.0, 15.0)])
def test_who_keeps_up_gets_every_moment_also_those_that_are_due_at_once(hz) -> None:
    """Three at once where a camera has a third of the rate."""
    ticks, done = looked_at(hz, 0.006)
    assert ticks.dropped == 0 and [time for time, _ in done] == pytest.approx(np.arange(240) / 30)


def test_everybody_whom_a_camera_sees_is_smoothed_alone() -> None:
    camera, random = rig_around()[0], np.random.default_rng(0)
    view, plain = View(camera), View(camera)
    observers = ViewObserver(view, lambda: None, (3.0, 20.0)), ViewObserver(plain, lambda: None)
    filters = [SmoothKeypoints(3.0, 20.0) for _ in range(2)]
    for k in range(12):
        at, order = k / 30, [walker, bystander][:: (-1) ** k]
        people = [replace(one, xy=one.xy + random.normal(size=(17, 2))) for one in found_at(camera, order, at)]
        frame = PictureFrame(at, at, np.zeros((*camera.image_size[::-1], 3), np.uint8), k)
        for observer in observers:
            observer.look(frame, people, H36M_17, at, at)
        given, seen = view.seen[-1].people, plain.seen[-1].people
        for who, one in enumerate(filters):
            smooth = one.push(seen[who].xy[0], seen[who].confidence[0], at)
            np.testing.assert_array_equal(given[who].xy[0], smooth)
    off = [np.abs(of[1].xy[0] - found_at(camera, [bystander], 0.0)[0].xy).mean() for of in (given, seen)]
    assert off[0] < 0.8 * off[1]  # who stands still


def push(people: RigPeople, rig: CameraRig, at: float, seen: list[list]) -> object:
    found = [
        [keypoints(camera, one, at) for one in found_at(camera, who, at)] for camera, who in zip(rig, seen, strict=True)
    ]
    return people.push(at, found, rig)


@pytest.mark.parametrize("views", [2, 4])
def test_who_moves_is_followed_and_a_still_one_in_two_cameras_disturbs_nobody(views) -> None:
    """The bystander comes first, and stands before the walker in the lists of two cameras."""
    rig, people = rig_around(views), RigPeople("rig")
    both = [[bystander, walker], [bystander, walker], *[[walker]] * (views - 2)]
    streams = set()
    for k in range(60):
        at = k / 20
        found = push(people, rig, at, [[bystander], [bystander], *[[]] * (views - 2)] if k < 3 else both)
        assert found is not None and found.xy.shape == (views, 1, 1, 17, 2)
        if k > 25:
            streams.add(people.stream)
            for view, camera in enumerate(rig):
                assert np.allclose(found.xy[view, 0, 0], camera.project(walker(at))[0])
    assert len(streams) == 1 and len(people.there) == 2


def test_a_blind_camera_has_no_confidence_and_one_camera_is_not_enough() -> None:
    rig, people = rig_around(3), RigPeople("rig")
    for k in range(10):
        assert push(people, rig, k / 20, [[walker]] * 3) is not None
    found = push(people, rig, 0.5, [[walker], [], [walker]])
    assert list(found.confidence.any(-1).ravel()) == [True, False, True]
    assert push(people, rig, 0.55, [[walker], [], []]) is None
    stream = people.stream
    assert push(people, rig, 0.6, [[walker], [], [walker]]) is not None and people.stream == stream
    assert push(people, rig, 4.0, [[walker]] * 3) is not None and people.stream == stream + 1  # after an absence
    assert push(people, CameraRig(tuple(rig)), 4.05, [[walker]] * 3) is not None and people.stream == stream + 2


def test_stresses_of_views_act_on_the_frames_of_a_rig() -> None:
    rig, people = rig_around(3), RigPeople("rig")
    found = push(people, rig, 0.0, [[walker]] * 3)
    assert LiveStresses(LiveLevels()).push(found) is found
    blind = LiveStresses(LiveLevels({"dropped_cameras": 1.0}), seed=0).push(found)
    assert (blind.confidence.any(-1).ravel()).sum() == 2


def test_a_blind_view_gives_nobody_and_a_late_one_what_was_before() -> None:
    view = view_of(rig_around()[0], [0.0, 0.1, 0.2])
    view.late_s = 0.08
    (given,) = view.at(0.15)
    assert np.allclose(given.xy, view.known(0.07)[0].xy) and not np.allclose(given.xy, view.known(0.15)[0].xy)
    assert view.at(0.05) == []
    view.blind = True
    assert view.at(0.15) == [] and len(view.known(0.15)) == 1
