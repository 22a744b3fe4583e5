"""What several live cameras show together, with whoever shows it busy at times."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from live_rig_fakes import rig_around, walker

from app.present.live_rig import RigSights
from engine.live.camera_feed import RECENT
from engine.live.frame import Found, PictureFrame
from engine.live.rig.view import Seen, View
from engine.live.tick import Tick
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

HZ = 30.0


class Rig:
    """Two cameras, the second 4 ms later, and one model; all that a feed and a run give to be shown."""

    def __init__(self) -> None:
        self.views = [View(camera) for camera in rig_around(2)]
        self.cameras = [SimpleNamespace(recent=()) for _ in self.views]
        self.began = 0.0
        latency = SimpleNamespace(last=0.0)
        self.tracks = [SimpleNamespace(latest=None, latency=latency)]
        self.sights = RigSights(self, self)  # type: ignore[arg-type]

    def sees(self, k: int, number: int) -> None:
        """A camera's next picture, with the walker in it."""
        view, at = self.views[k], number / HZ + 0.004 * k
        xy = view.camera.project(walker(at))[0][None]
        keypoints = Keypoints2D("seen", np.array([at]), xy, np.ones((1, 17)), H36M_17, (192, 192), view.camera)
        view.push(Seen(at, at, at, {1: keypoints}))
        frame = PictureFrame(at, at, np.full((192, 192, 3), number, np.uint8), number)
        self.cameras[k].recent = (*self.cameras[k].recent[1 - RECENT :], Found(frame, (), None, (), at, at))

    def answers(self, number: int) -> None:
        """The model's next answer, 2 ms after the first camera's picture of that number."""
        at = number / HZ + 0.002
        pose = Joints(np.array([at]), walker(at)[None], H36M_17)
        self.tracks[0].latest = Tick(at, None, 1.0, pose, 0.01, 0)  # type: ignore[arg-type]
        self.tracks[0].latency.last = time.perf_counter()

    def shown(self) -> list[tuple[int, bool]]:
        """Number of each picture, and whether the model is drawn in it."""
        sights = [sight for sight in self.sights.sights() if sight is not None]
        return [(int(sight.pictured.picture[0, 0, 0]), sight.models[0] is not None) for sight in sights]


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    for number in range(8):
        made.sees(0, number)
        made.sees(1, number)
        made.answers(number)
        made.sights.look()
    return made


def test_the_latest_moment_is_shown_whose_pictures_are_there(rig):
    assert rig.shown() == [(7, True), (7, True)] and not rig.sights.news


def test_what_came_while_nobody_looked_is_shown(rig):
    for number in range(8, 8 + RECENT):
        rig.sees(0, number)
        rig.sees(1, number)
        if number == 9:
            rig.answers(number)
    rig.sights.look()
    assert rig.shown() == [(9, True), (9, True)]


def test_pictures_of_a_moment_before_go_before_newer_ones_of_two(rig):
    """Camera 2 has answered up to number 8 and camera 1 up to 10, as where the detectors are slow."""
    for number in (8, 9, 10):
        rig.sees(0, number)
        rig.answers(number)
        if number == 8:
            rig.sees(1, number)
        rig.sights.look()
    assert rig.shown() == [(8, True), (8, True)]


def test_in_a_picture_of_another_moment_no_model_is_drawn(rig):
    """Camera 2 has stopped: its last picture stays, and the people in it are shown alone."""
    for number in range(8, 8 + 40):  # until moments that it saw are more than a second ago
        rig.sees(0, number)
        rig.answers(number)
        rig.sights.look()
    assert rig.shown() == [(47, True), (7, False)]
    stopped = rig.sights.sights()[1]
    assert stopped is not None and stopped.followed is None and len(stopped.people) == 1


def test_a_camera_that_begins_again_leaves_nothing_of_before(rig):
    rig.cameras[1].recent, rig.views[1] = (), View(rig.views[1].camera)
    for number in range(3):
        rig.sees(1, number)
    rig.sights.look()
    assert [one.time for one in rig.sights._pictures[1]] == pytest.approx([k / HZ + 0.004 for k in range(3)])
