"""Files of a run that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.training.motions import Motions


@pytest.mark.parametrize("method", [8, 99])
def test_a_cache_with_another_method_of_compression(tmp_path: Path, method: int) -> None:
    """A flipped byte makes stored arrays deflated ones, or what no zip reader knows."""
    cache = tmp_path / "train.npz"
    np.savez(cache, positions=np.random.default_rng(0).random((50, 17, 3)), starts=np.array([0, 50]))
    assert len(Motions.load(cache).positions) == 50
    content = bytearray(cache.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + offset] = method
    cache.write_bytes(content)
    with pytest.raises(InputError, match=r"train\.npz: content is damaged, or of another run"):
        Motions.load(cache)
