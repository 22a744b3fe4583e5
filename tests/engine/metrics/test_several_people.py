"""PCP, average precision and recall of several people, to known answers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.metrics.several_people import PARTS, WITHIN_MM, People, matched, part_shares

NAN = np.full((14, 3), np.nan)


def somebody(seed: int, at: float = 0.0, joints: int = 14) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1, (joints, 3)) + [at, 0, 0]


def people(*found: tuple[np.ndarray, int, float]) -> People:
    points, frame, score = zip(*found, strict=True)
    return People(np.stack(points), np.array(frame), np.array(score))


def off(joints: np.ndarray, mm: float) -> np.ndarray:
    """All joints moved that far."""
    return joints + [mm / 1000, 0, 0]


def test_parts_are_right_up_to_half_of_their_length() -> None:
    pose = np.zeros((14, 3))
    pose[:, 2] = [0, 0.4, 0.8, 0.8, 0.4, 0, 0.9, 1.1, 1.4, 1.4, 1.1, 0.9, 1.4, 1.8]  # shanks 0.4, forearms 0.2 m
    truth = np.stack([np.stack([pose, pose + [5, 0, 0]]), np.stack([pose, NAN])])  # the second one is gone in frame 1
    exact = part_shares(people((pose, 0, 1), (pose, 1, 1), (truth[0, 1], 0, 1)), truth)
    np.testing.assert_allclose(exact, [1, 1])
    # by 0.18 m: right are lower and upper legs, upper arms (0.3: half is 0.15, wrong), head (0.4) and torso (0.6)
    shares = part_shares(people((off(pose, 180), 0, 1), (off(pose, 180), 1, 1)), truth)
    assert shares[0] == pytest.approx(6 / PARTS)  # 4 of the legs, head, torso; forearms and upper arms are wrong
    assert shares[1] == 0  # nobody near: the first one's prediction is 5 m away, and all parts are wrong
    half = part_shares(people((pose, 0, 1)), truth)
    assert half[0] == pytest.approx(0.5)  # no prediction in frame 1
    both = part_shares(people((pose, 0, 1)), np.stack([np.stack([pose, off(pose, 10)])]))
    np.testing.assert_allclose(both, [1, 1])  # two people may be with one prediction
    assert np.isnan(part_shares(people((pose, 0, 1)), np.stack([np.stack([pose, NAN])]))[1])
    assert part_shares(People(np.zeros((0, 14, 3)), np.zeros(0, int), np.zeros(0)), truth)[0] == 0


def test_precision_by_hand() -> None:
    a, b = somebody(0), somebody(1, 5)
    truth = np.stack([np.stack([a, b]), np.stack([a, NAN]), np.stack([NAN, NAN])])  # three to be found
    found = people(
        (off(a, 20), 0, 0.9),  # right
        (off(a, 10), 0, 0.8),  # the same person once more: wrong
        (off(b, 60), 0, 0.7),  # right at 75 and above
        (off(a, 900), 1, 0.6),  # nobody
        (off(a, 30), 2, 1.0),  # a frame without people does not count
    )
    pairs = matched(found, truth)
    assert pairs.people == 3 and len(pairs.error_mm) == 4
    np.testing.assert_allclose(pairs.error_mm, [20, 10, 60, 900])
    for within in (25, 50):
        assert pairs.average_precision(within) == pytest.approx(1 / 3)  # precision 1 to recall 1/3
    for within in (75, 100, 125, 150):
        assert pairs.average_precision(within) == pytest.approx(1 / 3 + 2 / 3 / 3)  # then 2 of 3 to recall 2/3
    assert pairs.recall() == pytest.approx(2 / 3) and pairs.mpjpe_mm() == pytest.approx(40)
    assert pairs.recall(50) == pytest.approx(1 / 3) and pairs.mpjpe_mm(5) != pairs.mpjpe_mm(5)


def test_a_sure_mistake_costs_and_an_unsure_one_does_not() -> None:
    a = somebody(2)
    truth = a[None, None]
    for score, expected in ((0.2, 1.0), (0.95, 0.5)):
        assert matched(people((a, 0, 0.9), (off(a, 400), 0, score)), truth).average_precision(25) == expected
    # an exact one after a less exact, surer one: precision is what it is at any higher recall
    second = np.stack([np.stack([a, off(a, 3000)])])
    found = people((off(a, 400), 0, 0.99), (a, 0, 0.9), (off(a, 3000), 0, 0.8))
    assert matched(found, second).average_precision(25) == pytest.approx(2 / 3)


def test_joints_that_are_not_known_do_not_count() -> None:
    a = somebody(3, joints=15)
    known = a.copy()
    known[4:] = np.nan
    wrong = a.copy()
    wrong[4:] += 3
    assert matched(people((off(wrong, 30), 0, 1)), known[None, None]).error_mm == pytest.approx([30])


def test_random_people_against_the_published_way() -> None:
    """VoxelPose's loop over sorted predictions, written out."""
    rng = np.random.default_rng(4)
    truth = rng.uniform(-2, 2, (6, 3, 1, 3)) + rng.uniform(-0.3, 0.3, (6, 3, 15, 3))
    rows = rng.integers(0, 6, 40)
    points = truth[rows, rng.integers(0, 3, 40)] + rng.normal(0, 0.03, (40, 1, 3)) * rng.integers(0, 4, (40, 1, 1))
    found = People(points, rows, rng.uniform(0, 1, 40))
    pairs = matched(found, truth)
    for within in WITHIN_MM:
        taken: set[tuple[int, int]] = set()
        hits, precisions, recalls = 0, [], []
        for rank, n in enumerate(np.argsort(-found.score), 1):
            errors = [1000 * np.linalg.norm(points[n] - person, axis=-1).mean() for person in truth[rows[n]]]
            who = int(rows[n]), int(np.argmin(errors))
            if min(errors) < within and who not in taken:
                taken.add(who)
                hits += 1
            precisions.append(hits / rank)
            recalls.append(hits / 18)
        best = [max(precisions[k:]) for k in range(len(precisions))]
        area = sum((r - before) * p for r, before, p in zip(recalls, [0, *recalls], best, strict=False))
        assert pairs.average_precision(within) == pytest.approx(area) and 0 < area < 1
