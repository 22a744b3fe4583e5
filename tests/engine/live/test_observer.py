"""From detections to keypoints: layouts, confidences, sides, smoothing, streams."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from live_detector_fakes import person

from engine.errors import InputError
from engine.live.frame import PictureFrame
from engine.live.observer import Observer
from engine.live.smooth_keypoints import SmoothKeypoints
from engine.motion.skeleton import COCO_17, H36M_17, MEDIAPIPE_33, Skeleton
from engine.observation.keypoint_layouts import keypoints_to_h36m17
from engine.observation.keypoints import Keypoints2D


def frame(time: float, size: tuple[int, int] = (640, 480)) -> PictureFrame:
    return PictureFrame(time, 0.0, np.zeros((size[1], size[0], 3), np.uint8), round(time * 30))


def spread(joints: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(100, 400, (joints, 2))


@pytest.mark.parametrize("skeleton", [MEDIAPIPE_33, COCO_17, H36M_17])
def test_layouts_go_by_the_rules_and_confidences_by_their_mapping(skeleton) -> None:
    """MediaPipe's say only whether a joint was found, others' are taken as they are; a skeleton comes as a copy."""
    xy, sure = spread(len(skeleton)), np.linspace(0.2, 0.9, len(skeleton))
    sure[-1] = 0
    copied = pickle.loads(pickle.dumps(skeleton))
    _, live = Observer("seen").push(frame(0.0), [person(xy, sure)], copied, 0.0, 0.1)
    shown = np.where(sure > 0, 1.0, 0.0) if skeleton is MEDIAPIPE_33 else sure
    known = Keypoints2D("seen", np.zeros(1), xy[None], shown[None], skeleton, (640, 480))
    wanted = keypoints_to_h36m17(known)
    assert np.array_equal(live.observation.xy, wanted.xy)
    assert np.array_equal(live.observation.confidence, wanted.confidence)
    assert live.observation.image_size == (640, 480) and live.observation.skeleton is H36M_17


def test_a_skeleton_without_a_rule_is_refused() -> None:
    strange = Skeleton("odd", ("a", "b"), (-1, 0))
    with pytest.raises(InputError, match="no rule leads from odd to H36M-17"):
        Observer("seen").push(frame(0.0), [person(spread(2))], strange, 0.0, 0.1)


def test_whoever_is_not_found_gives_no_frame_and_another_person_another_stream() -> None:
    observer, xy = Observer("seen"), spread(17)
    streams = []
    for k in range(10):
        _, live = observer.push(frame(k / 30), [person(xy), person(xy / 3 + 400)], H36M_17, 0.0, 0.1)
        streams.append(live.stream)
    found, live = observer.push(frame(10 / 30), [], H36M_17, 0.0, 0.1)
    assert live is None and found.followed is None and (observer.frames, observer.found) == (11, 10)
    observer.follow.choose(440.0, 460.0)
    found, live = observer.push(frame(11 / 30), [person(xy), person(xy / 3 + 400)], H36M_17, 0.0, 0.1)
    assert set(streams) == {1} and live.stream == 2 and found.followed == 1
    assert np.array_equal(live.observation.xy[0], xy / 3 + 400)
    _, live = observer.push(frame(12 / 30, (320, 240)), [person(xy / 3 + 400)], H36M_17, 0.0, 0.1)
    assert live.stream == 3


def test_swapped_sides_are_put_right_and_said() -> None:
    observer, xy = Observer("seen"), spread(17)
    left, right = (H36M_17.index(f"{side} hip") for side in ("left", "right"))
    xy[[left, right]] = [[300, 250], [200, 250]]
    for k in range(6):
        given = xy[H36M_17.mirror] if k in (3, 4) else xy
        found, live = observer.push(frame(k / 30), [person(given)], H36M_17, 0.0, 0.1)
        assert np.array_equal(live.observation.xy[0], xy)
        assert set(found.swapped) == ({"arms", "legs"} if k in (3, 4) else set())
    assert observer.put_back == 2


def plain_one_euro(values: np.ndarray, times: np.ndarray, cutoff: float, beta: float, size: float) -> np.ndarray:
    """The filter of Casiez et al. as it is written there, one number at a time."""
    out, speed = [values[0]], np.zeros_like(values[0])
    for k in range(1, len(values)):
        dt = times[k] - times[k - 1]
        share = 1 / (1 + 1 / (2 * np.pi * 1.0 * dt))
        speed = share * (values[k] - out[-1]) / (size * dt) + (1 - share) * speed
        share = 1 / (1 + 1 / (2 * np.pi * (cutoff + beta * np.abs(speed)) * dt))
        out.append(share * values[k] + (1 - share) * out[-1])
    return np.array(out)


def test_smoothing_is_the_filter_on_real_time() -> None:
    random = np.random.default_rng(0)
    times = np.cumsum(random.uniform(0.01, 0.1, 40))
    values = spread(17) + random.normal(0, 3, (40, 17, 2))
    values[:, 0], values[:, 1] = 0, 500  # the size stays
    smooth = SmoothKeypoints(3.0, 20.0)
    found = np.array([smooth.push(xy, np.ones(17), at) for xy, at in zip(values, times, strict=True)])
    assert np.allclose(found, plain_one_euro(values, times, 3.0, 20.0, 500.0))
    assert np.diff(found[:, 2:], axis=0).std() < 0.7 * np.diff(values[:, 2:], axis=0).std()


def test_joints_that_are_not_seen_do_not_pull() -> None:
    smooth, xy = SmoothKeypoints(1.0, 0.0), spread(17)
    seen = np.ones(17)
    hidden = np.where(np.arange(17) == 3, 0.0, 1.0)
    away = xy.copy()
    away[3] = 9000
    assert np.array_equal(smooth.push(away, hidden, 0.0), away)
    assert np.allclose(smooth.push(xy, seen, 0.1), xy)
    assert np.allclose(smooth.push(away, hidden, 0.2), away)
    assert np.allclose(smooth.push(xy, seen, 0.3), xy)
    assert np.array_equal(smooth.push(away, np.zeros(17), 0.4), away)


def test_smoothing_is_off_unless_it_is_asked_for() -> None:
    noisy = [spread(17) + 5 * (-1) ** k for k in range(5)]
    plain, smooth = Observer("seen"), Observer("seen", smooth=(1.0, 0.0))
    for k, xy in enumerate(noisy):
        _, live = plain.push(frame(k / 30), [person(xy)], H36M_17, 0.0, 0.1)
        _, smoothed = smooth.push(frame(k / 30), [person(xy)], H36M_17, 0.0, 0.1)
        assert np.array_equal(live.observation.xy[0], xy)
    assert np.abs(smoothed.observation.xy[0] - spread(17)).max() < 5
