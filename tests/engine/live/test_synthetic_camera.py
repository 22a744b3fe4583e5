"""The painted clip as a camera: what it shows is what it knows."""

from __future__ import annotations

import numpy as np
import pytest
from live_fakes import until

from engine.live.feeds.cameras.stamp import stamp, stamped
from engine.live.feeds.cameras.synthetic import SyntheticCamera
from engine.live.frame import PictureFrame
from engine.motion.generate.clips import clip_of
from engine.motion.skeleton import H36M_17


def taken(camera: SyntheticCamera, count: int) -> list[PictureFrame]:
    frames: list[PictureFrame] = []
    camera.open()
    until(lambda: frames.extend(camera.read(0.05)) or len(frames) >= count)
    return frames[:count]


@pytest.mark.parametrize("size", [(640, 480), (130, 97), (96, 128)])
def test_numbers_in_pictures_are_read_back(size) -> None:
    import cv2

    for number in (0, 1, 2, 255, 4660, 65535, 65537):
        seen = np.full((size[1], size[0], 3), 90, np.uint8)
        stamp(seen, number)
        assert stamped(seen) == number % 65536
        packed = cv2.imdecode(cv2.imencode(".jpg", seen)[1], cv2.IMREAD_COLOR)
        assert stamped(packed) == number % 65536
        shown = cv2.resize(seen, (size[0] * 2 // 3 + 1, size[1] * 2 // 3), interpolation=cv2.INTER_AREA)
        assert stamped(shown) == number % 65536


def test_the_body_is_where_the_truth_is_projected() -> None:
    """Each joint's pixel belongs to the body, for every preset; outside of the joints' box there is nobody."""
    for view in ("front", "left", "high"):
        camera = SyntheticCamera.of(clip_of("wave"), view, (320, 240), 120.0)
        empty = camera._painter._room
        for frame in taken(camera, 3):
            painted = (frame.picture != empty).any(-1)
            painted[:10] = False  # the number
            xy, _ = camera.camera.project(frame.truth.joints.positions[0])
            inside = [j for j in range(17) if j != H36M_17.index("head top")]
            columns, rows = np.floor(xy[inside]).astype(int).T
            assert painted[rows, columns].mean() > 0.9
            where = np.argwhere(painted)[:, ::-1]
            assert (where.min(0) > xy.min(0) - 20).all() and (where.max(0) < xy.max(0) + 20).all()
            assert frame.truth.joints.times[0] == frame.truth.body.times[0] == frame.time


def test_a_picture_is_painted_once_when_it_is_looked_at(monkeypatch) -> None:
    camera, painted = SyntheticCamera.of(clip_of("walk"), size=(64, 48), hz=120.0), []
    frames = taken(camera, 4)
    paint = camera._painter.picture
    monkeypatch.setattr(camera._painter, "picture", lambda vertices: painted.append(1) or paint(vertices))
    late = frames[2].picture  # others came after it: it is of its own moment
    assert len(painted) == 1 and frames[2].picture is late and frames[2].size == (64, 48)
    expected, _ = camera.painted(frames[2].time)
    stamp(expected, frames[2].number)
    np.testing.assert_array_equal(late, expected)


def test_it_goes_there_and_back_without_a_jump() -> None:
    camera = SyntheticCamera.of(clip_of("walk"), size=(64, 48))
    span = camera._span
    steps = [camera.painted(span + at)[1].joints.positions[0] for at in (-0.1, -0.02, 0.0, 0.02, 0.1)]
    assert np.allclose(steps[0], steps[4]) and np.allclose(steps[1], steps[3])
    assert np.abs(steps[2] - steps[1]).max() < 0.1
    assert np.allclose(camera.painted(0.0)[1].joints.positions, camera.painted(2 * span)[1].joints.positions)


def test_on_the_spot_people_stay_and_else_go() -> None:
    spot, path = (SyntheticCamera.of(clip_of("walk"), size=(64, 48), travels=t)._truth for t in (False, True))
    assert np.ptp(path.body.root[:, :2], axis=0).max() > 1.5 > 0.3 > np.ptp(spot.body.root[:, :2], axis=0).max()
    root_relative = [truth.joints.positions - truth.joints.positions[:, :1] for truth in (spot, path)]
    assert np.allclose(*root_relative)
    assert np.allclose(spot.body.root[:, 2], path.body.root[:, 2])


def test_late_and_lost_frames_are_those_that_were_asked_for() -> None:
    """Shares over 200 frames at 200 Hz; late ones say their true time; a seed gives the same frames again."""
    camera = SyntheticCamera.of(clip_of("wave"), size=(64, 48), hz=200.0, late=0.3, lost=0.3, seed=1)
    drawn = []
    for _ in range(2):
        camera.open()
        camera._began = 1e12  # nothing is over
        found = []
        for _ in range(400):
            camera._draw()
            found.append((camera._number, camera._delay))
            camera._number += 1
        drawn.append(found)
    assert drawn[0] == drawn[1]
    numbers, delays = np.array(drawn[0]).T
    assert 1 - len(numbers) / (numbers[-1] + 1) == pytest.approx(0.3, abs=0.06)
    assert (delays > 0).mean() == pytest.approx(0.3, abs=0.06) and delays.max() < 1
    frames = taken(camera, 20)
    times = np.array([frame.time for frame in frames])
    assert (np.diff(times) > 0).all()
    by_number = dict(drawn[0])
    planned = dict(camera.taken(1.0))
    assert planned == pytest.approx({k: (k + by_number[k]) / 200 for k in planned}) and len(planned) > 120
    kept = [frame for frame in frames if frame.number in by_number]
    assert len(kept) > 10
    for frame in kept:
        assert frame.time == pytest.approx((frame.number + by_number[frame.number]) / 200.0)
