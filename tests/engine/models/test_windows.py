"""Cutting long sequences into windows."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.models.lifting.windows import in_windows, shares, windows

lengths = st.integers(1, 200)


@given(lengths, st.integers(2, 60), st.booleans())
def test_windows_fit_the_table_and_their_shares_add_up_to_one(frames: int, longest: int, causal: bool) -> None:
    found = windows(frames, longest, causal=causal)
    total = torch.zeros(frames, dtype=torch.float64)
    for (start, stop), share in zip(found, shares(found, causal=causal), strict=True):
        assert 0 <= start < stop <= frames and stop - start <= longest
        assert share.min() >= 0
        total[start:stop] += share
    torch.testing.assert_close(total, torch.ones_like(total))


@given(lengths, st.integers(2, 60))
def test_a_stream_can_follow_the_causal_windows(frames: int, longest: int) -> None:
    """Each window starts hop after the one before and takes over only where that one was full."""
    found = windows(frames, longest, causal=True)
    for ((start, stop), (next_start, next_stop)), share in zip(
        pairwise(found), shares(found, causal=True)[1:], strict=True
    ):
        assert next_start - start == longest - longest // 2 and stop == start + longest
        assert share.tolist() == [0.0] * (stop - next_start) + [1.0] * (next_stop - stop)


@given(st.integers(120, 400))
def test_two_sided_windows_fade_into_each_other(frames: int) -> None:
    """A window whose edge others cover counts for almost nothing there, and changes its share slowly."""
    found = windows(frames, 60, causal=False)
    for (start, stop), share in zip(found, shares(found, causal=False), strict=True):
        assert start == 0 or share[0] < 0.01
        assert stop == frames or share[-1] < 0.01
        assert share.diff().abs().max() < 0.08  # the steepest of sin² over 60 frames is π / 60 = 0.05


def test_windows_that_disagree_meet_without_a_seam() -> None:
    """Each window answers with its own constant: the steps from frame to frame stay small."""
    answers = iter(range(10))
    whole = in_windows(lambda x, _: torch.full_like(x, next(answers)), torch.zeros(1, 250, 1, 1), 60, causal=False)
    assert float(whole[0, 0, 0, 0]) == 0 and float(whole[0, -1, 0, 0]) > 6.9
    assert float(whole.diff(dim=1).abs().max()) < 0.12


@given(lengths, st.integers(2, 60), st.booleans())
def test_a_network_without_memory_does_not_notice(frames: int, longest: int, causal: bool) -> None:
    u = torch.arange(frames * 6.0).view(1, frames, 2, 3)
    torch.testing.assert_close(in_windows(lambda x, _: 2 * x, u, longest, causal=causal), 2 * u)
