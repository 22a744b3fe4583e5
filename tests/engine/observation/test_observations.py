"""Observations: every kind can be cut, asked at other times and counted."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from engine.cameras.pinhole import look_at
from engine.cameras.rig import CameraRig
from engine.motion.rotations import axis_angle_to_quat
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D
from engine.observation.trackers import TrackerSignals
from engine.observation.trial import Observation
from engine.observation.views import MultiViewImages, MultiViewKeypoints

TIMES = np.array([0.0, 0.1, 0.4, 0.5])
RIG = CameraRig(tuple(look_at(name, np.array([x, -3.0, 1.0]), np.zeros(3)) for name, x in (("a", 1.0), ("b", -1.0))))


def keypoints() -> Keypoints2D:
    return Keypoints2D("k", TIMES, _ramp(17, 2), np.ones((4, 17)), H36M_17, (1000, 1000))


def trackers() -> TrackerSignals:
    turned = axis_angle_to_quat(np.arange(4.0)[:, None, None] * np.array([0, 0, 0.5]) * np.ones((1, 3, 1)))
    return TrackerSignals("t", TIMES, _ramp(3, 3), turned, np.ones((4, 3), bool))


def views() -> MultiViewKeypoints:
    xy = np.stack([np.stack([_ramp(17, 2)] * 3, 1)] * 2)
    return MultiViewKeypoints("v", TIMES, xy, np.ones(xy.shape[:-1]), H36M_17, RIG)


def images() -> MultiViewImages:
    def read(view: int, index: int) -> np.ndarray:
        return np.full((4, 4, 3), 10 * view + index, np.uint8)

    return MultiViewImages("i", TIMES, RIG, read, np.arange(4))


def _ramp(*shape: int) -> np.ndarray:
    return np.arange(4.0).reshape(-1, *[1] * len(shape)) * np.ones((4, *shape))


@pytest.mark.parametrize("make", [keypoints, trackers, views, images])
def test_every_kind_is_cut_on_the_same_clock(make) -> None:
    whole: Observation = make()
    cut = whole.take(slice(1, 3))
    assert (len(whole), len(cut)) == (4, 2)
    np.testing.assert_array_equal(cut.times, TIMES[1:3])
    np.testing.assert_array_equal(whole.take(np.array([0, 3])).times, TIMES[[0, 3]])


@pytest.mark.parametrize("make", [keypoints, trackers, views, images])
def test_every_kind_answers_at_other_times(make) -> None:
    at = np.array([0.02, 0.3])
    found = make().at(at)
    assert len(found) == 2
    np.testing.assert_array_equal(found.times, at)


def test_keypoints_are_interpolated_where_both_frames_saw_the_joint() -> None:
    seen = keypoints().confidence.copy()
    seen[1, 5] = 0
    hidden = Keypoints2D("k", TIMES, _ramp(17, 2), seen, H36M_17, (1000, 1000)).at(np.array([0.05, 0.25]))
    np.testing.assert_allclose(hidden.xy[:, 0, 0], [0.5, 1.5])
    assert hidden.confidence[0, 5] == 0 == hidden.confidence[1, 5] and hidden.confidence[0, 4] == 1


def test_trackers_turn_evenly_and_are_valid_between_valid_frames() -> None:
    valid = np.ones((4, 3), bool)
    valid[2, 1] = False
    signals = trackers()
    found = TrackerSignals("t", TIMES, signals.positions, signals.rotations, valid).at(np.array([0.05, 0.25, 0.1]))
    np.testing.assert_allclose(found.rotations[1, 0], axis_angle_to_quat(np.array([0, 0, 0.75])), atol=1e-12)
    assert found.valid[:, 1].tolist() == [True, False, True]


def test_views_take_the_nearest_frames_and_pictures_are_read_when_asked_for() -> None:
    found = views().at(np.array([0.04, 0.3]))
    assert found.xy[0, :, 0, 0, 0].tolist() == [0, 2]
    assert found.view(1, 2).camera is RIG[1] and len(found.view(1)) == 2
    pictures = images().take(slice(1, None)).at(np.array([0.45, 0.2]))
    assert pictures.picture(1, 0)[0, 0, 0] == 12 and pictures.picture(0, 1)[0, 0, 0] == 1


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="positions, rotations, valid"):
        TrackerSignals("t", TIMES, np.zeros((4, 2, 3)), np.zeros((4, 3, 4)), np.ones((4, 3), bool))
    with pytest.raises(ValueError, match="confidence"):
        MultiViewKeypoints("v", TIMES, np.zeros((2, 4, 1, 17, 2)), np.zeros((3, 4, 1, 17)), H36M_17, RIG)


def test_one_person_s_views_are_interpolated() -> None:
    seen = views()
    one = MultiViewKeypoints("v", TIMES, seen.xy[:, :, :1], seen.confidence[:, :, :1], H36M_17, RIG)
    found = one.at(np.array([0.04, 0.25]))
    np.testing.assert_allclose(found.xy[:, :, 0, 0, 0], [[0.4, 1.5]] * 2)
    assert found.tall is None and one.of_views([1]).rig[0] is RIG[1]


@pytest.mark.parametrize("make", [keypoints, trackers, views])
def test_frames_are_continued_by_others(make) -> None:
    whole = make()
    again = whole.take(slice(0, 1)).then(whole.take(slice(1, 4)))
    assert type(again) is type(whole) and len(again) == 4
    for field in fields(whole):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(whole, field.name))
