"""Cutting long sequences into windows."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.models.windows import in_windows, windows

lengths = st.integers(1, 200)


@given(lengths, st.integers(2, 60), st.booleans())
def test_every_frame_is_read_off_exactly_one_window_that_holds_it(frames: int, longest: int, causal: bool) -> None:
    found = windows(frames, longest, causal=causal)
    ends = [first for _, _, first in found[1:]] + [frames]
    assert found[0][2] == 0
    for (start, stop, first), end in zip(found, ends, strict=True):
        assert 0 <= start <= first < end <= stop <= frames
        assert stop - start <= longest


@given(lengths, st.integers(2, 60))
def test_a_stream_can_follow_the_causal_windows(frames: int, longest: int) -> None:
    """Each window starts hop after the one before and takes over only where that one was full."""
    found = windows(frames, longest, causal=True)
    for (start, stop, _), (next_start, _, first) in pairwise(found):
        assert next_start - start == longest - longest // 2
        assert first == stop == start + longest


@given(st.integers(120, 400))
def test_two_sided_windows_read_off_frames_away_from_edges(frames: int) -> None:
    found = windows(frames, 60, causal=False)
    ends = [first for _, _, first in found[1:]] + [frames]
    for (start, stop, first), end in zip(found, ends, strict=True):
        assert first == 0 or first - start >= 15
        assert end == frames or stop - end >= 14


@given(lengths, st.integers(2, 60), st.booleans())
def test_a_network_without_memory_does_not_notice(frames: int, longest: int, causal: bool) -> None:
    u = torch.arange(frames * 6.0).view(1, frames, 2, 3)
    assert torch.equal(in_windows(lambda x: 2 * x, u, longest, causal=causal), 2 * u)
