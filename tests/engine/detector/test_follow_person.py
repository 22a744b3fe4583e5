"""One person followed among others, through occlusion and past them."""

from __future__ import annotations

import numpy as np
import pytest
from live_detector_fakes import person

from engine.detector.follow_person import LOST_S, FollowPerson, oks

HZ = 30.0
SHAPE = np.stack([np.tile([-20.0, 20.0, 0.0], 5)[:14], np.linspace(-100, 100, 14)], -1)
"""Somebody 200 pixels tall, about their middle."""


def at(x: float, y: float = 240.0, size: float = 1.0):
    return person(SHAPE * size + [x, y])


def indices(follow: FollowPerson, frames, hz: float = HZ) -> list[int | None]:
    return [follow.push(people, k / hz) for k, people in enumerate(frames)]


def test_somebody_alone_is_followed_in_every_frame() -> None:
    follow = FollowPerson()
    assert indices(follow, [[at(100 + 3 * k)] for k in range(60)]) == [0] * 60
    assert follow.id == 0 and len(follow.tracked) == 1


def test_the_largest_is_followed_whatever_the_order() -> None:
    follow = FollowPerson()
    frames = [[at(100, size=0.6), at(400)][:: 1 if k % 3 else -1] for k in range(30)]
    assert indices(follow, frames) == [1 if k % 3 else 0 for k in range(30)]


@pytest.mark.parametrize("hidden", [0, 6, 15])
@pytest.mark.parametrize("speed", [90.0, 240.0])
def test_two_who_cross_keep_their_ids(hidden, speed) -> None:
    """They walk past each other; whoever is behind is not found for so many frames about the crossing."""
    follow, noise = FollowPerson(), np.random.default_rng(0)
    meet = 60
    for k in range(2 * meet):
        left, right = (320 + way * speed * (k - meet) / HZ for way in (1, -1))
        both = [at(left + noise.normal(0, 2)), at(right + noise.normal(0, 2))]
        gone = abs(k - meet) <= hidden / 2 and hidden > 0
        people = [both[1]] if gone else both if k % 2 else both[::-1]
        found = follow.push(people, k / HZ)
        if k == 0:
            follow.choose(left, 240.0)  # from the next frame on
        elif gone:
            assert found is None, k
        elif right - left > 20 or left - right > 20:  # nearer, nobody can tell
            assert people[found] is both[0], k


def test_somebody_hidden_for_a_while_is_known_again_and_later_is_another() -> None:
    for gap, same in ((0.8, True), (LOST_S + 0.5, False)):
        follow = FollowPerson()
        for k in range(30):
            follow.push([at(100 + 2 * k)], k / HZ)
        again = 29 / HZ + gap
        assert follow.push([at(158 + 2 * HZ * gap)], again) == 0
        assert (follow.id == 0) == same


def test_another_who_appears_elsewhere_is_not_taken_for_the_one_who_is_hidden() -> None:
    follow = FollowPerson()
    for k in range(30):
        follow.push([at(100)], k / HZ)
    assert follow.push([at(500)], 31 / HZ) is None and follow.id == 0
    assert follow.push([at(500), at(102)], 32 / HZ) == 1


def test_somebody_whose_keypoints_jump_is_still_the_same() -> None:
    """A detector that finds a limb elsewhere moves the middle by a tenth of the height from one frame to the next."""
    follow = FollowPerson()
    assert indices(follow, [[at(100 + (20 if k % 15 > 7 else 0))] for k in range(60)]) == [0] * 60
    assert len(follow.tracked) == 1 and follow.id == 0


def test_a_click_chooses() -> None:
    follow = FollowPerson()
    frames = [at(100), at(400, size=0.5)]
    assert follow.push(frames, 0.0) == 0
    follow.choose(405.0, 230.0)
    assert [follow.push(frames, k / HZ) for k in (1, 2, 3)] == [1, 1, 1]
    assert follow.push([frames[0]], 4 / HZ) is None
    follow.choose(90.0, 0.0)  # beside everybody: the nearest
    assert follow.push(frames, 5 / HZ) == 0


def test_it_goes_by_time_and_not_by_frames() -> None:
    """The same walk at 30 and at 7.5 Hz, with gaps: the same answers where there are frames."""
    kept = [k for k in range(120) if k % 4 == 0 or 40 < k < 50]
    for frames in (range(120), kept):
        follow = FollowPerson()
        for k in frames:
            pair = [at(100 + 3 * k), at(500 - 3 * k)]
            found = follow.push(pair, k / HZ)
            if k == frames[0]:
                follow.choose(100.0, 240.0)
            else:
                assert found == 0, k


def test_oks_is_coco_s() -> None:
    one = SHAPE + 5.0
    assert oks(one, one, 200.0) == 1
    off = one + [20.0, 0.0]  # one deviation of ten hundredths of 200 pixels
    assert oks(one, off, 200.0) == pytest.approx(np.exp(-0.5))
    unseen = one.copy()
    unseen[:] = np.nan
    assert oks(one, unseen, 200.0) == 0
