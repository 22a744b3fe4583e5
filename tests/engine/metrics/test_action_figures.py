"""Labels over time, confusion counts, and Wilson's interval against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.action import confusion, label_of, spans
from engine.metrics.share import SURE, wilson
from engine.motion.pose import ClassScores


def scores(*rows: tuple[float, float]) -> ClassScores:
    return ClassScores(np.arange(len(rows)) / 10, ("a", "b"), np.array(rows))


def test_spans_follow_the_likeliest_label() -> None:
    found = spans(scores((0.9, 0.1), (0.7, 0.3), (0.2, 0.8), (0.6, 0.4)))
    assert [(s.first, s.last, s.label) for s in found] == [(0, 2, 0), (2, 3, 1), (3, 4, 0)]
    assert [s.probability for s in found] == pytest.approx([0.8, 0.8, 0.6])
    assert label_of(scores((0.9, 0.1), (0.3, 0.7), (0.35, 0.65))) == 0  # by the mean, not by the count


def test_scores_are_cut_and_interpolated() -> None:
    given_ = scores((1.0, 0.0), (0.0, 1.0))
    assert given_.at(np.array([0.025])).probabilities == pytest.approx(np.array([[0.75, 0.25]]))
    assert given_.take(slice(1, 2)).times == pytest.approx([0.1]) and len(given_.take(slice(1, 2))) == 1


def test_confusion_counts_rows_of_truth() -> None:
    assert confusion([0, 0, 1], [0, 1, 1], 2).tolist() == [[1, 1], [0, 1]]


@given(st.integers(1, 400), st.data())
def test_wilson_s_ends_are_where_the_score_test_just_rejects(of: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, of))
    low, high = wilson(right, of)
    assert 0 <= low <= right / of + 1e-12 and right / of - 1e-12 <= high <= 1
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:
            z = (right / of - end) / np.sqrt(end * (1 - end) / of)
            assert abs(z) == pytest.approx(SURE, rel=1e-6)


def test_nothing_is_known_of_no_clips() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
